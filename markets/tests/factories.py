"""Small makers of rows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from markets.models import Exchange, Feed, Instrument, Session
from markets.providers import Batch, Tick
from markets.refresh import store

_n = count(1)

# Thursday 25 June 2026, 15:00 in London, 10:00 in New York: its exchange is open.
NOON = datetime(2026, 6, 25, 14, 0, tzinfo=UTC)


def make_exchange(**fields):
    fields = {
        "mic": "XNYS",
        "short_name": "NYSE",
        "name": "New York Stock Exchange",
        "city": "New York",
        "timezone": "America/New_York",
    } | fields
    exchange, _ = Exchange.objects.get_or_create(mic=fields.pop("mic"), defaults=fields)
    return exchange


def make_week(exchange):
    """Sessions from Wednesday 24 June to Monday 29 June 2026."""
    for day in (24, 25, 26, 29):
        Session.objects.get_or_create(
            exchange=exchange,
            date=datetime(2026, 6, day, tzinfo=UTC).date(),
            defaults={
                "opens_at": datetime(2026, 6, day, 13, 30, tzinfo=UTC),
                "closes_at": datetime(2026, 6, day, 20, 0, tzinfo=UTC),
            },
        )
    return exchange


def make_instrument(symbol="SPY", **fields):
    return Instrument.objects.create(
        **{
            "symbol": symbol,
            "label": symbol,
            "name": f"Fund {symbol}",
            "kind": "etf",
            "group": "funds",
            "unit": "US dollars a share",
            "currency": "USD",
            "low": Decimal(100),
            "high": Decimal(3000),
            "provider": "table",
            "provider_symbol": symbol,
            "delay": "delayed",
            "delay_minutes": 15,
        }
        | {"symbol": symbol}
        | fields
    )


def make_feed(**fields):
    n = next(_n)
    return Feed.objects.create(
        **{
            "name": f"Vendor {n}",
            "provider": "table",
            "url": f"https://vendor.example/{n}",
            "interval": timedelta(minutes=5),
            "active": True,
            "due_at": NOON,
        }
        | fields
    )


def make_tick(symbol="SPY", value="734.56", **fields):
    return Tick(
        **{
            "symbol": symbol,
            "value": Decimal(value),
            "previous": Decimal("733.53"),
            "as_of": NOON - timedelta(minutes=15),
            "currency": "USD",
            "raw": f'{{"symbol": "{symbol}"}}',
        }
        | fields
    )


def give(feed, *ticks, now=NOON):
    """Store these ticks as one answer of `feed`."""
    return store(feed, Batch(tuple(ticks)), now=now)
