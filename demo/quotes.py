"""The market servers' documents: CoinGecko's JSON, the ECB's XML and a CSV table."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import cache

from demo import paper
from demo.formats import Document
from demo.numbers import (
    Closing,
    Walk,
    fixed,
    fixings,
    last_trade,
    previous_close,
    weekdays,
)

DELAY = timedelta(minutes=15)  # of the exchange table, as free prices have
TICK = 5  # seconds; between two ticks a document's bytes stay the same
NINETY_DAYS = 62  # working days in the ECB's 90-day document


@cache
def walks(table: str) -> tuple[Walk, ...]:
    """The walks of one provider, in the order of content/instruments.toml."""
    return tuple(Walk(**row) for row in paper.table("instruments")[table])


def coins(now: datetime) -> Document:
    """`/api/v3/coins/markets`: around the clock, with the change of 24 hours."""
    now = _ticked(now)
    rows = []
    for walk in walks("coin"):
        value, before = walk.at(now), walk.at(now - timedelta(days=1))
        rows.append(
            {
                "id": walk.symbol,
                "symbol": walk.symbol[:4],
                "name": walk.symbol.replace("-", " ").title(),
                "current_price": float(value),
                "price_change_24h": float(value - before),
                "price_change_percentage_24h": round(
                    float((value / before - 1) * 100), 5
                ),
                "last_updated": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            }
        )
    return "application/json", json.dumps(rows).encode()


def reference_rates(now: datetime) -> Document:
    """`eurofxref-hist-90d.xml`: the fixings of 90 days, newest first."""
    days = "".join(_day(day) for day in fixings(now, NINETY_DAYS))
    return (
        "text/xml; charset=utf-8",
        f"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" \
xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>
  <Cube>{days}
  </Cube>
</gesmes:Envelope>
""".encode(),
    )


def _day(day: date) -> str:
    rates = "".join(
        f'<Cube currency="{walk.symbol}" rate="{fixed(walk, day)}"/>'
        for walk in walks("rate")
    )
    return f'\n    <Cube time="{day}">{rates}</Cube>'


def table(now: datetime, closing: Closing = weekdays) -> Document:
    """`/table.csv`: indices and funds of New York, 15 minutes late, still at night."""
    traded = last_trade(_ticked(now - DELAY), closing)
    before = previous_close(traded, closing)
    lines = ["symbol,value,previous,as_of,currency"]
    for walk in walks("share"):
        value, previous = walk.at(traded), walk.at(before)
        lines.append(f"{walk.symbol},{value},{previous},{_iso(traded)},USD")
    return "text/csv; charset=utf-8", ("\r\n".join(lines) + "\r\n").encode()


def _ticked(now: datetime) -> datetime:
    """The last full tick before `now`."""
    seconds = int(now.timestamp()) // TICK * TICK
    return datetime.fromtimestamp(seconds, UTC)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
