"""Is due work taken? Told by the rows, not by which processes there are.

A worker that runs and takes nothing looks alive in a list of processes. The age of the
oldest due row does not lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Model, QuerySet

from articles.models import Article, Image
from markets.models import Feed
from newsroom.operations.doctor.finding import Finding, Level, ago
from wire.models import Source

LATE = timedelta(seconds=30)  # every kind is rung for every 5 seconds or more often
ALIVE = timedelta(seconds=90)  # a worker that took such work since then is at work
RINGS = 10  # so many waiting in one queue: nobody takes them
START = (
    "See the workers' logs in var/log, or start one: celery -A newsroom worker -Q {}."
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work: how much is due, since when, and when any was last taken."""

    name: str
    queue: str
    waiting: int
    oldest: datetime | None = None  # since when the first of it is due
    moved: datetime | None = None  # None: no row tells
    tells: bool = True  # whether rows would tell of all such work that was taken

    def is_late(self, now: datetime) -> bool:
        return self.oldest is not None and now - self.oldest > LATE

    def is_stuck(self, now: datetime) -> bool:
        """Tell whether such work is late and no worker has taken any lately."""
        return self.tells and self.is_late(now) and not self.is_progressing(now)

    def is_progressing(self, now: datetime) -> bool:
        return self.moved is not None and now - self.moved <= ALIVE


def kinds(now: datetime) -> list[Kind]:
    """Return every kind of work that beat rings for and rows tell of. A query or two each."""
    return [
        _kind("wire", "ingest", Source.objects.due(now),
              moved=Source.objects.last_taken_at()),
        _kind("renditions", "media", Image.objects.due(now),
              moved=Image.objects.last_taken_at(), tells=False),
        _kind("prices", "markets", Feed.objects.due(now),
              moved=Feed.objects.last_taken_at()),
        _kind("announcements", "editorial", Article.objects.to_announce(now),
              column="public_at", tells=False),
    ]  # fmt: skip


def _kind[M: Model](
    name: str,
    queue: str,
    due: QuerySet[M],
    *,
    column: str = "due_at",
    moved: datetime | None = None,
    tells: bool = True,
) -> Kind:
    found = due.order_by().aggregate(n=Count("pk"), oldest=Min(column))
    return Kind(name, queue, found["n"], found["oldest"], moved, tells)


def taken(
    kind: Kind, kinds: list[Kind], rings: dict[str, int] | None, now: datetime
) -> Finding:
    """Is this kind of work taken in time? `kinds` are all, `rings` wait in each queue."""
    if kind.oldest is None:
        return Finding(Level.OK, kind.name, "Nothing waits.")
    age = ago(now - kind.oldest)
    if not kind.is_late(now):
        return Finding(Level.OK, kind.name, f"{kind.waiting:,} due, taken in time.")
    piled = (rings or {}).get(kind.queue, 0) >= RINGS
    unsure = not kind.tells and not piled and not any(k.is_stuck(now) for k in kinds)
    if kind.is_progressing(now) or unsure:
        return Finding(
            Level.WARNING,
            kind.name,
            f"The worker is behind: {kind.waiting:,} wait, the oldest for {age}.",
            "If it lasts, start more workers, or see what is slow.",
        )
    last = f"; some was last taken {ago(now - kind.moved)} ago" if kind.moved else ""
    return Finding(
        Level.BROKEN,
        kind.name,
        f"Nobody takes this work: {kind.waiting:,} wait, the oldest for {age}{last}.",
        START.format(kind.queue),
    )


def beat(kinds: list[Kind], rings: dict[str, int] | None, now: datetime) -> Finding:
    """Does beat ring? `rings` is how many wait in each queue, None if nobody can tell.

    Work that is late while rings wait lacks a worker; work that is late while none wait
    and none moves lacks a ring.
    """
    if any(kind.is_progressing(now) for kind in kinds):
        return Finding(Level.OK, "beat", "It is heard: work is taken as it rings.")
    piled = [queue for queue, count in (rings or {}).items() if count >= RINGS]
    if piled:
        return Finding(
            Level.WARNING,
            "beat",
            f"It rings, and nobody takes from {', '.join(piled)}"
            f" ({sum((rings or {}).values()):,} rings wait).",
            START.format(",".join(piled)),
        )
    if not any(kind.is_late(now) for kind in kinds):
        return Finding(
            Level.OK, "beat", "Nothing is late, so nothing speaks against it."
        )
    if rings is None:
        return Finding(
            Level.WARNING,
            "beat",
            "Work is late, and without the broker nobody can tell whether beat rings.",
            "Mend the broker first.",
        )
    return Finding(
        Level.BROKEN,
        "beat",
        "Work is late, and no ring waits: beat does not ring.",
        "See var/log/beat.log, or start it: celery -A newsroom beat.",
    )
