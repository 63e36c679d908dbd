"""The ticker of prices: read in one query, without a template; also for the live stream."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from markets import ticker_html as chip_writer
from markets.models import Instrument

FIELDS = (
    "symbol",
    "label",
    "name",
    "kind",
    "tracks",
    "quote__stale_at",
    "quote__settles_at",
    "quote__chip_fresh",
    "quote__chip_closed",
    "quote__chip_stale",
)


def strip_html(now: datetime) -> SafeString:
    """Return the whole strip, with what is stale at `now` marked. One query."""
    return _section(row.html for row in _rows(now))


def chips(now: datetime) -> dict[str, str]:
    """Every chip by symbol, as the live stream sends them. One query."""
    return {row.symbol: row.html for row in _rows(now)}


@dataclass(frozen=True, slots=True)
class _Row:
    symbol: str
    html: str


def _rows(now: datetime) -> list[_Row]:
    rows = Instrument.objects.on_strip().in_order().values_list(*FIELDS)
    return [_row(now, *row) for row in rows]


def _row(
    now: datetime,
    symbol: str,
    label: str,
    name: str,
    kind: str,
    tracks: str,
    stale_at: datetime | None,
    settles_at: datetime | None,
    fresh: str,
    closed: str,
    stale: str,
) -> _Row:
    if stale_at is None:
        unpriced = Instrument(
            symbol=symbol, label=label, name=name, kind=kind, tracks=tracks
        )
        return _Row(symbol, chip_writer.blank(unpriced))
    if stale_at <= now:
        return _Row(symbol, stale)
    if settles_at and settles_at <= now:
        return _Row(symbol, closed)
    return _Row(symbol, fresh)


def _section(items: Iterable[str]) -> SafeString:
    # The chips were escaped when they were written.
    return format_html(
        '<section class="markets-strip" aria-label="Markets"><market-strip>'
        '<ul class="quotes" tabindex="0">{}</ul></market-strip></section>',
        mark_safe("\n".join(items)),  # noqa: S308
    )
