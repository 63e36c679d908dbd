"""Fetching prices and storing those that can be true.

lease → fetch (no transaction open) → parse (pure) → one transaction: quotes,
history, quarantine, the feed's own state, and the word to edge and live stream.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import connection, transaction
from django.db.models import F

from markets.models import Feed, Instrument, Quarantine, Quote, QuoteTick
from markets.providers import PROVIDERS, Batch, ParseError, Rejected, Tick
from markets.rerendering import announce, judge_quotes
from outgoing.errors import FetchError

AHEAD = timedelta(minutes=5)  # how far a provider's clock may run before ours
OLDEST = timedelta(days=3652)
MOST_HISTORY = 400  # past prices taken from one answer, for one instrument


class Answer(Protocol):
    """What of a fetched document is used here."""

    @property
    def body(self) -> bytes: ...
    @property
    def not_modified(self) -> bool: ...
    @property
    def etag(self) -> str: ...
    @property
    def last_modified(self) -> str: ...


class Fetch(Protocol):
    """`markets.http.fetch`, or what a test hands in. Raises `FetchError`."""

    def __call__(
        self, url: str, *, etag: str, last_modified: str, headers: Mapping[str, str]
    ) -> Answer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one answer changed."""

    stored: tuple[str, ...] = ()  # symbols of instruments with a new price
    old: int = 0  # prices not newer than the one we have
    refused: int = 0  # rows put into quarantine
    unchanged: bool = False  # the provider said so
    error: str = ""  # nothing could be read; the feed waits and tries again


def refresh(feed: Feed, *, now: datetime, fetch: Fetch) -> Report:
    """Fetch one feed and store what is new in it.

    A failing provider costs nothing but its own prices: the last good ones stay and
    grow stale. Raises `NotDue` if it is not due or somebody else is at it, and
    `LeaseLost` if this took longer than the lease (nothing is stored then).
    """
    feed = feed.lease(now)
    try:
        answer = ask(feed, fetch)
    except FetchError as error:
        return fail(feed, error, now=now)
    return take(feed, answer, now=now)


def ask(feed: Feed, fetch: Fetch) -> Answer:
    """Fetch one feed; nothing else is touched. Raises `FetchError`."""
    return fetch(
        feed.url,
        etag=feed.etag,
        last_modified=feed.last_modified,
        headers=feed.headers(),
    )


def fail(feed: Feed, error: FetchError | ParseError, *, now: datetime) -> Report:
    """Record that nothing usable came; the feed waits. Raises `LeaseLost`."""
    wait = error.retry_after if isinstance(error, FetchError) else None
    feed.fail(now=now, error=str(error), at_least=wait)
    return Report(error=str(error))


def take(feed: Feed, answer: Answer, *, now: datetime) -> Report:
    """Store what the feed answered. Raises `LeaseLost`; nothing is stored then."""
    again = now + feed.interval
    if answer.not_modified:
        feed.succeed(now=now, due_at=again)
        return Report(unchanged=True)
    try:
        batch = PROVIDERS[feed.provider](answer.body, feed.options)
    except ParseError as error:
        return fail(feed, error, now=now)
    newest = max((tick.as_of for tick in batch.ticks), default=None)
    with transaction.atomic():
        report = store(feed, batch, now=now)
        feed.succeed(
            now=now,
            due_at=again,
            etag=answer.etag,
            last_modified=answer.last_modified,
            newest_as_of=newest or F("newest_as_of"),
        )
    return report


@transaction.atomic
def store(feed: Feed, batch: Batch, *, now: datetime) -> Report:
    """Store an answer's prices: the newest of each symbol, its past, and the refused.

    A price not newer than the stored one changes nothing, in whatever order answers
    come. Symbols no instrument asks for are left out.
    """
    wanted = _wanted(feed)
    series: dict[str, list[Tick]] = defaultdict(list)
    for tick in batch.ticks:
        if tick.symbol in wanted:
            series[tick.symbol].append(tick)
    refused = [
        (wanted.get(row.symbol), row)
        for row in batch.rejected
        if not row.symbol or row.symbol in wanted
    ]
    candidates = []
    for symbol, ticks in series.items():
        instrument, newest = wanted[symbol], max(ticks, key=lambda tick: tick.as_of)
        reason = _objection(instrument, newest, now)
        if reason:
            row = Rejected(symbol=symbol, reason=reason, raw=newest.raw)
            refused.append((instrument, row))
        else:
            candidates.append(_quote(feed, instrument, newest, now))
    stored = _upsert(candidates)
    _remember(series, wanted, now)
    _quarantine(feed, refused, now)
    announce(stored)
    return Report(
        stored=tuple(stored), old=len(candidates) - len(stored), refused=len(refused)
    )


def _wanted(feed: Feed) -> dict[str, Instrument]:
    """The instruments this feed prices, by the provider's symbols."""
    named = feed.symbols()
    ours = {symbol: theirs for theirs, symbol in named.items()}
    found = Instrument.objects.fed_by(feed.provider, named).select_related("exchange")
    return {
        ours.get(instrument.symbol, instrument.provider_symbol): instrument
        for instrument in found
    }


