"""Recording and announcing articles whose time of publication has come.

Readers see them without this: visibility is a query over time.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from articles import cache_tags, publication
from articles.models import Article
from articles.models.change import lock_ledger
from foundation.notifications import PushKind, purge

AT_ONCE = 200  # articles a run; the next run, seconds later, takes the rest


def announce_due(now: datetime) -> int:
    """Announce every article whose time has come by itself; return how many.

    Tells the ledger, the kept pages and the stream. One transaction each, and each only
    once, however many do this at the same time. Never before the database's own clock
    says so, even if `now` does.
    """
    told = 0
    due = Article.objects.to_announce(now).values_list("pk", flat=True)
    for pk in due[:AT_ONCE]:
        told += _announce(pk, now)
    return told


@transaction.atomic
def _announce(pk: int, now: datetime) -> bool:
    instant = min(now, lock_ledger())
    untold = Article.objects.to_announce(instant).filter(pk=pk)
    article = untold.select_related("section", "issue", "live_revision").first()
    if article is None or article.live_revision is None:
        return False  # somebody else told it, or it was taken back meanwhile
    publication.announce(article, article.live_revision, at=instant)
    purge(*cache_tags.article_tags(article), also_push=PushKind.FRONT)
    return True
