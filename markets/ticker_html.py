"""The ticker's pieces: one `<li>` for each instrument, rendered when its price is stored.

Time alone makes three things of a stored price: fresh, read as the close, stale. All
three are written at once, so the front page only picks.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation import stored_html, zones
from markets import freshness as freshness_rules
from markets import number_format, trading_hours
from markets.freshness import Freshness
from markets.models import Delay, Instrument
from markets.models import instrument as instrument_model
from markets.number_format import ARROWS, Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Chips:
    """The HTML of one quote, by what time makes of it."""

    fresh: str
    closed: str
    stale: str


@cache
def stamp() -> str:
    """Return what chips are rendered with now, for `Quote.rendered_with`."""
    return stored_html.stamp(
        modules=[
            *(__name__, number_format, freshness_rules, trading_hours),
            *(instrument_model, zones),
        ],
        values=[reverse("markets:instrument", args=["X"])],
    )


def chips(
    instrument: Instrument,
    *,
    value: Decimal,
    previous: Decimal | None,
    against: str,
    as_of: datetime,
    delay: str,
    delay_minutes: int,
    freshness: Freshness,
) -> Chips:
    """Write the three chips of a quote. Needs `instrument.exchange` loaded."""
    price = price_html(instrument, value, previous, against)
    moment = as_of.astimezone(UTC)
    fresh = fresh_note(instrument, moment, delay, delay_minutes)
    closed = closed_note(instrument, moment, outside_hours=freshness.outside_hours)
    return Chips(
        fresh=_chip(instrument, "fresh", price, _note(moment, fresh)),
        closed=_chip(instrument, "closed", price, _note(moment, closed)),
        stale=_chip(instrument, "stale", price, _note(moment, stale_note(moment))),
    )


def blank(instrument: Instrument) -> SafeString:
    """The chip of an instrument that has no price yet."""
    price = format_html(
        '<span class="quote-value" data-direction="unknown">'
        '<span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">no price yet</span></span>',
        number_format.UNKNOWN,
    )
    return _chip(instrument, "none", price, SafeString(""))


def price_html(
    instrument: Instrument, value: Decimal, previous: Decimal | None, against: str
) -> SafeString:
    """Value and signed change, with a word beside each sign."""
    moved = number_format.movement(value, previous)
    return format_html(
        '<data class="quote-value" value="{}">{}</data> '
        '<span class="visually-hidden">{}, </span>'
        '<span class="quote-change" data-direction="{}">'
        '<span class="quote-arrow" aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{} </span>'
        '<span class="quote-percent" title="{}">{}</span></span>',
        f"{value.normalize() + 0:f}",
        instrument.price_text(value),
        instrument.unit,
        moved.direction,
        ARROWS[moved.direction],
        words(moved.direction),
        _change_title(instrument, moved, against),
        number_format.percent(moved.percent),
    )


def words(direction: Direction) -> str:
    """The movement as a screen reader should say it."""
    return "change unknown" if direction is Direction.UNKNOWN else direction.value


def fresh_note(
    instrument: Instrument, as_of: datetime, delay: str, delay_minutes: int
) -> str:
    """What stands beside a price that is as new as it should be."""
    if delay == Delay.FIXING:
        return f"fixing {_day(instrument, as_of)}"
    if delay == Delay.CLOSE:
        return f"close {_day(instrument, as_of)}"
    late = f" · delayed {delay_minutes} min" if delay == Delay.DELAYED else ""
    return f"{as_of:%H:%M} UTC{late}"


def closed_note(instrument: Instrument, as_of: datetime, *, outside_hours: bool) -> str:
    """What stands beside the last price of a session."""
    if outside_hours:
        return f"outside hours, {as_of.day} {as_of:%b %H:%M} UTC"
    return f"close {_day(instrument, as_of)}"


def stale_note(as_of: datetime) -> str:
    """What stands beside a price that should have been replaced."""
    return f"stale, from {as_of.day} {as_of:%b %H:%M} UTC"


def _change_title(
    instrument: Instrument, moved: number_format.Movement, against: str
) -> str:
    if moved.change is None:
        return f"{against} unknown"
    return (
        f"{number_format.signed(moved.change, instrument.decimals)} against {against}"
    )


def _day(instrument: Instrument, as_of: datetime) -> str:
    """The day at the exchange, which need not be the day in UTC."""
    zone = instrument.exchange.timezone if instrument.exchange else "UTC"
    local = as_of.astimezone(zones.find(zone) or UTC)
    return f"{local.day} {local:%b}"


def _note(as_of: datetime, text: str) -> SafeString:
    return format_html(
        ' <small class="quote-note"><time datetime="{}">{}</time></small>',
        as_of.isoformat(timespec="seconds"),
        text,
    )


def _chip(
    instrument: Instrument, state: str, price: SafeString, note: SafeString
) -> SafeString:
    proxy = SafeString("")
    if instrument.is_proxy:
        proxy = format_html(
            ' <span class="quote-proxy">tracks {}</span>', instrument.tracks
        )
    return format_html(
        '<li class="quote" data-symbol="{}" data-kind="{}" data-state="{}">'
        '<a href="{}"><span class="quote-label" title="{}">{}</span>{} {}{}</a></li>',
        instrument.symbol,
        instrument.kind,
        state,
        reverse("markets:instrument", args=[instrument.symbol]),
        instrument.name,
        instrument.label,
        proxy,
        price,
        note,
    )
