"""When the European Central Bank fixes its reference rates. Pure.

Rates are set on TARGET business days, from a concertation at about 14:10 in Frankfurt,
and published at about 16:00. TARGET closes on weekends and six holidays.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FRANKFURT = ZoneInfo("Europe/Berlin")
CONCERTED = time(14, 10)
PUBLISHED = time(16, 0)
GRACE = timedelta(days=1)


def concerted_at(day: date) -> datetime:
    """The instant the rates of `day` speak of, in UTC."""
    return datetime.combine(day, CONCERTED, FRANKFURT).astimezone(UTC)


def stale_at(as_of: datetime) -> datetime:
    """A fixing is right until a day after the next one is published."""
    day = next_fixing_day(as_of.astimezone(FRANKFURT).date())
    return datetime.combine(day, PUBLISHED, FRANKFURT).astimezone(UTC) + GRACE


def next_fixing_day(day: date) -> date:
    """The first business day after `day`."""
    day += timedelta(days=1)
    while not is_fixing_day(day):
        day += timedelta(days=1)
    return day


def is_fixing_day(day: date) -> bool:
    """Whether TARGET is open on `day`."""
    easter = easter_sunday(day.year)
    return day.weekday() < 5 and not (
        (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}
        or day in {easter - timedelta(days=2), easter + timedelta(days=1)}
    )


def easter_sunday(year: int) -> date:
    """Western Easter, by the anonymous Gregorian algorithm (Meeus, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
