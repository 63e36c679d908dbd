"""What an exchange is doing, in words: "NYSE closed · opens in 17h 10m"."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation import zones
from markets.models.exchange import AHEAD, BACK, HOURS
from markets.trading_hours import Hours, Phase, State, countdown, state

HOME = "XNYS"  # the exchange whose state stands on every page

# Every cold page asks this; written by hand it costs half of what the ORM takes.
AROUND = f"""
    SELECT e.mic, e.short_name, e.timezone, e.pre_minutes, e.post_minutes,
           {", ".join(f"s.{name}" for name in HOURS)}
      FROM markets_session s JOIN markets_exchange e ON e.id = s.exchange_id
     WHERE s.date BETWEEN %s AND %s AND (%s OR e.mic = ANY(%s))
     ORDER BY s.date
"""  # noqa: S608  # built of the column names above alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One exchange at one instant, and what follows."""

    name: str
    now: datetime
    state: State
    following: State  # from `state.changes_at` on

    @property
    def text(self) -> str:
        """The sentence: "NYSE open · closes in 2h 5m"."""
        text = f"{self.name} {self.word}"
        return f"{text} · {self.coming}" if self.state.changes_at else text

    @property
    def word(self) -> str:
        """ "open", or "closed for Thanksgiving" where the holiday is known."""
        holiday = self.state.holiday
        return f"{self.state.word()} for {holiday}" if holiday else self.state.word()

    @property
    def coming(self) -> str:
        """ "opens in 17h 10m"; empty where the calendar does not reach."""
        if self.state.changes_at is None:
            return ""
        left = countdown(self.state.changes_at - self.now)
        return f"{self.state.verb()} in {left}"


def read(now: datetime, mic: str = HOME) -> Opening:
    """The state of one exchange at `now`. One query."""
    return read_all(now, mic).get(mic) or unknown(now, mic)


def read_all(now: datetime, *mics: str) -> dict[str, Opening]:
    """The state of these exchanges, or of every one we know, by MIC. One query."""
    with connection.cursor() as cursor:
        cursor.execute(AROUND, around(now, *mics))
        return openings(cursor.fetchall(), now)


def around(now: datetime, *mics: str) -> list[Any]:
    """Return the parameters of `AROUND` for these exchanges, or for every one."""
    return [(now - BACK).date(), (now + AHEAD).date(), not mics, list(mics)]


def openings(rows: Iterable[Sequence[Any]], now: datetime) -> dict[str, Opening]:
    """Return the states that rows of `AROUND`, by date, tell at `now`. No query."""
    days: dict[str, list[Hours]] = defaultdict(list)
    about: dict[str, tuple[str, str, int, int]] = {}
    for mic, name, zone, pre, post, *row in rows:
        about[mic] = (name, zone, pre, post)
        days[mic].append(Hours(**dict(zip(HOURS, row, strict=True))))
    return {mic: _opening(now, days[mic], *about[mic]) for mic in sorted(days)}


def unknown(now: datetime, mic: str = HOME) -> Opening:
    """What an exchange without a calendar is: "hours unknown", never "closed"."""
    phase = State(phase=Phase.UNKNOWN)
    return Opening(name=mic, now=now, state=phase, following=phase)


def opening_html(opening: Opening) -> SafeString:
    """The state as every page shows it; the element counts on from `now`."""
    changes_at, following = opening.state.changes_at, opening.following
    if changes_at is None:
        return format_html(
            '<p class="exchange-state" data-phase="{}">{}</p>',
            opening.state.phase,
            opening.text,
        )
    return format_html(
        '<p class="exchange-state" data-phase="{}"><exchange-state now="{}" '
        'changes-at="{}" verb="{}" next-phase="{}" next-word="{}" next-verb="{}" '
        'next-changes-at="{}">'
        '<span class="exchange-name">{}</span> '
        '<span class="exchange-word">{}</span> · '
        '<time class="exchange-countdown" datetime="{}" title="{}">{}</time>'
        "</exchange-state></p>",
        opening.state.phase,
        _iso(opening.now),
        _iso(changes_at),
        opening.state.verb(),
        following.phase,
        following.word(),
        following.verb(),
        _iso(following.changes_at) if following.changes_at else "",
        opening.name,
        opening.word,
        _iso(changes_at),
        f"{changes_at:%A %d %B %Y, %H:%M} UTC",
        opening.coming,
    )


def _opening(
    now: datetime, days: list[Hours], name: str, zone: str, pre: int, post: int
) -> Opening:
    place = zones.find(zone)
    if place is None:  # a row older than our checks: it costs only itself
        return unknown(now, name)

    def at(instant: datetime) -> State:
        return state(
            days,
            instant,
            today=instant.astimezone(place).date(),
            pre=timedelta(minutes=pre),
            post=timedelta(minutes=post),
        )

    here = at(now)
    following = at(here.changes_at or now)
    return Opening(name=name, now=now, state=here, following=following)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
