"""The strip: one query, no template, and right at the time it is shown."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from markets import calendars, exchange_status, loading, ticker
from markets.models import Feed, Instrument, Quote, Session
from markets.rerendering import redraw
from markets.tests.factories import (
    NOON,
    give,
    make_exchange,
    make_feed,
    make_instrument,
    make_tick,
    make_week,
)

pytestmark = [pytest.mark.django_db, pytest.mark.urls("markets.tests.urls")]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def words(html):
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def shown(now=NOON):
    return words(ticker.strip_html(now))


def test_a_price_is_shown_with_label_unit_sign_word_time_and_delay():
    make_instrument(exchange=make_week(make_exchange()))
    give(make_feed(), make_tick())

    assert shown() == (
        "SPY $734.56 US dollars a share, ▲ up +0.14% 13:45 UTC · delayed 15 min"
    )


def test_a_proxy_says_what_it_tracks():
    make_instrument("GLD", kind="proxy", tracks="gold price", stands_for="gold")
    give(make_feed(), make_tick("GLD", "369.46", previous=None))

    assert shown().startswith("GLD tracks gold price $369.46")


def test_without_a_previous_close_the_change_is_a_dash():
    make_instrument(exchange=make_week(make_exchange()))
    give(make_feed(), make_tick(previous=None))

    assert "change unknown –" in shown()
    assert "0.00" not in shown()


def test_an_instrument_without_a_price_is_there_and_says_so():
    make_instrument()

    assert shown() == "SPY – no price yet"


def test_by_the_clock_alone_a_price_becomes_stale():
    make_instrument(exchange=make_week(make_exchange()))
    give(make_feed(), make_tick())

    assert 'data-state="fresh"' in ticker.strip_html(NOON + 14 * MINUTE)
    assert 'data-state="stale"' in ticker.strip_html(NOON + 15 * MINUTE)
    assert "stale, from 25 Jun 13:45 UTC" in shown(NOON + 15 * MINUTE)


def test_by_the_clock_alone_the_last_price_becomes_the_close_and_stays_right():
    make_instrument(exchange=make_week(make_exchange()))
    close = NOON.replace(hour=20) - MINUTE
    give(make_feed(), make_tick(as_of=close), now=close)

    assert "close 25 Jun" in shown(close + HOUR)
    assert "close 25 Jun" in shown(close + 12 * HOUR)
    assert "stale" in shown(close + 19 * HOUR)


def test_the_strip_and_the_quote_agree_on_what_time_makes_of_a_price():
    make_instrument(exchange=make_week(make_exchange()))
    close = NOON.replace(hour=20)
    give(make_feed(), make_tick(as_of=close), now=close)
    for hours in range(-1, 100):
        now = close + hours * HOUR
        state = Quote.objects.get().state(now)
        assert f'data-state="{state}"' in ticker.strip_html(now)


def test_the_strip_is_one_query_whatever_has_a_price(django_assert_num_queries):
    for n in range(5):
        make_instrument(f"S{n}")
    give(make_feed(), make_tick("S1"), make_tick("S3"))

    with django_assert_num_queries(1):
        html = ticker.strip_html(NOON)

    assert html.count("<li ") == 5


def test_names_from_the_database_cannot_break_the_page():
    make_instrument(label="<b>S&P</b>", name='"x"')
    give(make_feed(), make_tick())

    html = ticker.strip_html(NOON)

    assert "&lt;b&gt;S&amp;P&lt;/b&gt;" in html
    assert "<b>" not in html


def test_a_new_label_is_shown_without_waiting_for_a_price():
    instrument = make_instrument()
    give(make_feed(), make_tick())
    Instrument.objects.update(label="SPDR")

    redraw(Instrument.objects.filter(pk=instrument.pk))

    assert shown().startswith("SPDR $734.56")


def test_a_day_set_by_hand_is_obeyed_at_once_and_survives_a_new_calendar():
    exchange = make_week(make_exchange())
    make_instrument(exchange=exchange)
    give(make_feed(), make_tick(as_of=NOON - MINUTE))
    today = Session.objects.get(date=NOON.date())
    today.closes_at, today.name = NOON, "Power failure"

    calendars.override(today)
    loading.load(reset=True)

    assert "close 25 Jun" in shown(NOON + HOUR)
    today.refresh_from_db()
    assert (today.closes_at, today.by_hand) == (NOON, True)


def test_the_thirty_four_instruments_are_loaded_once_and_each_says_what_it_is():
    first, second = loading.load(), loading.load()

    assert (first.instruments, first.feeds) == (34, 2)
    assert (second.instruments, second.feeds, second.days) == (0, 0, 0)
    for instrument in Instrument.objects.active():
        instrument.full_clean()
        assert instrument.definition
        if instrument.kind == "proxy":
            assert instrument.tracks
            assert instrument.stands_for
            assert instrument.label == instrument.symbol
    assert not Feed.objects.filter(active=True).exists()


REFERENCE = """SPY 734.56 IXIC 25359 NDX 29440 DIA 520.11 EWJ 93.39 FXI 31.68 VGK 87.83
EWG 41.07 BTC 59485 ETH 1565 BNB 555.17 XRP 1.04 SOL 66.48 TRX 0.3235 HYPE 63.9
DOGE 0.0737 RAIN 0.0158 LEO 9.39 QQQ 717.51 VOO 676.77 VTI 364.94 IWM 298.91 ARKK 76.54
HYG 79.88 GLD 369.46 SLV 52.36 USO 109.28 BNO 41.88 UNG 11.73 CPER 36.98 EURUSD 1.1342
GBPUSD 1.3160 USDJPY 161.85 USDCNY 6.7982""".split()


def test_the_prices_of_the_reference_page_fit_and_a_hundredfold_of_them_does_not():
    loading.load()
    prices = dict(zip(REFERENCE[::2], map(Decimal, REFERENCE[1::2]), strict=True))
    instruments = {i.symbol: i for i in Instrument.objects.active()}

    assert list(prices) == [i.symbol for i in Instrument.objects.in_order()]
    for symbol, price in prices.items():
        instrument = instruments[symbol]
        assert not instrument.objection(price, currency=instrument.currency)
        for wrong in (price * 100, price / 100, Decimal(0), -price):
            assert instrument.objection(wrong, currency=instrument.currency), symbol


@pytest.mark.parametrize(
    ("symbol", "level"), [("SPY", "7345"), ("DIA", "52011"), ("GLD", "4024")]
)
def test_the_level_behind_a_proxy_is_not_taken_for_its_price(symbol, level):
    loading.load()
    instrument = Instrument.objects.get(symbol=symbol)

    assert "outside its band" in instrument.objection(Decimal(level), currency="USD")


def test_the_exchange_state_of_the_reference_page(django_assert_num_queries):
    calendars.load()
    now = NOON.replace(hour=20, minute=19, second=30)

    with django_assert_num_queries(1):
        here = exchange_status.read(now)

    assert here.text == "NYSE closed · opens in 17h 10m"
    html = exchange_status.opening_html(here)
    assert words(html) == "NYSE closed · opens in 17h 10m"
    assert 'changes-at="2026-06-26T13:30:00+00:00"' in html
    assert 'next-phase="open" next-word="open" next-verb="closes"' in html


def test_an_exchange_without_a_calendar_has_unknown_hours():
    assert exchange_status.read(NOON).text == "XNYS hours unknown"
    assert (
        words(exchange_status.opening_html(exchange_status.read(NOON)))
        == "XNYS hours unknown"
    )


def test_the_end_of_each_calendar_is_known_before_it_comes():
    calendars.load()

    near = {e.mic: e for e in calendars.expiries(NOON.replace(year=2030, month=11))}

    assert near["XNYS"].days_left == 36
    assert near["XNYS"].is_near
    assert not any(e.is_near for e in calendars.expiries(NOON))
