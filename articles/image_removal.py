"""Pictures go: removed when no text needs them, or withdrawn from all texts at once.

Either way the files are gone after the commit, the row stays with who, when and why, and
nothing that carries the picture is served any more. Texts are never changed: a revision
that names a removed picture is shown without it, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet

from articles import cache_tags, limits, rerendering, storage
from articles.models import Article, Author, Image, ImageState
from articles.models.change import lock_ledger
from articles.statuses import Status
from articles.workflow import Refused
from foundation.notifications import (
    PushKind,
    Tag,
    author_tag,
    hard,
    image_tag,
    purge,
)
from wire.sanitise import clean_text

if TYPE_CHECKING:
    from staff.models import User

NAMED = 5  # texts named in a refusal; the page lists them all


@dataclass(frozen=True, slots=True)
class Uses:
    """Where a picture stands: texts in hand and public ones, and authors' portraits."""

    articles: list[Article]
    authors: list[Author]

    def __bool__(self) -> bool:
        return bool(self.articles or self.authors)

    def words(self) -> str:
        """The first of them by name."""
        names = [f"“{article.headline}”" for article in self.articles]
        names += [f"the portrait of {author.name}" for author in self.authors]
        more = len(names) - NAMED
        return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def uses(image: Image) -> Uses:
    """Return what would miss the picture: any text that is not killed, any author."""
    texts = _carrying(image).exclude(status=Status.KILLED).select_related("section")
    authors = Author.objects.filter(portrait=image)
    return Uses(
        list(texts.order_by("-changed_at", "-pk")), list(authors.order_by("name", "pk"))
    )


def _carrying(image: Image) -> QuerySet[Article]:
    """Texts whose working or public state names the picture, at the top or in the body."""
    path = f"/media/{image.public_id}/"
    return Article.objects.filter(
        Q(lead_image=image)
        | Q(live_revision__image=image)
        | Q(body__contains=path)
        | Q(live_revision__body__contains=path)
    )


@transaction.atomic
def remove(image: Image, *, by: User, now: datetime, why: str) -> None:
    """Remove a picture that nothing uses. Raises `Refused`, with the texts that do."""
    found = _locked(image, by=by, why=why)
    if used := uses(found):
        raise Refused(
            f"This picture is used: {used.words()}. Take it out of them first, or "
            "withdraw it at once."
        )
    _take_away(found, by=by, now=now, why=why, tags=[image_tag(found.public_id)])


@transaction.atomic
def withdraw(image: Image, *, by: User, now: datetime, why: str) -> int:
    """Take a picture from everything at once; return how many public texts lost it.

    For the law and for people's safety. Texts stay as they are and are shown without it.
    Raises `Refused`.
    """
    lock_ledger()  # no page may be overwritten with an older one
    found = _locked(image, by=by, why=why)
    shown = set(Article.objects.showing(found).values_list("pk", flat=True))
    live = _carrying(found).filter(status=Status.LIVE)
    shown |= set(live.values_list("pk", flat=True))
    faces = Author.objects.filter(portrait=found)
    tags = [image_tag(found.public_id), *(author_tag(a.slug) for a in faces)]
    faces.update(portrait=None)
    _take_away(found, by=by, now=now, why=why, tags=[])
    for article in rerendering.rerender(Article.objects.filter(pk__in=shown)):
        touched = cache_tags.article_tags(article)
        tags += cache_tags.hard_purge_tags(article, touched)
    purge(*hard(tags), also_push=PushKind.FRONT)
    return len(shown)


def _locked(image: Image, *, by: User, why: str) -> Image:
    if not by.has_perm("articles.remove_image"):
        raise Refused("Removing pictures is not yours to do: ask a chief editor.")
    if not clean_text(why):
        raise Refused("Say why: removing a picture needs a reason.")
    limits.within("The reason", why, limits.MAX_NOTE)
    found = Image.objects.select_for_update().get(pk=image.pk)
    if found.is_removed:
        raise Refused("This picture is removed already.")
    return found


def _take_away(
    image: Image, *, by: User, now: datetime, why: str, tags: list[Tag]
) -> None:
    """Leave the row without files and words; the files go when this is committed."""
    files = [
        image.original.name or "",
        *image.renditions.values_list("file", flat=True),
    ]
    image.renditions.all().delete()
    blank = dict.fromkeys(
        ("original", "alt", "caption", "credit", "rights", "colour"), ""
    )
    Image.objects.filter(pk=image.pk).cancel(
        **blank, state=ImageState.REMOVED,
        removed_at=now, removed_by=by, removed_why=clean_text(why),
    )  # fmt: skip
    purge(*hard(tags))
    transaction.on_commit(lambda: storage.delete(filter(None, files)), robust=True)
