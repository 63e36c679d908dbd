"""When an exchange is open. Pure; all instants UTC.

The rows come from the `Session` table, already past daylight saving and holidays: here
is only arithmetic on instants, so a clock change cannot go wrong here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One day of one exchange: a session, or a holiday without instants."""

    date: date  # the day at the exchange
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    breaks_at: datetime | None = None  # start of a midday break
    resumes_at: datetime | None = None
    early: bool = False  # closes before its usual hour
    name: str = ""  # of the holiday or of the reason, where known

    def stretches(self) -> tuple["Stretch", ...]:
        """The spans of trading: one, two around a break, none on a holiday."""
        if self.opens_at is None or self.closes_at is None:
            return ()
        if self.breaks_at is None or self.resumes_at is None:
            return (Stretch(self.opens_at, self.closes_at),)
        return (
            Stretch(self.opens_at, self.breaks_at),
            Stretch(self.resumes_at, self.closes_at),
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Uninterrupted trading: open from `start`, no longer open at `end`."""

    start: datetime
    end: datetime


class Phase(StrEnum):
    """What an exchange is doing at an instant."""

    OPEN = "open"
    BREAK = "break"
    PRE = "pre"  # closed, but early trading runs
    POST = "post"  # closed, but late trading runs
    CLOSED = "closed"
    UNKNOWN = "unknown"  # the calendar does not reach so far


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The phase at an instant, and the next opening, break or close."""

    phase: Phase
    changes_at: datetime | None = None
    early: bool = False  # open, on a day that closes early
    holiday: str = ""  # why it is closed today, where that is known

    @property
    def is_open(self) -> bool:
        return self.phase is Phase.OPEN

    def word(self) -> str:
        """One word or two for the reader."""
        if self.phase is Phase.UNKNOWN:
            return "hours unknown"
        if self.phase is Phase.BREAK:
            return "at lunch"
        return "open" if self.is_open else "closed"

    def verb(self) -> str:
        """What happens at `changes_at`."""
        if self.phase is Phase.BREAK:
            return "resumes"
        if not self.is_open:
            return "opens"
        return "closes early" if self.early else "closes"


def state(
    days: Sequence[Hours],
    now: datetime,
    *,
    today: date,
    pre: timedelta = timedelta(),
    post: timedelta = timedelta(),
) -> State:
    """Tell what the exchange does at `now`.

    `days` must hold the sessions around `now`, in order; `today` is the day at the
    exchange. `pre` and `post` say how long early and late trading last.
    """
    coming = [day for day in days if day.closes_at is not None and day.closes_at > now]
    if not coming:
        return State(phase=Phase.UNKNOWN)
    day = coming[0]
    for stretch in day.stretches():
        if stretch.start <= now < stretch.end:
            early = day.early and stretch.end == day.closes_at
            return State(phase=Phase.OPEN, changes_at=stretch.end, early=early)
        if now < stretch.start:
            break
    if day.resumes_at and day.opens_at and day.opens_at <= now:
        return State(phase=Phase.BREAK, changes_at=day.resumes_at)
    holiday = next((d.name for d in days if d.date == today and not d.opens_at), "")
    return State(
        phase=_closed_phase(days, day, now, pre=pre, post=post),
        changes_at=day.opens_at,
        holiday=holiday,
    )


def _closed_phase(
    days: Sequence[Hours],
    coming: Hours,
    now: datetime,
    *,
    pre: timedelta,
    post: timedelta,
) -> Phase:
    closes = [d.closes_at for d in days if d.closes_at is not None]
    if any(close <= now < close + post for close in closes):
        return Phase.POST
    if coming.opens_at and coming.opens_at - pre <= now:
        return Phase.PRE
    return Phase.CLOSED


def countdown(left: timedelta) -> str:
    """Return "17h 10m", "2d 3h 0m" or "5m"; what is left of a minute is cut off."""
    minutes = max(int(left.total_seconds()), 0) // 60
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    if days:
        return f"{days}d {hours}h {minutes}m"
    if hours:
        return f"{hours}h {minutes}m"
    return f"{minutes}m" if minutes else "less than 1m"
