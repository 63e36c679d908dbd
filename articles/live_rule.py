"""The rule of what readers may see: in Python, as a query and as SQL. Pure.

The status is live, and the instant of publication, the embargo and the embargo inherited
from the sources have all passed. The database computes the latest of the three as
`public_at`. No other module compares them: a test looks for it, and another holds the
three forms and the view `public_article` to each other.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Now

from articles.statuses import Status


def visible_from(*bars: datetime | None) -> datetime | None:
    """Return the latest of the instants that must pass: the same as `public_at`."""
    return max((bar for bar in bars if bar), default=None)


def is_live(status: str, public_at: datetime | None, now: datetime) -> bool:
    """Whether readers may see it at `now`."""
    return status == Status.LIVE and public_at is not None and public_at <= now


def is_scheduled(status: str, public_at: datetime | None, now: datetime) -> bool:
    """Whether readers will see it after `now` unless somebody takes it off."""
    return status == Status.LIVE and public_at is not None and public_at > now


def live_q(now: datetime | None = None, *, prefix: str = "") -> Q:
    """Return the condition that an article is live; `prefix` leads to it, as `article__`.

    Without `now` the database's own clock decides, at the start of the statement (`now()`
    would be that of the transaction): a wrong clock on a web host lifts no embargo.
    """
    return _status_and_time(prefix, "lte", now or Now())


def scheduled_q(now: datetime, *, prefix: str = "") -> Q:
    """Return the condition that an article is scheduled; `prefix` as for `live_q`."""
    return _status_and_time(prefix, "gt", now)


def _status_and_time(prefix: str, lookup: str, now: datetime | Now) -> Q:
    return Q(
        (f"{prefix}status", Status.LIVE),
        (f"{prefix}public_at__{lookup}", now),
    )


def live_sql(now: str = "statement_timestamp()") -> str:
    """Return the condition for raw SQL that reads `articles_article` by that name.

    `now` is an SQL expression or a placeholder, never anything from outside.
    """
    return (
        f"articles_article.status = '{Status.LIVE}'"
        f" AND articles_article.public_at <= {now}"
    )
