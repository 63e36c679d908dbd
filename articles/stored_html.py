"""The articles' stored HTML, for `manage.py render`: cards, story pages, API documents."""

from __future__ import annotations

from django.db.models import QuerySet

from articles import rendering
from articles.cache_tags import article_tags
from articles.models import Article
from articles.models.change import lock_ledger
from articles.rerendering import store_public_columns
from articles.statuses import Status
from foundation.notifications import Tag, purge
from foundation.stored_html import Kind


def live() -> QuerySet[Article]:
    """The articles that hold such HTML; delayed ones too."""
    return Article.objects.filter(status=Status.LIVE)


def render_articles(rows: QuerySet[Article]) -> int:
    """Render cards, page and document of these articles again; return of how many.

    Under the lock of the ledger, which whatever changes public texts takes first: no page
    is overwritten with an older one. Those whose row is being written are passed over.
    """
    lock_ledger()
    free = rows.select_for_update(of=["self"], skip_locked=True)
    tags: list[Tag] = []
    count = 0
    for article in free.select_related("section", "issue", "live_revision__image"):
        store_public_columns(article)
        tags += article_tags(article)
        count += 1
    purge(*tags)
    return count


ARTICLES = Kind(
    name="articles",
    rows=live,
    stamp=rendering.stamp,
    render=render_articles,
    batch_size=20,  # publishing waits for one batch: some tenths of a second
)
