"""How long it is kept who came in, and what nobody asks for any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db.models import Model, QuerySet

from staff.models import AccessEvent, Throttle
from staff.throttling import KEEP_IDLE, KNOWN_FOR

KEEP_EVENTS = timedelta(days=90)
KEEP_FAILURES = timedelta(days=30)
MOST_FAILURES = 100_000  # whoever guesses for days fills no disk
AT_ONCE, ROUNDS = 5_000, 20  # rows a statement, and statements a run of each kind

if KEEP_EVENTS < KNOWN_FOR:
    raise ValueError("a sign-in must be kept for as long as its network is known")


def prune(*, now: datetime) -> int:
    """Delete expired sessions, old events and idle throttles; return how many rows."""
    failures = AccessEvent.objects.failures()
    newest = failures.order_by("-pk").values_list("pk", flat=True)
    beyond = newest[MOST_FAILURES : MOST_FAILURES + 1].first()
    return sum(
        _delete(rows)
        for rows in (
            Session.objects.filter(expire_date__lt=now),
            Throttle.objects.idle_since(now - KEEP_IDLE),
            AccessEvent.objects.filter(at__lt=now - KEEP_EVENTS),
            failures.filter(at__lt=now - KEEP_FAILURES),
            failures.filter(pk__lte=beyond or 0),
        )
    )


def _delete[Row: Model](rows: QuerySet[Row]) -> int:
    """Delete rows a batch at a time, so that no statement holds many for long."""
    deleted = 0
    for _ in range(ROUNDS):
        batch = rows.order_by().values("pk")[:AT_ONCE]
        count, _ = rows.model._default_manager.filter(pk__in=batch).delete()
        deleted += count
        if count < AT_ONCE:
            break
    return deleted
