"""Prices that wander plausibly, stand still at night and never forget themselves."""

from datetime import UTC, date, datetime, time, timedelta

from demo.numbers import fixings, last_trade, previous_close
from demo.quotes import walks
from markets.instruments import INSTRUMENTS

MONDAY_OPEN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # 10:00 in New York


def test_every_instrument_of_the_paper_has_a_walk_inside_its_band():
    bands = {row.provider_symbol: row.band() for row in INSTRUMENTS}
    for walk in (*walks("share"), *walks("coin")):
        low, high = bands[walk.symbol]
        for hours in range(0, 24 * 400, 55):
            assert low < walk.at(MONDAY_OPEN + timedelta(hours=hours)) < high


def test_a_walk_gives_the_same_price_whenever_it_is_asked():
    walk = walks("share")[0]

    assert walk.at(MONDAY_OPEN) == walk.at(MONDAY_OPEN)


def test_a_share_moves_within_a_minute_and_by_little():
    walk = walks("share")[0]
    prices = [walk.at(MONDAY_OPEN + timedelta(seconds=5 * n)) for n in range(60)]

    assert len(set(prices)) > 20
    assert max(prices) / min(prices) < 1.02


def test_no_day_moves_a_share_by_more_than_a_bad_day_would():
    walk = walks("share")[0]
    closes = [walk.at(MONDAY_OPEN + timedelta(days=n)) for n in range(200)]
    moves = [abs(b / a - 1) for a, b in zip(closes, closes[1:], strict=False)]

    assert max(moves) < 0.05


def test_during_the_session_the_last_trade_is_now():
    assert last_trade(MONDAY_OPEN) == MONDAY_OPEN


def test_on_sunday_the_last_trade_was_at_friday_s_close():
    sunday = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    assert last_trade(sunday) == datetime(2026, 2, 27, 21, 0, tzinfo=UTC)
    assert previous_close(last_trade(sunday)) == datetime(2026, 2, 26, 21, tzinfo=UTC)


def test_before_monday_s_opening_the_last_trade_was_on_friday():
    early = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    assert last_trade(early) == datetime(2026, 2, 27, 21, 0, tzinfo=UTC)


def test_after_the_clocks_change_the_close_is_an_hour_earlier_in_utc():
    evening = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)

    assert last_trade(evening) == datetime(2026, 3, 9, 20, 0, tzinfo=UTC)


def test_holidays_and_early_closes_are_those_handed_in():
    def closing(day):
        if day == date(2026, 3, 2) or day.weekday() > 4:
            return None
        return time(13) if day == date(2026, 2, 27) else time(16)

    friday_early = datetime(2026, 2, 27, 18, tzinfo=UTC)

    assert last_trade(MONDAY_OPEN, closing) == friday_early
    assert last_trade(friday_early + timedelta(hours=2), closing) == friday_early


def test_today_s_fixing_is_known_only_after_four_in_frankfurt():
    before = datetime(2026, 3, 2, 14, 59, tzinfo=UTC)

    assert fixings(before, 2) == [date(2026, 2, 27), date(2026, 2, 26)]
    assert fixings(before + timedelta(minutes=1), 1) == [date(2026, 3, 2)]


def test_two_funds_on_the_same_index_move_together():
    spy, voo = (w for w in walks("share") if w.symbol in ("SPY", "VOO"))
    days = [MONDAY_OPEN + timedelta(days=n) for n in range(60)]

    def moves(walk):
        prices = [float(walk.at(day)) for day in days]
        return [b / a - 1 for a, b in zip(prices, prices[1:], strict=False)]

    pairs = zip(moves(spy), moves(voo), strict=True)

    assert all(abs(a - b) < 0.002 for a, b in pairs)
