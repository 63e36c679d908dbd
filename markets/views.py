"""The readers' pages. They touch neither user nor session; the project marks them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from foundation.notifications import MARKETS, Tag, instrument_tag
from markets import exchange_status, markets_table, ticker
from markets.models import Instrument


def index(request: HttpRequest) -> HttpResponse:
    """Every instrument in one table. Two queries."""
    now = timezone.now()
    context = {
        "parts": markets_table.parts(now),
        "exchanges": list(exchange_status.read_all(now).values()),
        "now": now,
        "here": "markets",
    }
    return _public(render(request, "markets/index.html", context), MARKETS)


def instrument(request: HttpRequest, symbol: str) -> HttpResponse:
    """One instrument: what it is, where its price is from, its course. Two queries."""
    now = timezone.now()
    found = Instrument.objects.active().select_related("exchange", "quote__feed")
    shown = found.filter(symbol=symbol.upper()).first()
    if shown is None:
        raise Http404(f"No instrument {symbol}")
    if shown.symbol != symbol:
        return redirect("markets:instrument", shown.symbol, permanent=True)
    row = markets_table.row(shown, now)
    context = {
        "row": row,
        "instrument": shown,
        "quote": getattr(shown, "quote", None),
        "course": markets_table.course(shown, shown.quote) if row.as_of else "",
        "now": now,
        "here": "markets",
    }
    response = render(request, "markets/instrument.html", context)
    return _public(response, instrument_tag(shown.symbol))


def strip_fragment(request: HttpRequest) -> HttpResponse:
    """The strip alone, for pages that poll instead of listening. One query."""
    return _public(HttpResponse(ticker.strip_html(timezone.now())), MARKETS)


def _public(response: HttpResponse, tag: Tag) -> HttpResponse:
    response["Surrogate-Key"] = tag
    return response
