"""Judging stored prices: how long each may stand, and the HTML that says so.

Done when a price is stored, and again when a name or an exchange's hours changed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from foundation.notifications import MARKETS, PushKind, instrument_tag, purge
from foundation.stored_html import Kind
from markets import ticker_html
from markets.freshness import judge
from markets.models import Instrument, Quote, Session
from markets.models.exchange import AHEAD, BACK
from markets.ticker_html import chips
from markets.trading_hours import Stretch

WRITTEN = (
    "settles_at",
    "outside_hours",
    "stale_at",
    "chip_fresh",
    "chip_closed",
    "chip_stale",
    "rendered_with",
)


@transaction.atomic
def redraw(instruments: QuerySet[Instrument]) -> int:
    """Judge the prices of these instruments again; return how many there are."""
    quotes = Quote.objects.filter(instrument__in=instruments)
    rendered = _render(quotes.select_for_update(of=["self"]))
    announce(list(instruments.values_list("symbol", flat=True)))
    return len(rendered)


def render_chips(quotes: QuerySet[Quote]) -> int:
    """Render the chips of these prices again; return of how many.

    Those that somebody is writing at this moment are passed over: their writer renders
    them. Call it inside a transaction.
    """
    rendered = _render(quotes.select_for_update(of=["self"], skip_locked=True))
    announce([quote.instrument.symbol for quote in rendered])
    return len(rendered)


def _render(locked: QuerySet[Quote]) -> list[Quote]:
    """Judge and store quotes under their lock, taken in the order `refresh` takes it."""
    quotes = list(locked.select_related("instrument__exchange").order_by("pk"))
    judge_quotes(quotes)
    Quote.objects.bulk_update(quotes, WRITTEN)
    return quotes


CHIPS = Kind(
    name="price chips",
    rows=Quote.objects.all,
    stamp=ticker_html.stamp,
    render=render_chips,
)


def judge_quotes(quotes: Sequence[Quote]) -> None:
    """Set freshness and chips of quotes in hand; nothing is saved. At most one query.

    Each must have its instrument and that one's exchange loaded.
    """
    trading = _trading(quotes)
    for quote in quotes:
        instrument = quote.instrument
        freshness = judge(
            delay=quote.delay,
            delay_minutes=quote.delay_minutes,
            as_of=quote.as_of,
            stretches=(
                trading.get(instrument.exchange_id, [])
                if instrument.exchange_id
                else None
            ),
        )
        written = chips(
            instrument,
            value=quote.value,
            previous=quote.previous,
            against=quote.against,
            as_of=quote.as_of,
            delay=quote.delay,
            delay_minutes=quote.delay_minutes,
            freshness=freshness,
        )
        quote.settles_at = freshness.settles_at
        quote.outside_hours = freshness.outside_hours
        quote.stale_at = freshness.stale_at
        quote.chip_fresh = written.fresh
        quote.chip_closed = written.closed
        quote.chip_stale = written.stale
        quote.rendered_with = ticker_html.stamp()


def announce(symbols: Sequence[str]) -> None:
    """Tell the edge which pages, and the live stream that, prices changed.

    Call it inside the transaction of the change.
    """
    if not symbols:
        return
    purge(
        MARKETS,
        *(instrument_tag(symbol) for symbol in symbols),
        also_push=PushKind.QUOTES,
    )


def _trading(quotes: Iterable[Quote]) -> dict[int, list[Stretch]]:
    """The spans of trading around these prices, by exchange."""
    moments: dict[int, list[datetime]] = {}
    for quote in quotes:
        if quote.instrument.exchange_id:
            moments.setdefault(quote.instrument.exchange_id, []).append(quote.as_of)
    if not moments:
        return {}
    every = [moment for found in moments.values() for moment in found]
    return Session.objects.filter(
        exchange__in=moments,
        date__gte=(min(every) - BACK).date(),
        date__lte=(max(every) + AHEAD).date(),
    ).trading_by_exchange()
