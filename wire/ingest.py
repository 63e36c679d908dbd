"""Listening: from a source that is due to rows readers and desks can see.

The road of every document: lease → fetch, no transaction open → raw bytes kept by hash →
a note that they are being read → parse → one transaction for items, versions, ledger,
validators and the source's health. A crash anywhere before that commit means we fetch
again; nothing is half stored. A document whose reading ended the process three times is
set aside by its hash, and its source is heard as before.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction

from foundation.leased_work import MAX_ERROR, LeaseLost
from wire import connectors, http, raw_documents
from wire.connectors.base import Batch, Origin, ParseError
from wire.models import Fetch, Reading, Source
from wire.models.sources import SLOWEST
from wire.store import Report, bury, store

log = logging.getLogger(__name__)

UNREACHED = timedelta(
    hours=1
)  # the longest wait for one nobody reached: the fault may be ours


class SetAside(ParseError):
    """Reading this document ended the process too often; it is not read again."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one poll came to."""

    source: str
    result: str  # "stored", "unchanged", "failed" or "lost"
    report: Report = field(default_factory=Report)
    error: str = ""


def read(raw: bytes, source: Source, *, url: str = "", content_type: str = "") -> Batch:
    """Parse one document of `source`. Raises `ParseError` if it is refused whole."""
    origin = Origin(url=url or source.url, content_type=content_type)
    return connectors.read(raw, format=source.format, origin=origin)


