"""Numbers that wander: the demo's markets, as functions of time alone.

A price is a start value times the exponential of smooth noise at several paces, so that
any instant can be asked for, in any order, and always gives the same figure. Prices of
an exchange stand still while it is closed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
FRANKFURT = ZoneInfo("Europe/Berlin")
OPEN, CLOSE = time(9, 30), time(16)  # New York
FIXING = time(16)  # Frankfurt; the ECB publishes about then

# Periods in seconds, and how much of the daily spread each carries
_PACES = (
    (20, 0.04),
    (240, 0.10),
    (3600, 0.35),
    (21600, 0.6),
    (345600, 1.6),
    (3456000, 3.0),
)

Closing = Callable[[date], time | None]  # when New York closes; None: no session


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One price: where it wanders about, and how far in a day, in per cent."""

    symbol: str
    around: float
    spread: float  # per cent
    places: int
    moves_with: str = ""  # what it shares with others, such as a market
    own: float = 1.0  # how much of its movement is its own, 0 to 1

    def at(self, when: datetime) -> Decimal:
        """The price at `when`, to the instrument's own places."""
        drift = sum(share * self._swing(when, pace) for pace, share in _PACES)
        value = self.around * math.exp(self.spread / 100 * drift)
        return Decimal(f"{value:.{self.places}f}")

    def _swing(self, when: datetime, pace: int) -> float:
        place = when.timestamp() / pace
        alone = _noise(self.symbol, place, pace)
        if not self.moves_with:
            return alone
        return self.own * alone + (1 - self.own) * _noise(self.moves_with, place, pace)


@lru_cache(maxsize=20000)
def _knot(symbol: str, pace: int, n: int) -> float:
    """A number between -1 and 1 that looks random and never changes."""
    digest = hashlib.blake2b(f"{symbol} {pace} {n}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**63 - 1


def _noise(symbol: str, x: float, pace: int) -> float:
    """Smooth noise through the knots on either side of `x`."""
    n = math.floor(x)
    part = x - n
    ease = part * part * (3 - 2 * part)
    left, right = _knot(symbol, pace, n), _knot(symbol, pace, n + 1)
    return left + (right - left) * ease


def weekdays(day: date) -> time | None:
    """Monday to Friday until four: enough of a calendar where none is handed in."""
    return CLOSE if day.weekday() < 5 else None


def last_trade(now: datetime, closing: Closing = weekdays) -> datetime:
    """When New York last traded: `now` in a session, else the last close (UTC)."""
    here = now.astimezone(NEW_YORK)
    close = closing(here.date())
    if close and here.time() >= OPEN:
        return now if here.time() < close else _instant(here.date(), close)
    return previous_close(now, closing)


def previous_close(now: datetime, closing: Closing = weekdays) -> datetime:
    """The last close on a day before the one of `now` in New York (UTC)."""
    day = now.astimezone(NEW_YORK).date()
    close = None
    while close is None:
        day -= timedelta(days=1)
        close = closing(day)
    return _instant(day, close)


def _instant(day: date, close: time) -> datetime:
    return datetime.combine(day, close, tzinfo=NEW_YORK).astimezone(UTC)


def fixings(now: datetime, days: int) -> list[date]:
    """The last `days` days with a fixing known at `now`, newest first."""
    here = now.astimezone(FRANKFURT)
    day = here.date() if here.time() >= FIXING else here.date() - timedelta(days=1)
    found: list[date] = []
    while len(found) < days:
        if day.weekday() < 5:
            found.append(day)
        day -= timedelta(days=1)
    return found


def fixed(walk: Walk, day: date) -> Decimal:
    """The reference rate of `walk` on `day`."""
    return walk.at(datetime.combine(day, FIXING, tzinfo=FRANKFURT))
