"""Until when a price may be shown as the present one. Pure; all instants UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markets import ecb_calendar
from markets.trading_hours import Stretch

LIVE = timedelta(minutes=10)
# A price delayed 15 minutes by contract is 16 minutes old when it is new.
MARGIN = timedelta(minutes=15)
# How long after the bell a provider of daily closes may take.
END_OF_DAY = timedelta(hours=12)
# A price this close before the bell is the last one of the day.
BELL = timedelta(minutes=5)
# A price this long after the closing bell still counts as the close (the auction
# prints a little late); what comes later was traded outside hours.
AUCTION = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """From when a price reads as the close, and from when it is stale."""

    settles_at: datetime | None  # None: it will never read as a close
    outside_hours: bool = False  # traded before the bell or well after it
    stale_at: datetime


def freshness(
    stretches: Sequence[Stretch], as_of: datetime, allowance: timedelta
) -> Freshness:
    """Judge a price against the trading around it.

    While trading runs a price may be `allowance` old. The last price of a stretch
    stays right until trading has run again for `allowance`. Where the calendar ends,
    the allowance alone counts.
    """
    last: Stretch | None = None
    for stretch in stretches:
        if as_of < stretch.start:
            return Freshness(
                settles_at=max(as_of, last.end) if last else as_of,
                outside_hours=last is None or as_of > last.end + AUCTION,
                stale_at=stretch.start + allowance,
            )
        if as_of < stretch.end - BELL:
            return Freshness(settles_at=None, stale_at=as_of + allowance)
        last = stretch
    return Freshness(settles_at=None, stale_at=as_of + allowance)


def judge(
    *,
    delay: str,
    delay_minutes: int,
    as_of: datetime,
    stretches: Sequence[Stretch] | None,
) -> Freshness:
    """Apply the rule of a delay class; `stretches` is None for what never closes.

    Live prices last 10 minutes, delayed ones their delay and a quarter of an hour,
    fixings until a day after the next one, daily closes until half a day after the
    next close.
    """
    late = timedelta(minutes=delay_minutes)
    if delay == "fixing":
        return Freshness(settles_at=None, stale_at=ecb_calendar.stale_at(as_of))
    if delay == "close":
        ends = [s.end for s in stretches or () if s.end > as_of + AUCTION]
        next_close = ends[0] if ends else as_of + timedelta(days=1)
        return Freshness(settles_at=as_of, stale_at=next_close + late + END_OF_DAY)
    allowance = late + MARGIN if delay == "delayed" else LIVE
    if stretches is None:
        return Freshness(settles_at=None, stale_at=as_of + allowance)
    return freshness(stretches, as_of, allowance)