def take_in(source: Source, raw: bytes, *, now: datetime, url: str = "") -> Report:
    """Store a document that came by another way than a poll: a file, a push.

    Raises `ParseError` if it is refused whole; its bytes are a dead letter then. No note
    is taken of the reading: whoever hands it in sees the process end, and nothing brings
    it again by itself.
    """
    blob = raw_documents.keep(raw)
    try:
        batch = read(raw, source, url=url)
    except ParseError as error:
        bury(source, raw, error=str(error), place=error.where, blob=blob, now=now)
        raise
    with transaction.atomic():
        Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        report = store(source, batch, blob=blob, now=now)
        _write_down(source, report, now=now, blob=blob, size=len(raw), url=url)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One document of a poll, read: the newest, or older ones behind it."""

    fetched: http.Fetched
    blob: str
    batch: Batch


def open_page(source: Source, fetched: http.Fetched, *, now: datetime) -> Page:
    """Keep and parse what was fetched, and leave a note for as long as it takes.

    Raises `SetAside` where three such notes were left by readers who never came back,
    `ParseError` if it is refused whole, `OSError` if the disk refuses it.
    """
    blob = raw_documents.keep(fetched.body)
    if not Reading.objects.begin(source, blob, now=now):
        raise SetAside(
            f"reading this document ended the worker {Reading.TRIES} times: it is set"
            " aside, and the next one is read"
        )
    batch = read(fetched.body, source, url=fetched.url, content_type=_type(fetched))
    return Page(fetched=fetched, blob=blob, batch=batch)


def settle(
    source: Source, pages: Sequence[Page], *, now: datetime, gap: str = ""
) -> Outcome:
    """Store the pages of one poll, newest first as given, and say what it came to.

    `gap` says which posts could not be had. Stored once more if the connection broke
    under us: that is harmless whether or not the first try was committed, for a commit
    has used up the lease's token.
    """
    try:
        try:
            report = _commit(source, pages, now=now, gap=gap)
        except (OperationalError, InterfaceError) as error:
            log.warning("%s: storing once more after: %s", source.name, error)
            connection.close()
            report = _commit(source, pages, now=now, gap=gap)
    except LeaseLost:
        return lost(source)
    return Outcome(source=source.name, result="stored", report=report)


def lost(source: Source) -> Outcome:
    """Say that another process has the source by now: nothing was written."""
    log.warning("%s: the lease ran out; another worker has it", source.name)
    return Outcome(source=source.name, result="lost")


@transaction.atomic
def _commit(
    source: Source, pages: Sequence[Page], *, now: datetime, gap: str
) -> Report:
    """Store the oldest page first, so that ids rise with time; then all that is said."""
    if not source.still_held():
        raise LeaseLost(f"{source.name} went to another worker")
    newest, report = pages[0], Report()
    for page in reversed(pages):
        report.add(store(source, page.batch, blob=page.blob, now=now))
    if gap:
        report.warnings.insert(0, gap)
    Reading.objects.end(source, *(page.blob for page in pages))
    fetched = newest.fetched
    _write_down(
        *(source, report),
        now=now,
        blob=newest.blob,
        size=sum(len(page.fetched.body) for page in pages),
        url=fetched.url,
        status=fetched.status,
        reason="gap" if gap else "",
    )
    source.succeed_poll(
        now=now,
        newest_item_at=report.newest,
        wait=wait_asked(fetched, newest.batch),
        etag=fetched.etag,
        last_modified=fetched.last_modified[:100],
        body_hash=newest.blob,
        full_fetch_at=source.full_fetch_at,
        **({"gap": gap, "gap_at": now} if gap else {}),
    )
    return report


def _write_down(
    source: Source,
    report: Report,
    *,
    now: datetime,
    blob: str,
    size: int,
    url: str,
    status: int | None = None,
    reason: str = "",
) -> None:
    Fetch.objects.create(
        source=source,
        at=now,
        ok=True,
        status=status,
        url=url[:2000],
        blob=blob,
        size=size,
        new=report.new,
        changed=report.changed,
        unchanged=report.unchanged,
        rejected=report.rejected,
        reason=reason,
        warnings=report.warnings[:50],
    )


def fail(source: Source, error: http.FetchError | OSError, *, now: datetime) -> Outcome:
    """Record a poll that brought nothing, and when to try next."""
    wait: timedelta | None = getattr(error, "retry_after", None) or None
    if wait is None and isinstance(error, http.UNREACHED):
        wait = min(source.retry_wait(), max(UNREACHED, source.interval))
    reason = getattr(error, "reason", "disk")
    words = str(error)[:MAX_ERROR]
    with transaction.atomic():
        try:
            source.fail(now=now, error=words, wait=wait)
        except LeaseLost:
            return lost(source)
        if isinstance(error, http.Gone):
            source.pause()
        if source.failures == 0 or source.last_error != words:
            Fetch.objects.create(
                source=source,
                at=now,
                ok=False,
                status=getattr(error, "status", None),
                url=source.url,
                reason=reason,
                error=words,
            )
    return Outcome(source=source.name, result="failed", error=str(error))


def refuse(
    source: Source, fetched: http.Fetched, error: ParseError, *, now: datetime
) -> Outcome:
    """Record a document refused whole. Its bytes stay; validators do not advance.

    A source whose document is set aside goes on being asked at its usual pace: the next
    document may come at any time. That is said once, the document's note stays.
    """
    words = _words(error)[:MAX_ERROR]
    aside = isinstance(error, SetAside)
    with transaction.atomic():
        put_away(source, fetched, error, now=now)
        try:
            source.fail(now=now, error=words, wait=source.interval if aside else None)
        except LeaseLost:
            return lost(source)
        if not aside or source.last_error != words:
            Fetch.objects.create(
                source=source,
                at=now,
                ok=False,
                status=fetched.status,
                url=fetched.url[:2000],
                blob=raw_documents.digest(fetched.body),
                size=len(fetched.body),
                reason="unreadable",
                error=words,
            )
    return Outcome(source=source.name, result="failed", error=words)


def put_away(
    source: Source, fetched: http.Fetched, error: ParseError, *, now: datetime
) -> None:
    """Make a dead letter of a document refused whole; its reading came to an end."""
    raw, blob = fetched.body, raw_documents.digest(fetched.body)
    bury(source, raw, error=_words(error), place=error.where, blob=blob, now=now)
    if not isinstance(error, SetAside):
        Reading.objects.end(source, blob)


def _words(error: ParseError) -> str:
    return f"{error} ({error.where})" if error.where else str(error)


def _type(fetched: http.Fetched) -> str:
    """Give the Content-Type back in one piece: connectors read the charset from it."""
    charset = f"; charset={fetched.charset}" if fetched.charset else ""
    return fetched.content_type + charset


def wait_asked(fetched: http.Fetched, batch: Batch | None = None) -> timedelta | None:
    """How long the publisher asks us to wait, at most a day; the source's own
    interval is the least whatever this says."""
    asked = [w for w in (fetched.retry_after, fetched.max_age) if w]
    if batch and batch.poll_seconds:
        asked.append(timedelta(seconds=min(batch.poll_seconds, 86_400)))
    return min(max(asked), SLOWEST) if asked else None
