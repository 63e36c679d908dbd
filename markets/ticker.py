"""The markets strip: read in one query, without a template.

Also what the live stream sends, and when time alone will change the strip next.
"""

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


@dataclass(frozen=True, slots=True)
class Strip:
    """The strip at one instant."""

    html: SafeString
    changes_at: datetime | None  # when time alone makes it wrong; None: it does not


def strip_html(now: datetime) -> SafeString:
    """The whole strip, stale marks right at `now`. One query."""
    return read(now).html


def read(now: datetime) -> Strip:
    """The whole strip and how long it may be kept. One query."""
    rows = _rows(now)
    boundaries = [row.changes_at for row in rows if row.changes_at]
    return Strip(_section(row.html for row in rows), min(boundaries, default=None))


def chips(now: datetime) -> dict[str, str]:
    """Every chip by symbol, as the live stream sends them. One query."""
    return {row.symbol: row.html for row in _rows(now)}


def changed_since(since: datetime, now: datetime) -> dict[str, str]:
    """The chips that look different at `now` than at `since`. One query.

    That is what was priced after `since`, and what became the close or stale.
    """
    rows = Instrument.objects.on_strip().in_order()
    received = rows.filter(quote__received_at__gt=since)
    settled = rows.filter(quote__settles_at__gt=since, quote__settles_at__lte=now)
    staled = rows.filter(quote__stale_at__gt=since, quote__stale_at__lte=now)
    changed = (received | settled | staled).values_list(*FIELDS)
    return {row[0]: _row(now, *row).html for row in changed}


@dataclass(frozen=True, slots=True)
class _Row:
    symbol: str
    html: str
    changes_at: datetime | None


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
        return _Row(symbol, chip_writer.blank(unpriced), None)
    if stale_at <= now:
        return _Row(symbol, stale, None)
    if settles_at and settles_at <= now:
        return _Row(symbol, closed, stale_at)
    return _Row(symbol, fresh, min(settles_at or stale_at, stale_at))


def _section(items: Iterable[str]) -> SafeString:
    # The chips were escaped when they were written.
    return format_html(
        '<section class="markets-strip" aria-label="Markets"><market-strip>'
        '<ul class="quotes" tabindex="0">{}</ul></market-strip></section>',
        mark_safe("\n".join(items)),  # noqa: S308
    )
