"""How a price reads."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets import number_format
from markets.number_format import Direction, movement

prices = st.decimals("-1e9", "1e9", places=6)


def test_a_missing_previous_close_is_unknown_and_never_no_change():
    moved = movement(D("1.1342"), None)

    assert moved.direction is Direction.UNKNOWN
    assert number_format.percent(moved.percent) == "–"
    assert number_format.signed(moved.change, 4) == "–"


@pytest.mark.parametrize(
    ("value", "previous", "text", "direction"),
    [
        ("734.56", "733.53", "+0.14%", "up"),
        ("733.53", "734.56", "−0.14%", "down"),
        ("41.07", "41.07", "0.00%", "unchanged"),
        ("100.001", "100", "+<0.01%", "up"),
        ("99.999", "100", "−<0.01%", "down"),
        ("3", "1", "+200.00%", "up"),
    ],
)
def test_a_percentage_bears_its_sign(value, previous, text, direction):
    moved = movement(D(value), D(previous))

    assert number_format.percent(moved.percent) == text
    assert moved.direction == direction


@pytest.mark.parametrize("base", ["0", "-37.63"])
def test_a_percentage_of_nothing_or_less_is_undefined_but_the_change_is_told(base):
    moved = movement(D("10.01"), D(base))

    assert moved.percent is None
    assert moved.change == D("10.01") - D(base)
    assert moved.direction is Direction.UP


@pytest.mark.parametrize(
    ("value", "decimals", "currency", "text"),
    [
        ("59485", 0, "USD", "$59,485"),
        ("0.0158", 4, "USD", "$0.0158"),
        ("-37.63", 2, "USD", "−$37.63"),
        ("25359", 2, "", "25,359.00"),
        ("12.345", 2, "CNY", "12.35 CNY"),
        ("12.5", 2, "GBP", "£12.50"),
    ],
)
def test_a_price_names_its_currency(value, decimals, currency, text):
    assert number_format.amount(D(value), decimals=decimals, currency=currency) == text


@given(value=prices, previous=prices)
def test_sign_arrow_and_word_always_agree(value, previous):
    moved = movement(value, previous)
    text = number_format.signed(moved.change, 2)

    expected = {"+": "up", "−": "down"}.get(text[0], "unchanged")
    assert moved.direction == expected
    assert bool(number_format.ARROWS[moved.direction])
    if previous > 0:
        assert (moved.percent > 0) == (value > previous)


@given(value=prices, decimals=st.integers(0, 8))
def test_what_is_shown_is_never_off_by_more_than_half_a_place(value, decimals):
    text = number_format.plain(value, decimals).replace(",", "").replace("−", "-")

    assert abs(D(text) - value) <= D(1).scaleb(-decimals) / 2