def _objection(instrument: Instrument, tick: Tick, now: datetime) -> str:
    if tick.as_of > now + AHEAD:
        return "made in the future"
    if tick.as_of < now - OLDEST:
        return "made ten years ago or more"
    return instrument.objection(tick.value, currency=tick.currency)


def _quote(feed: Feed, instrument: Instrument, tick: Tick, now: datetime) -> Quote:
    previous = tick.previous
    if previous is not None and instrument.objection(previous, currency=""):
        previous = None  # a reference that cannot be true is an unknown one
    minutes = feed.delay_minutes
    return Quote(
        instrument=instrument,
        value=tick.value,
        previous=previous,
        against=tick.against,
        basis=tick.basis[:120],
        as_of=tick.as_of,
        received_at=now,
        feed=feed,
        provider=feed.name,
        provider_symbol=tick.symbol[:40],
        delay=feed.delay or instrument.delay,
        delay_minutes=instrument.delay_minutes if minutes is None else minutes,
        redistributable=feed.redistributable and instrument.redistributable,
    )


COLUMNS = {  # column: its type in PostgreSQL
    "instrument_id": "bigint",
    "value": "numeric",
    "previous": "numeric",
    "against": "text",
    "basis": "text",
    "as_of": "timestamptz",
    "received_at": "timestamptz",
    "feed_id": "bigint",
    "provider": "text",
    "provider_symbol": "text",
    "delay": "text",
    "delay_minutes": "smallint",
    "redistributable": "bool",
    "settles_at": "timestamptz",
    "outside_hours": "bool",
    "stale_at": "timestamptz",
    "chip_fresh": "text",
    "chip_closed": "text",
    "chip_stale": "text",
    "rendered_with": "text",
}
UPSERT = f"""
    INSERT INTO markets_quote AS kept ({", ".join(COLUMNS)})
    SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())})
     ORDER BY 1
    ON CONFLICT (instrument_id) DO UPDATE
       SET {", ".join(f"{name} = excluded.{name}" for name in COLUMNS)}
     WHERE kept.as_of < excluded.as_of
    RETURNING instrument_id
"""  # noqa: S608  # built of the names above alone


def _upsert(quotes: list[Quote]) -> list[str]:
    """Store quotes newer than those we have; return the symbols that changed.

    One statement for all, in order of instruments, so that two feeds cannot wait for
    each other.
    """
    if not quotes:
        return []
    judge_quotes(quotes)
    columns = [[getattr(quote, name) for quote in quotes] for name in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, columns)
        changed = {row[0] for row in cursor.fetchall()}
    return sorted(q.instrument.symbol for q in quotes if q.instrument_id in changed)


def _remember(
    series: dict[str, list[Tick]], wanted: dict[str, Instrument], now: datetime
) -> None:
    """Keep what an answer says of the past; a moment once known is not rewritten."""
    ticks = [
        QuoteTick(instrument=wanted[symbol], as_of=tick.as_of, value=tick.value)
        for symbol, found in series.items()
        for tick in sorted(found, key=lambda tick: tick.as_of)[-MOST_HISTORY:]
        if not _objection(wanted[symbol], tick, now)
    ]
    QuoteTick.objects.bulk_create(ticks, ignore_conflicts=True, batch_size=1000)


QUARANTINE = """
    INSERT INTO markets_quarantine AS kept
           (feed_id, instrument_id, symbol, reason, raw, count, first_at, last_at)
    VALUES (%s, %s, %s, %s, %s, 1, %s, %s)
    ON CONFLICT (feed_id, symbol, reason) DO UPDATE
       SET raw = excluded.raw, count = kept.count + 1, last_at = excluded.last_at,
           instrument_id = excluded.instrument_id
"""


def _quarantine(
    feed: Feed, refused: Iterable[tuple[Instrument | None, Rejected]], now: datetime
) -> None:
    rows = [
        (
            feed.pk,
            instrument.pk if instrument else None,
            _storable(row.symbol)[:40],
            _storable(row.reason)[:200],
            _storable(row.raw)[:2000],
            now,
            now,
        )
        for instrument, row in refused
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(QUARANTINE, rows)


def _storable(text: str) -> str:
    """Text as PostgreSQL takes it: no NUL, no half characters."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{SYMBOL FOR NULL}")


@transaction.atomic
def prune(now: datetime) -> int:
    """Forget prices and refusals too old to matter; return how many rows went."""
    old, _ = QuoteTick.objects.prunable(now).delete()
    with connection.cursor() as cursor:
        cursor.execute(SURPLUS, [QuoteTick.MOST])
        surplus = cursor.rowcount
    refused, _ = Quarantine.objects.filter(last_at__lt=now - Quarantine.KEPT).delete()
    return old + surplus + refused


SURPLUS = """
    DELETE FROM markets_quotetick USING (
        SELECT id, row_number() OVER (PARTITION BY instrument_id ORDER BY as_of DESC)
                   AS place FROM markets_quotetick) ranked
     WHERE markets_quotetick.id = ranked.id AND ranked.place > %s
"""
