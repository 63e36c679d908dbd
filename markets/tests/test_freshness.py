"""Until when a price may be shown as the present one."""

from datetime import UTC, date, datetime, timedelta

import pytest

from markets import ecb_calendar
from markets.freshness import judge
from markets.trading_hours import Stretch


def at(day, hour, minute=0):
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


# Thursday 25, Friday 26 and Monday 29 June in New York
WEEK = [Stretch(at(day, 13, 30), at(day, 20)) for day in (24, 25, 26, 29)]


def freshness(as_of, delay="delayed", minutes=15, stretches=WEEK):
    return judge(delay=delay, delay_minutes=minutes, as_of=as_of, stretches=stretches)


def test_a_delayed_price_lasts_its_delay_and_a_quarter_of_an_hour():
    found = freshness(at(25, 15))

    assert found.settles_at is None
    assert found.stale_at == at(25, 15, 30)


def test_the_last_price_of_a_friday_is_right_until_monday_has_traded():
    found = freshness(at(26, 20))

    assert found.settles_at == at(26, 20)
    assert not found.outside_hours
    assert found.stale_at == at(29, 14)


def test_a_price_from_before_the_bell_does_not_become_the_close():
    found = freshness(at(25, 19, 40))

    assert found.settles_at is None
    assert found.stale_at == at(25, 20, 10)


def test_a_price_made_well_after_the_bell_is_said_to_be_outside_hours():
    assert freshness(at(25, 21, 30)).outside_hours
    assert not freshness(at(25, 20, 10)).outside_hours


def test_a_coin_is_stale_after_ten_minutes_whatever_the_day():
    found = freshness(at(27, 3), delay="live", minutes=0, stretches=None)

    assert found.stale_at == at(27, 3, 10)


def test_a_fixing_lasts_until_a_day_after_the_next_one():
    thursday = freshness(ecb_calendar.concerted_at(date(2026, 6, 25)), delay="fixing")
    friday = freshness(ecb_calendar.concerted_at(date(2026, 6, 26)), delay="fixing")

    assert thursday.stale_at == at(27, 14)  # Friday's is out at 16:00 in Frankfurt
    assert friday.stale_at == datetime(2026, 6, 30, 14, tzinfo=UTC)


def test_a_daily_close_lasts_until_half_a_day_after_the_next_close():
    found = freshness(at(25, 20), delay="close", minutes=0)

    assert found.settles_at == at(25, 20)
    assert found.stale_at == at(27, 8)


def test_without_a_calendar_only_the_allowance_counts():
    found = freshness(at(25, 15), stretches=[])

    assert found.stale_at == at(25, 15, 30)


def test_no_price_ever_lasts_into_the_session_after_the_next():
    for minute in range(0, 24 * 60, 7):
        as_of = at(25, 0) + timedelta(minutes=minute)
        found = freshness(as_of)
        assert as_of < found.stale_at <= at(26, 14), as_of


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter_is_found(year, day):
    assert ecb_calendar.easter_sunday(year) == day


def test_every_fixing_of_two_years_fell_on_a_day_we_expect_one(shared_data):
    file = shared_data / "markets" / "history" / "ecb-eurofxref-hist-2025-on.csv"
    days = {date.fromisoformat(line[:10]) for line in file.read_text().split()[1:]}
    day, last = min(days), max(days)
    expected = {day}
    while day < last:
        day = ecb_calendar.next_fixing_day(day)
        expected.add(day)

    assert days == expected
