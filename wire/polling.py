"""Polling: which sources are asked, how many at once, and what is done as answers come.

Sources are leased one by one as slots come free, never round by round: one that hangs
holds its own slot and nobody else's. A host holds two slots at most, in all processes
together; sources that failed last time share a part of the slots, so that those that are
well always find one; a host that does not answer rests with all its sources. What is
under way when `Poller.run` ends goes on, and is taken up by the next call.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from outgoing.pool import Pool
from wire import gaps, http, ingest, raw_documents
from wire.connectors.base import ParseError
from wire.ingest import Outcome, Page
from wire.models import Host, Source

SLOTS = 64  # requests under way at once in one process
DOUBTFUL = 16  # of them, for sources whose last poll failed
LOOK_EVERY = 1.0  # seconds between two looks for due sources while answers are awaited
FULL_EVERY = timedelta(days=1)  # a lying ETag hides a change for at most a day

DOWN_HOSTS = 3  # so many hosts silent, and none that answers, …
DOWN_FOR = timedelta(minutes=2)  # … for so long: it is our own line

Clock = Callable[[], datetime]


class Get(Protocol):
    """How a document is fetched; `wire.http.fetch` in life, a lambda in tests."""

    def __call__(
        self, url: str, *, etag: str = "", last_modified: str = ""
    ) -> http.Fetched: ...


@dataclass(slots=True)
class Visit:
    """One poll under way: the source, and the pages read so far, newest first."""

    source: Source
    pages: list[Page] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Line:
    """What the answers of all hosts together say of our own line."""

    silent: set[str] = field(default_factory=set)  # hosts, since anybody answered
    since: datetime | None = None  # the first of them

    def missed(self, host: str, *, now: datetime) -> None:
        """Note that a host did not answer."""
        self.since = self.since or now
        self.silent.add(host)

    def answered(self, *, now: datetime) -> datetime | None:
        """Note an answer. If it is the first after an outage: since when there was none."""
        since, hosts = self.since, len(self.silent)
        self.silent, self.since = set(), None
        was_down = since and hosts >= DOWN_HOSTS and now - since >= DOWN_FOR
        return since if was_down else None


def poll_due(*, clock: Clock, fetch: Get = http.fetch) -> Iterator[Outcome]:
    """Poll every source that is due, until none is and every answer has been taken."""
    poller = Poller(clock=clock, fetch=fetch)
    try:
        while poller.is_busy() or poller.lease():
            yield from poller.take()
    finally:
        poller.close()


class Poller:
    """The polls that one process has under way. For one thread."""

    def __init__(
        self,
        *,
        clock: Clock,
        fetch: Get = http.fetch,
        slots: int = SLOTS,
        doubtful: int = DOUBTFUL,
    ) -> None:
        self._clock = clock
        self._fetch = fetch
        self._doubtful = doubtful
        self._pool: Pool[Visit, http.Fetched] = Pool(slots)
        self._line = Line()

    def is_busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._pool.under_way)

    def run(self, *, seconds: float) -> Iterator[Outcome]:
        """Poll what is due for `seconds`; less if nothing is due or under way."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            if not self.lease() and not self.is_busy():
                return
            yield from self.take(patience=min(left, LOOK_EVERY), until=ends)

    def lease(self) -> int:
        """Take due sources for the free slots and ask them; return how many."""
        failing = sum(visit.source.failures > 0 for visit in self._pool.under_way)
        taken = Source.objects.lease(
            self._clock(), limit=self._pool.free, doubtful=self._doubtful - failing
        )
        for source in taken:
            ask = partial(_ask, source, self._fetch, self._clock())
            self._pool.start(Visit(source), ask)
        return len(taken)

    def take(
        self, *, patience: float = LOOK_EVERY, until: float = math.inf
    ) -> Iterator[Outcome]:
        """Store what has come, waiting up to `patience` seconds for the first.

        What answered unchanged is written down at once, all that came together in one
        statement. Past `until`, on the monotonic clock, the rest is left for the next
        call.
        """
        unchanged: list[Source] = []
        heard: set[str] = set()
        for visit, answer in self._pool.answers(patience=patience):
            source = visit.source
            try:
                fetched = answer.result()
            except http.FetchError as error:
                if self._answered(source, error):
                    heard.add(source.host)
                yield self._without(visit, error)
                continue
            heard.add(source.host)
            if not visit.pages and _is_known(source, fetched):
                wait = source.patience(ingest.wait_asked(fetched))
                source.due_at = self._clock() + wait
                unchanged.append(source)
                yield Outcome(source=source.name, result="unchanged")
            elif outcome := self._read(visit, fetched):
                yield outcome
            if time.monotonic() > until:
                break
        self._write_down(unchanged, heard)

    def close(self) -> None:
        """Give the leases of all that is under way back: it is due again at once."""
        sources = [visit.source for visit in self._pool.under_way]
        Source.objects.release(sources, now=self._clock())
        self._pool.close()

    def _write_down(self, unchanged: list[Source], heard: set[str]) -> None:
        """Record who brought nothing new, and which hosts answered."""
        now = self._clock()
        Source.objects.succeed_all(unchanged, now=now, columns=["full_fetch_at"])
        if heard:
            Host.objects.heard(heard)
            if since := self._line.answered(now=self._clock()):
                Host.objects.hurry(since, now=self._clock())

    def _read(self, visit: Visit, fetched: http.Fetched) -> Outcome | None:
        """Read a page; store what came, or None while older pages are asked for."""
        source, now = visit.source, self._clock()
        if visit.pages and not gaps.on_own_host(visit.pages, fetched.url):
            return self._settle(visit, "the page before leads to another host")
        try:
            visit.pages.append(ingest.open_page(source, fetched, now=now))
        except ParseError as error:
            if not visit.pages:
                return ingest.refuse(source, fetched, error, now=now)
            ingest.put_away(source, fetched, error, now=now)
            return self._settle(visit, str(error))
        except OSError as error:
            return self._without(visit, error)
        seconds = time.monotonic() - visit.began
        step = gaps.next_step(source, visit.pages, seconds=seconds)
        if not step.url:
            return self._settle(visit, step.why)
        if not source.renew(now=now):
            return ingest.lost(source)
        self._pool.start(visit, partial(self._fetch, step.url))
        return None

    def _without(self, visit: Visit, error: http.FetchError | OSError) -> Outcome:
        """Go on without the page that failed: with those before it, if there are any."""
        if visit.pages:
            return self._settle(visit, str(error).rstrip("."))
        return ingest.fail(visit.source, error, now=self._clock())

    def _settle(self, visit: Visit, why: str) -> Outcome:
        gap = gaps.words(visit.source, visit.pages, why) if why else ""
        return ingest.settle(visit.source, visit.pages, now=self._clock(), gap=gap)

    def _answered(self, source: Source, error: http.FetchError) -> bool:
        """Say whether a failed fetch got an answer; keep what it says of the host."""
        if isinstance(error, http.UNREACHED):
            Host.objects.missed(source.host, now=self._clock())
            self._line.missed(source.host, now=self._clock())
            return False
        if isinstance(error, http.Limited):
            now, wait = self._clock(), error.retry_after
            Host.objects.limited(source.host, now=now, wait=wait)
        return True


def _ask(source: Source, fetch: Get, now: datetime) -> http.Fetched:
    """Fetch one source; once a day without validators, for those that lie."""
    full = source.full_fetch_at is None or now - source.full_fetch_at >= FULL_EVERY
    if full:
        source.body_hash, source.full_fetch_at = "", now
        return fetch(source.url)
    return fetch(source.url, etag=source.etag, last_modified=source.last_modified)


def _is_known(source: Source, fetched: http.Fetched) -> bool:
    return (
        fetched.not_modified or raw_documents.digest(fetched.body) == source.body_hash
    )
