"""How a price reads: signed, with an arrow, in its unit; unknown is "–", never 0.00.

Pure functions on `Decimal`. What has a sign also has a word, so that nobody needs the
colour.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

UNKNOWN = "–"
MINUS = "\u2212"  # the typographic minus: as wide as "+", so columns line up

# A word beats a sign nobody recognises: only these are printed as signs.
CURRENCY_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


class Direction(StrEnum):
    """Which way a price went against its reference."""

    UP = "up"
    DOWN = "down"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"


ARROWS = {
    Direction.UP: "▲",
    Direction.DOWN: "▼",
    Direction.UNCHANGED: "=",
    Direction.UNKNOWN: "",
}


@dataclass(frozen=True, slots=True)
class Movement:
    """The way from a reference price to the present one."""

    change: Decimal | None  # in the instrument's unit; None where nothing is known
    percent: Decimal | None  # Decimal("2.5") is up two and a half percent
    direction: Direction


def movement(value: Decimal, previous: Decimal | None) -> Movement:
    """Compare `value` with `previous`.

    Without a previous price nothing is known. The percentage of a base that is zero or
    below has no meaning and is None, while the change itself is still told.
    """
    if previous is None:
        return Movement(None, None, Direction.UNKNOWN)
    change = value - previous
    percent = change / previous * 100 if previous > 0 else None
    if change == 0:
        return Movement(change, percent, Direction.UNCHANGED)
    return Movement(change, percent, Direction.UP if change > 0 else Direction.DOWN)


def plain(value: Decimal, decimals: int) -> str:
    """Return `value` with thousands separators and a real minus: "25,359.00"."""
    text = f"{rounded(abs(value), decimals):,f}"
    return MINUS + text if value < 0 else text


def signed(change: Decimal | None, decimals: int) -> str:
    """Return `change` with its sign: "+1.03", "−0.14", "0.00" or "–".

    A movement too small to show keeps its sign ("+<0.01"): it is not "no change".
    """
    if change is None:
        return UNKNOWN
    size = rounded(abs(change), decimals)
    if change == 0:
        return f"{size:,f}"
    sign = "+" if change > 0 else MINUS
    if size == 0:
        return f"{sign}<{Decimal(1).scaleb(-decimals):f}"
    return f"{sign}{size:,f}"


def percent(share: Decimal | None) -> str:
    """Return a signed percentage to two places: "+0.14%" or "–"."""
    return UNKNOWN if share is None else f"{signed(share, 2)}%"


def amount(value: Decimal, *, decimals: int, currency: str = "") -> str:
    """Return a price with its currency: "$734.56", "734.56 CNY"; bare without one."""
    text = plain(value, decimals)
    if not currency:
        return text
    sign = CURRENCY_SIGNS.get(currency)
    if sign is None:
        return f"{text} {currency}"
    return f"{MINUS}{sign}{text[1:]}" if value < 0 else f"{sign}{text}"


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Round half away from zero, as price tables do."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
