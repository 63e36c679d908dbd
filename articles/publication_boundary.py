"""The next instant at which time alone changes what readers may see.

The rule itself is `articles.live_rule`.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from articles.models import Article, Change
from articles.models.change import ChangeKind

TAKEN_BACK = (ChangeKind.KILLED, ChangeKind.WITHDRAWN, ChangeKind.EMBARGO)


def next_boundary(now: datetime) -> datetime | None:
    """Return the next instant at which an article appears by itself; None without one.

    No kept page may outlive it. One query on an index.
    """
    scheduled = Article.objects.scheduled(now)
    boundary: datetime | None = scheduled.aggregate(at=Min("public_at"))["at"]
    return boundary


def taken_back_since(xmin: int) -> bool:
    """Tell whether a story was taken back by a transaction numbered `xmin` or higher.

    One query on the ledger's index.
    """
    return Change.objects.filter(xid__gte=str(xmin), kind__in=TAKEN_BACK).exists()
