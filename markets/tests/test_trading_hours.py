"""Exchange hours, against an independent calendar."""

import json
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import exchange_calendars
import pytest

from markets import calendars
from markets.trading_hours import Hours, Phase, countdown, state

# The library is behind pandas; its users cannot do anything about it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MICS = ["XNYS", "XNAS", "XLON", "XETR", "XTKS", "XHKG"]
CALENDARS = {str(c["mic"]): c for c in calendars.shipped()}
MINUTE = timedelta(minutes=1)


@cache
def oracle(mic, start="2020-01-01", end="2030-12-31"):
    return exchange_calendars.get_calendar(mic, start=start, end=end)


@cache
def ours(mic):
    return list(calendars.days(CALENDARS[mic]))


def is_open_there(theirs, at):
    """What the library says, by its table of open minutes."""
    minutes, moment = theirs.minutes_nanos, int(at.timestamp()) * 10**9
    place = minutes.searchsorted(moment)
    return bool(place < len(minutes) and minutes[place] == moment)


def state_at(at, mic):
    """What the database would answer: from the days around the instant."""
    days = ours(mic)
    first = bisect_left(days, (at - timedelta(days=2)).date(), key=lambda d: d.date)
    zone = ZoneInfo(str(CALENDARS[mic]["timezone"]))
    return state(days[first : first + 17], at, today=at.astimezone(zone).date())


def instant(stamp):
    return None if stamp is exchange_calendars.calendar_helpers.pd.NaT else stamp


@pytest.mark.parametrize("mic", MICS)
def test_every_session_of_eleven_years_is_the_one_of_the_independent_calendar(mic):
    sessions = [day for day in ours(mic) if day.opens_at]
    theirs = oracle(mic).schedule

    assert [day.date for day in sessions] == [day.date() for day in theirs.index]
    for day, row in zip(sessions, theirs.itertuples(), strict=True):
        assert day.opens_at == row.open, day.date
        assert day.closes_at == row.close, day.date
        assert day.breaks_at == instant(row.break_start), day.date
        assert day.resumes_at == instant(row.break_end), day.date


@pytest.mark.parametrize("mic", MICS)
def test_every_minute_around_every_boundary_of_four_years_agrees(mic):
    theirs = oracle(mic, "2023-12-01", "2028-01-31")
    checked = 0
    for day in ours(mic):
        if not day.opens_at or not 2024 <= day.date.year <= 2027:
            continue
        edges = [day.opens_at, day.breaks_at, day.resumes_at, day.closes_at]
        for edge in filter(None, edges):
            for at in (edge - MINUTE, edge, edge + MINUTE):
                assert state_at(at, mic).is_open == is_open_there(theirs, at), at
                checked += 1
    assert checked > 5_000


@pytest.mark.parametrize(
    "monday",
    [
        date(2026, 3, 2),  # New York's clocks go forward on the 8th
        date(2026, 3, 23),  # London's on the 29th
        date(2026, 10, 19),  # London's go back on the 25th
        date(2026, 10, 26),  # New York's on 1 November
        date(2026, 11, 23),  # Thanksgiving, and an early close after it
        date(2026, 12, 21),  # an early close before Christmas
        date(2025, 1, 6),  # a day of mourning, closed without a rule
    ],
)
@pytest.mark.parametrize("mic", ["XNYS", "XLON"])
def test_every_minute_of_an_odd_week_agrees_and_so_does_the_countdown(mic, monday):
    theirs = oracle(mic, "2024-12-01", "2027-12-31")
    opens, closes = (
        [t.to_pydatetime() for t in column] for column in (theirs.opens, theirs.closes)
    )
    at = datetime.combine(monday, datetime.min.time(), UTC)
    for _ in range(9 * 24 * 60):
        here = state_at(at, mic)
        assert here.is_open == is_open_there(theirs, at), at
        coming = closes if here.is_open else opens
        assert here.changes_at == coming[bisect_right(coming, at)], at
        at += MINUTE


@pytest.mark.parametrize("mic", ["XNYS", "XLON", "XTKS"])
def test_the_captured_sessions_of_2026_are_ours_too(mic, shared_data):
    file = shared_data / "markets" / "sessions" / f"{mic}-2026.json"
    captured = json.loads(file.read_text())
    days = [day for day in ours(mic) if day.date.year == 2026]

    assert [
        {
            "date": d.date.isoformat(),
            "open": f"{d.opens_at:%Y-%m-%dT%H:%M:%SZ}",
            "close": f"{d.closes_at:%Y-%m-%dT%H:%M:%SZ}",
        }
        for d in days
        if d.opens_at
    ] == [
        {key: row[key] for key in ("date", "open", "close")}
        for row in captured["sessions"]
    ]
    assert [d.date.isoformat() for d in days if d.early] == captured["early_closes"]


def test_the_state_of_the_reference_page_is_closed_and_opens_in_17_hours():
    now = datetime(2026, 6, 25, 20, 19, 30, tzinfo=UTC)

    here = state_at(now, "XNYS")

    assert here.word() == "closed"
    assert countdown(here.changes_at - now) == "17h 10m"


def test_a_holiday_gives_its_name_and_an_early_close_is_announced():
    thanksgiving = state_at(datetime(2026, 11, 26, 15, tzinfo=UTC), "XNYS")
    friday = state_at(datetime(2026, 11, 27, 15, tzinfo=UTC), "XNYS")

    assert thanksgiving.holiday == "Thanksgiving"
    assert friday.verb() == "closes early"


def test_tokyo_pauses_for_lunch_and_resumes():
    here = state_at(datetime(2026, 6, 25, 3, 0, tzinfo=UTC), "XTKS")

    assert here.phase is Phase.BREAK
    assert here.verb() == "resumes"
    assert here.changes_at == datetime(2026, 6, 25, 3, 30, tzinfo=UTC)


def test_early_and_late_trading_are_told_from_a_plain_close():
    day = Hours(
        date=date(2026, 6, 25),
        opens_at=datetime(2026, 6, 25, 13, 30, tzinfo=UTC),
        closes_at=datetime(2026, 6, 25, 20, tzinfo=UTC),
    )
    after = Hours(
        date=date(2026, 6, 26),
        opens_at=datetime(2026, 6, 26, 13, 30, tzinfo=UTC),
        closes_at=datetime(2026, 6, 26, 20, tzinfo=UTC),
    )

    def phase(day_of_june, hour):
        return state(
            [day, after],
            datetime(2026, 6, day_of_june, hour, tzinfo=UTC),
            today=date(2026, 6, day_of_june),
            pre=timedelta(minutes=330),
            post=timedelta(minutes=240),
        ).phase

    assert [phase(25, 9), phase(25, 14), phase(25, 21)] == ["pre", "open", "post"]
    assert phase(26, 1) == "closed"


def test_past_the_end_of_the_calendar_the_hours_are_unknown_not_closed():

    assert state_at(datetime(2031, 1, 2, 15, tzinfo=UTC), "XNYS").word() == (
        "hours unknown"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "less than 1m"),
        (59, "less than 1m"),
        (60, "1m"),
        (3600, "1h 0m"),
        (61_859, "17h 10m"),
        (86_400, "1d 0h 0m"),
        (-5, "less than 1m"),
    ],
)
def test_a_countdown_never_promises_a_minute_too_many(seconds, text):
    assert countdown(timedelta(seconds=seconds)) == text


def test_no_two_days_of_a_calendar_overlap():
    for mic in MICS:
        days = [d for d in ours(mic) if d.opens_at]
        assert all(a.closes_at < b.opens_at for a, b in pairwise(days))
