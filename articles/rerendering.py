"""Rendering public articles again, when something that their stored pages hold changes."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from articles import cache_tags, provenance, rendering
from articles.checks import EvidenceRow
from articles.models import Article, Status
from articles.models.change import lock_ledger
from articles.search_index import search_vector
from articles.workflow import Refused
from foundation.notifications import Tag, purge

MAX_RERENDER = 500  # articles at once; the rest wait for `manage.py render`


def public_columns(article: Article, rows: list[EvidenceRow]) -> dict[str, object]:
    """Return the columns that hold the public text as readers get it, search included.

    `rows` are the sources of its live revision.
    """
    revision = article.live_revision
    assert revision is not None  # noqa: S101  # the caller made it public
    columns = rendering.render(article, revision, rows)
    return {**columns, "search": search_vector(revision)}


def store_public_columns(article: Article) -> None:
    """Render the public text and store it, purging nothing.

    Call it with the ledger locked, on an article read since: then no page is overwritten
    with an older one.
    """
    revision = article.live_revision
    if revision is None:
        raise Refused("Nothing of this article is public.")
    columns = public_columns(article, provenance.rows(article, revision))
    shown = Article.objects.filter(pk=article.pk, live_revision=revision)
    shown.filter(status=Status.LIVE).update(**columns)
    for name, value in columns.items():
        if name != "search":
            setattr(article, name, value)


@transaction.atomic
def rerender(articles: QuerySet[Article]) -> list[Article]:
    """Render public articles as they are now and return them, purging nothing.

    The ledger is locked until the caller's transaction ends.
    """
    lock_ledger()
    whole = articles.select_related("section", "issue", "live_revision__image")
    found = list(whole)
    for article in found:
        store_public_columns(article)
    return found


def rerender_one(article: Article) -> None:
    """Render one public article as it is now, purging nothing."""
    rerender(Article.objects.filter(pk=article.pk))


@transaction.atomic
def rerender_newest(articles: QuerySet[Article], tags: Iterable[Tag]) -> int:
    """Render the newest again, mark the rest as out of date, and purge what shows them.

    `tags` are purged too. Return how many were rendered.
    """
    lock_ledger()  # nobody publishes another one meanwhile
    found = list(articles.order_by("-public_at", "-pk").values_list("pk", flat=True))
    touched = list(tags)
    for article in rerender(Article.objects.filter(pk__in=found[:MAX_RERENDER])):
        touched += cache_tags.article_tags(article)
    Article.objects.filter(pk__in=found[MAX_RERENDER:]).update(rendered_with="")
    purge(*touched)
    return len(found[:MAX_RERENDER])
