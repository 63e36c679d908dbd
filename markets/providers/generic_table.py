"""Any table of prices, CSV or JSON, with the mapping in the feed's options.

Options:
  rows        where the list is in JSON, keys joined by dots ("quoteResponse.result");
              empty for the top. A single object is a table of one row.
  columns     {"value": "regularMarketPrice", …} for symbol, value, previous, as_of,
              currency; each is its own name if not mapped.
  symbol      the symbol of every row, for answers that do not repeat it
  currency    the currency of every row, likewise
  series      true if the rows are the days of one symbol, oldest first: the row before
              is then the previous close
  as_of       "iso" (default), "epoch" seconds, "epoch_ms", or "date"
  close       for "date": hour of the close at the exchange, "16:00"
  timezone    zone of "iso" without an offset, and of "date"; default UTC
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markets.providers.base import (
    Batch,
    Options,
    ParseError,
    Rejected,
    Tick,
    Unusable,
    beginning,
    load_json,
    price,
    reference,
    show,
    vendor_error,
)

COLUMNS = ("symbol", "value", "previous", "as_of", "currency")
MOST_ROWS = 20_000


def parse(raw: bytes, options: Options) -> Batch:
    """Read a table. Raises `ParseError` if it is none or lacks a column it needs."""
    json_like = raw.lstrip()[:1] in (b"{", b"[")
    rows = _json_rows(raw, options) if json_like else _csv_rows(raw, options)
    if not rows:
        raise ParseError("the table has no rows")
    if len(rows) > MOST_ROWS:
        raise ParseError(f"the table has {len(rows)} rows; the limit is {MOST_ROWS}")
    ticks: list[Tick] = []
    rejected: list[Rejected] = []
    for row in rows:
        try:
            ticks.append(_tick(row, options))
        except Unusable as error:
            symbol = _cell(row, "symbol", options) if isinstance(row, Mapping) else ""
            rejected.append(
                Rejected(symbol=str(symbol or ""), reason=str(error), raw=show(row))
            )
    if options.get("series"):
        ticks = _chained(ticks)
    return Batch(tuple(ticks), tuple(rejected))


def _json_rows(raw: bytes, options: Options) -> list[object]:
    data = load_json(raw)
    path = str(options.get("rows", ""))
    found = data
    for key in filter(None, path.split(".")):
        if not isinstance(found, Mapping) or key not in found:
            said = vendor_error(data) if isinstance(data, Mapping) else ""
            raise ParseError(
                f"the provider says: {said}" if said else f"no {path!r} in the answer"
            )
        found = found[key]
    if isinstance(found, list):
        return found
    if not isinstance(found, Mapping):
        raise ParseError(f"no table in it: it begins {beginning(raw)!r}")
    if _column("value", options) not in found:
        said = vendor_error(found) or f"it begins {beginning(raw)!r}"
        raise ParseError(f"no prices in the answer: {said}")
    return [found]


def _csv_rows(raw: bytes, options: Options) -> list[object]:
    try:
        text = raw.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        headings = reader.fieldnames or []
        if _column("value", options) not in headings:
            raise ParseError(
                f"no column {_column('value', options)!r}: it begins {beginning(raw)!r}"
            )
        return list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ParseError(f"not CSV: it begins {beginning(raw)!r}") from error


def _tick(row: object, options: Options) -> Tick:
    if not isinstance(row, Mapping):
        raise Unusable("not an object")
    symbol = _cell(row, "symbol", options)
    if not isinstance(symbol, str) or not symbol:
        raise Unusable("symbol is missing")
    currency = _cell(row, "currency", options)
    return Tick(
        symbol=symbol,
        value=price(_cell(row, "value", options)),
        previous=reference(_cell(row, "previous", options)),
        as_of=_instant(_cell(row, "as_of", options), options),
        currency=currency if isinstance(currency, str) else "",
        raw=show(row),
    )


def _chained(ticks: list[Tick]) -> list[Tick]:
    """Give each day of a series the close of the day before as its reference."""
    ticks = sorted(ticks, key=lambda tick: tick.as_of)
    befores = [None, *(tick.value for tick in ticks)]
    return [
        replace(tick, previous=before or None)
        for tick, before in zip(ticks, befores, strict=False)
    ]


def _cell(row: Mapping[str, object], name: str, options: Options) -> object:
    if name in ("symbol", "currency") and options.get(name):
        return options[name]
    return row.get(_column(name, options))


def _column(name: str, options: Options) -> str:
    columns = options.get("columns")
    return str(columns.get(name, name)) if isinstance(columns, Mapping) else name


def _instant(given: object, options: Options) -> datetime:
    if given is None or given == "":
        raise Unusable("as-of is missing")
    kind = options.get("as_of", "iso")
    try:
        if kind in ("epoch", "epoch_ms"):
            seconds = Decimal(str(given)) / (1000 if kind == "epoch_ms" else 1)
            return datetime.fromtimestamp(float(seconds), UTC)
        zone = ZoneInfo(str(options.get("timezone", "UTC")))
        if kind == "date":
            close = time.fromisoformat(str(options.get("close", "00:00")))
            at = datetime.combine(date.fromisoformat(str(given)), close)
        else:
            at = datetime.fromisoformat(str(given))
        at = at if at.tzinfo else at.replace(tzinfo=zone)
        return at.astimezone(UTC)
    except ZoneInfoNotFoundError as error:
        raise ParseError(f"unknown time zone {options.get('timezone')!r}") from error
    except (ArithmeticError, ValueError, OverflowError, OSError) as error:
        raise Unusable("as-of is not a date and time") from error
