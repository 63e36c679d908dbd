"""Polling the feeds of prices: many under way at once, none of which waits for another.

A provider that hangs holds its own slot. What is under way when `Poller.run` ends goes
on, and is taken up by the next call.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from foundation.leased_work import LeaseLost
from markets import http, refresh
from markets.models import Feed
from markets.refresh import Answer, Fetch, FetchError, Report
from outgoing.pool import Pool

SLOTS = 16  # requests under way at once in one process
DOUBTFUL = 4  # of them, for feeds whose last fetch failed
LOOK_EVERY = 1.0  # seconds between two looks for due feeds while answers are awaited


class Poller:
    """The fetches that one process has under way. For one thread."""

    def __init__(
        self, *, clock: Callable[[], datetime], fetch: Fetch = http.fetch
    ) -> None:
        self._clock = clock
        self._fetch = fetch
        self._pool: Pool[Feed, Answer] = Pool(SLOTS)

    def run(self, *, seconds: float) -> Iterator[tuple[Feed, Report]]:
        """Fetch what is due for `seconds`; less if nothing is due or under way."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            if not self._lease() and not self._pool.under_way:
                return
            yield from self._take(patience=min(left, LOOK_EVERY))

    def close(self) -> None:
        """Give the leases of all that is under way back: it is due again at once."""
        Feed.objects.release(list(self._pool.under_way), now=self._clock())
        self._pool.close()

    def _lease(self) -> int:
        """Take due feeds for the free slots, those that are well first; return how many."""
        failing = sum(feed.failures > 0 for feed in self._pool.under_way)
        well, doubtful = Feed.objects.filter(failures=0), Feed.objects.failing()
        taken = well.lease(self._clock(), limit=self._pool.free)
        left = min(self._pool.free - len(taken), DOUBTFUL - failing)
        taken += doubtful.order_by("due_at", "pk").lease(self._clock(), limit=left)
        for feed in taken:
            self._pool.start(feed, partial(refresh.ask, feed, self._fetch))
        return len(taken)

    def _take(self, *, patience: float) -> Iterator[tuple[Feed, Report]]:
        """Store what has come, waiting up to `patience` seconds for the first."""
        for feed, answer in self._pool.answers(patience=patience):
            now = self._clock()
            try:
                try:
                    report = refresh.take(feed, answer.result(), now=now)
                except FetchError as error:
                    report = refresh.fail(feed, error, now=now)
            except LeaseLost as late:
                report = Report(error=str(late))
            yield feed, report
