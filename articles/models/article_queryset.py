"""Which articles: the questions every page, feed and list asks."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from articles.limits import MAX_QUERY
from articles.live_rule import live_q, scheduled_q
from articles.models.change import Change, ChangeKind
from articles.models.taxonomy import Section
from articles.statuses import Status

if TYPE_CHECKING:
    from articles.models.article import Article  # noqa: F401  # named in quotes below
    from articles.models.image import Image

RANKED = 1_000  # matches of a search that are put in order of merit


class ArticleQuerySet(models.QuerySet["Article"]):
    def live(self, now: datetime | None = None) -> Self:
        """What a reader may see at `now`, by default by the database's clock."""
        return self.filter(live_q(now))

    def scheduled(self, now: datetime) -> Self:
        """What is live at `now` and readers may not see yet: its time is to come."""
        return self.filter(scheduled_q(now))

    def seen(self) -> Self:
        """What readers have been shown at some time: the ledger says so, for ever.

        Nothing else does: `announced_at` is emptied when an embargo takes a story back.
        """
        told = Change.objects.filter(article=OuterRef("pk"), kind=ChangeKind.PUBLISHED)
        return self.filter(Exists(told))

    def withdrawn(self) -> Self:
        """What readers have seen and was killed: 410 at its address, not 404."""
        return self.seen().filter(status=Status.KILLED)

    def newest_first(self) -> Self:
        """By the instant readers could first see it, newest first."""
        return self.order_by("-public_at", "-pk")

    def before(self, public_at: datetime, pk: int) -> Self:
        """What comes after this one in `newest_first`: the next page, however deep."""
        # One comparison of rows, which the index answers; an OR of two it does not.
        here = Tuple(F("public_at"), F("id"))
        return self.filter(TupleLessThan(here, (public_at, pk)))

    def in_section(self, slug: str) -> Self:
        # A sub-query, not a join: so the section's own index gives the order too
        here = Section.objects.filter(slug=slug).values("pk")[:1]
        return self.filter(section=Subquery(here))

    def on_topic(self, slug: str) -> Self:
        return self.filter(topics__slug=slug)

    def by_author(self, slug: str) -> Self:
        return self.filter(public_authors__slug=slug)

    def at_address(self, section: str, on: date, slug: str) -> Self:
        return self.filter(section__slug=section, published_on=on, slug=slug)

    def search(self, query: str) -> Self:
        """What matches a reader's words in the public text, with its `rank`.

        Quotes, OR and - mean what they do on the web. Words past the first 200 characters
        are not looked at.
        """
        words = SearchQuery(
            query[:MAX_QUERY], config="english", search_type="websearch"
        )
        return self.filter(search=words).annotate(rank=SearchRank(F("search"), words))

    def best_first(self) -> Self:
        """After `search`: the best match first, the newest of equals first.

        Only the newest 1,000 matches are compared, so that a common word costs no more
        than a rare one.
        """
        newest = self.newest_first().values("pk")[:RANKED]
        return self.filter(pk__in=newest).order_by("-rank", "-public_at", "-pk")

    def to_announce(self, now: datetime) -> Self:
        """What readers can see at `now` and the ledger has not been told yet."""
        return self.live(now).filter(announced_at=None).order_by("public_at", "pk")

    def showing(self, image: Image) -> Self:
        """Those whose public text shows `image`, above it, in it or as an author's face."""
        faces = self.model.objects.filter(public_authors__portrait=image)
        carries = Q(live_revision__image=image) | Q(pk__in=faces.values("pk"))
        carries |= Q(public_pictures__contains=[image.public_id])
        return self.filter(carries, status=Status.LIVE)
