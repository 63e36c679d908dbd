"""What the markets' pages show of an instrument, in words and figures."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from django.utils.safestring import SafeString

from markets import number_format, ticker_html
from markets.models import Delay, Group, Instrument, Quote, QuoteTick
from markets.number_format import ARROWS, UNKNOWN, Direction
from markets.sparkline import Point, sparkline

POINTS = 500  # of the past, for one drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One instrument on a page; "–" wherever nothing is known."""

    instrument: Instrument
    value: str
    exact: str  # the same for machines; empty if unknown
    change: str
    percent: str
    direction: str
    arrow: str
    moved: str  # the direction in words
    state: str  # fresh, closed, stale, none
    note: str
    as_of: datetime | None
    source: str
    delay: str
    against: str
    basis: str


@dataclass(frozen=True, slots=True)
class Part:
    """One group of the table."""

    name: str
    slug: str
    rows: list[Row]


def parts(now: datetime) -> list[Part]:
    """The table of all active instruments, by group. One query."""
    found = Instrument.objects.active().in_order().select_related("quote", "exchange")
    places = {value: place for place, value in enumerate(Group.values)}
    rows = sorted(found, key=lambda instrument: places[instrument.group])
    return [
        Part(Group(key).label, key, [row(instrument, now) for instrument in some])
        for key, some in groupby(rows, key=lambda instrument: instrument.group)
    ]


def row(instrument: Instrument, now: datetime) -> Row:
    """One instrument. Needs `quote` and `exchange` loaded.

    A price that cannot be put into figures costs its own row, which says so.
    """
    quote: Quote | None = getattr(instrument, "quote", None)
    if quote is None:
        return _unpriced(instrument, "no price yet")
    try:
        return _priced(instrument, quote, now)
    except ArithmeticError:
        return _unpriced(instrument, "its price cannot be shown")


def _priced(instrument: Instrument, quote: Quote, now: datetime) -> Row:
    moved = quote.movement
    state = quote.state(now)
    return Row(
        instrument=instrument,
        value=instrument.price_text(quote.value),
        exact=f"{quote.value.normalize() + 0:f}",
        change=number_format.signed(moved.change, instrument.decimals),
        percent=number_format.percent(moved.percent),
        direction=moved.direction,
        arrow=ARROWS[moved.direction],
        moved=ticker_html.words(moved.direction),
        state=state,
        note=_note(instrument, quote, state),
        as_of=quote.as_of,
        source=quote.provider,
        delay=_delay(quote),
        against=quote.against,
        basis=quote.basis,
    )


def course(instrument: Instrument, quote: Quote) -> SafeString:
    """The instrument's past as a drawing. One query."""
    past = QuoteTick.objects.filter(instrument=instrument).newest_first()[:POINTS]
    points = [Point(tick.as_of, tick.value) for tick in reversed(past)]
    if not points:
        return SafeString("")
    first, last = points[0], points[-1]
    low, high = (pick(point.value for point in points) for pick in (min, max))
    label = (
        f"{instrument.label}: {_told(instrument, first)} to {_told(instrument, last)}; "
        f"lowest {instrument.price_text(low)}, highest {instrument.price_text(high)}"
    )
    return sparkline(points, label=label, previous=quote.previous)


def _told(instrument: Instrument, point: Point) -> str:
    at = point.at.astimezone(UTC)
    return f"{instrument.price_text(point.value)} on {at.day} {at:%B %Y}"


def _note(instrument: Instrument, quote: Quote, state: str) -> str:
    as_of = quote.as_of.astimezone(UTC)
    if state == "stale":
        return ticker_html.stale_note(as_of)
    if state == "closed":
        return ticker_html.closed_note(
            instrument, as_of, outside_hours=quote.outside_hours
        )
    return ticker_html.fresh_note(instrument, as_of, quote.delay, quote.delay_minutes)


def _delay(quote: Quote) -> str:
    if quote.delay == Delay.DELAYED:
        return f"{quote.delay_minutes} min"
    return quote.get_delay_display().lower()


def _unpriced(instrument: Instrument, why: str) -> Row:
    return Row(
        instrument=instrument,
        value=UNKNOWN,
        exact="",
        change=UNKNOWN,
        percent=UNKNOWN,
        direction=Direction.UNKNOWN,
        arrow="",
        moved=why,
        state="none",
        note=why,
        as_of=None,
        source=UNKNOWN,
        delay=UNKNOWN,
        against="",
        basis="",
    )
