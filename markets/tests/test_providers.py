"""Reading the providers' answers, good and bad."""

import json
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from markets.models import Feed, Instrument
from markets.providers import PROVIDERS, ParseError, generic_table
from markets.providers.base import Unusable, price, reference

COIN = {
    "id": "bitcoin",
    "current_price": 59485,
    "price_change_24h": -1164.5,
    "last_updated": "2026-06-25T20:17:31.000Z",
}
FIXINGS = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><Cube>
<Cube time="2026-06-25"><Cube currency="USD" rate="1.1342"/>
 <Cube currency="JPY" rate="183.57"/><Cube currency="GBP" rate="0.86185"/></Cube>
<Cube time="2026-06-24"><Cube currency="USD" rate="1.1400"/>
 <Cube currency="JPY" rate="183.00"/><Cube currency="GBP" rate="N/A"/></Cube>
</Cube></gesmes:Envelope>"""


def coins(*rows):
    return PROVIDERS["coingecko"](json.dumps(rows).encode(), {})


def fixings(raw=FIXINGS, *pairs):
    return PROVIDERS["ecb"](raw, {"pairs": list(pairs)} if pairs else {})


def table(raw, **options):
    raw = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    return PROVIDERS["table"](raw, options)


def read(folder, name):
    return (folder / "markets" / name).read_bytes()


# CoinGecko


def test_a_coin_is_measured_against_its_price_24_hours_ago():
    (tick,) = coins(COIN).ticks

    assert (tick.symbol, tick.value, tick.previous) == (
        "bitcoin",
        59485,
        D("60649.5"),
    )
    assert tick.against == "24 hours ago"
    assert tick.as_of == datetime(2026, 6, 25, 20, 17, 31, tzinfo=UTC)


def test_a_coin_without_a_change_has_an_unknown_reference():
    (tick,) = coins(COIN | {"price_change_24h": None}).ticks

    assert tick.previous is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"current_price": None}, "current_price is missing"),
        ({"current_price": ""}, "current_price is missing"),
        ({"current_price": "NaN"}, "current_price is not a finite number"),
        ({"current_price": "about 3"}, "current_price is not a number"),
        ({"current_price": "1,234.5"}, "current_price is not a number"),
        ({"current_price": True}, "current_price is not a number"),
        ({"current_price": 1e300}, "current_price is absurdly large"),
        ({"last_updated": None}, "as-of is missing"),
        ({"last_updated": "2026-06-25T20:17:31"}, "as-of has no time zone"),
        ({"last_updated": "yesterday"}, "as-of is not a date and time"),
        ({"id": None}, "id is missing"),
    ],
)
def test_one_bad_coin_is_rejected_with_its_reason_and_costs_no_other(change, reason):
    batch = coins(COIN | change, COIN | {"id": "ethereum"})

    assert [tick.symbol for tick in batch.ticks] == ["ethereum"]
    assert [row.reason for row in batch.rejected] == [reason]
    assert "2026" in batch.rejected[0].raw or "bitcoin" in batch.rejected[0].raw


def test_real_answers_of_coingecko_are_read_whole(shared_data):
    for file in (shared_data / "markets" / "coingecko").iterdir():
        batch = PROVIDERS["coingecko"](file.read_bytes(), {})
        given = json.loads(file.read_bytes(), parse_float=D)

        assert not batch.rejected
        for tick, coin in zip(batch.ticks, given, strict=True):
            assert tick.value == coin["current_price"]
            change = (tick.value - tick.previous) / tick.previous * 100
            # Its percentages are taken from figures finer than those it sends.
            assert abs(change - coin["price_change_percentage_24h"]) < D("0.02")


# European Central Bank


def test_euro_rates_are_measured_against_the_fixing_before():
    ticks = fixings(FIXINGS, "EUR/USD").ticks

    assert [(t.value, t.previous) for t in ticks] == [
        (D("1.14"), None),
        (D("1.1342"), D("1.14")),
    ]
    assert ticks[-1].as_of == datetime(2026, 6, 25, 12, 10, tzinfo=UTC)
    assert ticks[-1].basis == "ECB reference rate"


def test_other_pairs_are_computed_and_say_so():
    tick = fixings(FIXINGS, "USD/JPY").ticks[-1]

    assert tick.value == D("161.849762")
    assert tick.basis == "computed from the ECB reference rates of USD and JPY"


def test_a_fixing_that_was_missed_leaves_the_change_unknown():
    batch = fixings(FIXINGS, "GBP/USD")

    assert [(t.value, t.previous) for t in batch.ticks] == [(D("1.316006"), None)]
    assert batch.rejected[0].raw == "2026-06-24 GBP=N/A"


def test_a_pair_the_bank_does_not_fix_is_rejected_and_the_others_are_read():
    batch = fixings(FIXINGS, "EUR/USD", "EUR/RUB")

    assert {t.symbol for t in batch.ticks} == {"EUR/USD"}
    assert "no rate for EUR/RUB" in batch.rejected[-1].reason


def test_the_real_ninety_days_give_every_day_and_the_daily_file_no_change(shared_data):
    folder = "central-banks-and-fx"
    history = fixings(
        read(shared_data, f"{folder}/EuropeanCentralBank__historical-90d.xml"),
        "USD/CNY",
    )
    (today,) = fixings(
        read(shared_data, f"{folder}/EuropeanCentralBank__success.xml"), "EUR/USD"
    ).ticks

    assert len(history.ticks) > 60
    assert history.ticks[-1].value == (D("7.7172") / D("1.0982")).quantize(D("1e-6"))
    assert (today.value, today.previous) == (D("1.1831"), None)


def test_entities_in_xml_are_not_expanded():
    bomb = b"""<!DOCTYPE x [<!ENTITY a "9"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
    <!ENTITY c SYSTEM "file:///etc/passwd">]>""" + FIXINGS[39:].replace(
        b'<Cube time="2026-06-24">', b'<Cube time="2026-06-24">&b;&c;'
    )

    assert fixings(bomb, "EUR/USD").ticks[-1].value == D("1.1342")


# Tables


def test_a_table_is_read_by_its_mapping():
    batch = table(
        {"d": {"rows": [{"s": "SPY", "p": 734.56, "pc": 733.53, "t": 1782418500}]}},
        rows="d.rows",
        columns={"symbol": "s", "value": "p", "previous": "pc", "as_of": "t"},
        as_of="epoch",
        currency="USD",
    )

    (tick,) = batch.ticks
    assert (tick.symbol, tick.value, tick.previous) == ("SPY", D("734.56"), D("733.53"))
    assert tick.as_of == datetime(2026, 6, 25, 20, 15, tzinfo=UTC)
    assert tick.currency == "USD"


def test_a_csv_table_is_read_with_its_byte_order_mark():
    batch = table(
        "\ufeffsymbol,value,previous,as_of,currency\n"
        "SPY,734.56,,2026-06-25T20:00:00Z,USD\n"
        "QQQ,,717,2026-06-25T20:00:00Z,USD\n".encode()
    )

    assert [(t.symbol, t.value, t.previous) for t in batch.ticks] == [
        ("SPY", D("734.56"), None)
    ]
    assert [(r.symbol, r.reason) for r in batch.rejected] == [
        ("QQQ", "value is missing")
    ]


def test_a_previous_close_of_zero_is_an_unknown_one():
    (tick,) = table(
        [{"symbol": "A", "value": "1", "previous": "0", "as_of": "2026-06-25T20:00Z"}]
    ).ticks

    assert tick.previous is None


def test_a_real_daily_series_ends_in_the_newest_close(shared_data):
    batch = table(
        read(shared_data, "stooq/daily.csv"),
        symbol="SPY",
        columns={"value": "Close", "as_of": "Date"},
        as_of="date",
        close="16:00",
        timezone="America/New_York",
        series=True,
    )

    newest = batch.ticks[-1]
    assert (newest.value, newest.previous) == (D("233.95"), D("230.85"))
    assert newest.as_of == datetime(2026, 10, 2, 20, tzinfo=UTC)


def test_a_real_single_quote_is_a_table_of_one_row(shared_data):
    (tick,) = table(
        read(shared_data, "finnhub/quote.json"),
        symbol="SPY",
        columns={"value": "c", "previous": "pc", "as_of": "t"},
        as_of="epoch",
    ).ticks

    assert (tick.value, tick.previous) == (D("182.4"), D("178.66"))


def test_a_real_list_of_quotes_deep_in_an_answer_is_found(shared_data):
    recorded = json.loads(read(shared_data, "yahoo/quote-AAPL-BABA.json"))
    batch = table(
        recorded["response"]["bodyJson"],
        rows="quoteResponse.result",
        columns={
            "value": "regularMarketPrice",
            "previous": "regularMarketPreviousClose",
            "as_of": "regularMarketTime",
        },
        as_of="epoch",
    )

    assert [(t.symbol, t.currency) for t in batch.ticks] == [
        ("AAPL", "USD"),
        ("BABA", "USD"),
    ]
    assert (batch.ticks[0].value, batch.ticks[0].previous) == (D("244.6"), D("241.53"))


# Whole answers that are none


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Exceeded the daily hits limit",
        b"<!doctype html><title>Sorry</title>",
        b'{"error": {"code": 105, "type": "base_currency_access_restricted"}}',
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"{" + b"9" * 5000,
    ],
)
def test_an_answer_that_is_none_is_refused_whole_and_nothing_is_read(provider, raw):
    if provider == "coingecko" and raw == b"[]":
        assert PROVIDERS[provider](raw, {}).ticks == ()
        return
    with pytest.raises(ParseError):
        PROVIDERS[provider](raw, {})


def test_what_the_vendor_said_is_quoted():
    with pytest.raises(ParseError, match="Exceeded the daily hits limit"):
        table(b"Exceeded the daily hits limit")
    said = {"error_code": 429, "error_message": "You've exceeded the Rate Limit"}
    raw = json.dumps({"status": said}).encode()
    with pytest.raises(ParseError, match="429 You've exceeded the Rate Limit"):
        PROVIDERS["coingecko"](raw, {})


def test_every_captured_error_of_other_services_is_refused_and_quoted(shared_data):
    folder = shared_data / "markets" / "central-banks-and-fx"
    errors = [f for f in folder.iterdir() if "error" in f.name or "no_rates" in f.name]
    assert len(errors) > 5
    for file in errors:
        with pytest.raises(ParseError):
            PROVIDERS["table"](file.read_bytes(), {"rows": "rates"})
        with pytest.raises(ParseError):
            PROVIDERS["ecb"](file.read_bytes(), {})


@pytest.mark.parametrize("provider", PROVIDERS)
@given(raw=st.binary(max_size=300))
def test_no_bytes_whatever_do_more_than_refuse(provider, raw):
    try:
        PROVIDERS[provider](raw, {})
    except ParseError:
        return


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["symbol", "value", "as_of", "id"]), inner)
    ),
    max_leaves=12,
)


@given(data=st.lists(anything, min_size=1, max_size=5))
def test_no_json_whatever_does_more_than_reject(data):
    raw = json.dumps(data).encode()
    for provider in ("coingecko", "table"):
        for kind in ("iso", "epoch", "date"):
            batch = PROVIDERS[provider](raw, {"as_of": kind})
            assert len(batch.ticks) + len(batch.rejected) == len(data)


@given(given_value=anything)
def test_a_price_is_an_exact_finite_number_or_unusable(given_value):
    try:
        found = price(given_value)
    except Unusable:
        return
    assert found.is_finite()
    assert reference(given_value) == (found or None)


@given(value=st.decimals("-1e9", "1e9", places=8))
def test_no_price_is_rounded_on_the_way_in(value):
    raw = f'[{{"symbol": "A", "value": {value}, "as_of": "2026-06-25T20:00:00Z"}}]'

    assert table(raw.encode()).ticks[0].value == value


# The list of providers


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Feed, Instrument])
def test_a_new_provider_can_be_chosen_at_once_and_needs_no_migration(
    model, monkeypatch
):
    field = model._meta.get_field("provider")
    with pytest.raises(ValidationError, match="not a valid choice"):
        field.clean("quotebox", None)

    monkeypatch.setitem(PROVIDERS, "quotebox", generic_table.parse)

    assert field.clean("quotebox", None) == "quotebox"
    assert ("quotebox", "quotebox") in field.formfield().choices
    call_command("makemigrations", "markets", check_changes=True, dry_run=True)
