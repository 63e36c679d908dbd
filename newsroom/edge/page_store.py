"""The store of finished pages: bounded, tagged, and deaf to writers who come late.

Every instant is handed in as `now`, seconds of the monotonic clock. A hit reads one
dictionary and takes no lock; everything that changes takes it, for microseconds.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum, auto

from newsroom.edge.cached_response import STALE_IF_ERROR, Page

GRACE = 1.0  # seconds an outdated copy may serve while a new one is being made
DISTRUST = 1.0  # seconds a page is trusted while nobody hears what changes
MISSING_AGE = 5.0  # seconds a "not found" is kept
RETRY = 1.0  # seconds between two tries to make a page that fails
MOST_FLIGHTS = 512  # pages being made at once; above it, "busy"
MOST_DROPS = 4096  # remembered purges

MISSING = "missing"  # the tag of every kept 404: any change may be the missing page


class Turn(Enum):
    """What the one who asks for a page has to do."""

    TAKE = auto()  # send the page: it is fresh, or good enough meanwhile
    LEAD = auto()  # make it; everybody else waits for you
    FOLLOW = auto()  # wait for the one who makes it
    BUSY = auto()  # too many pages are being made: come back


@dataclass(slots=True, eq=False)
class Flight:
    """One page being made. `landed` gives it to those who wait, or None: ask again."""

    key: str
    began: int  # the count of purges when it took off
    landed: "Future[Page | None]" = field(default_factory=Future)

    def __post_init__(self) -> None:
        # One reader who leaves must not cancel the page of all the others.
        self.landed.set_running_or_notify_cancel()


@dataclass(slots=True)
class Answer:
    """What `Store.ask` says: whose turn, with the page or the flight it is about."""

    turn: Turn
    page: Page | None = None
    flight: Flight | None = None


class Store:
    """Finished pages of one process."""

    def __init__(self, *, limit: int = 64 * 1024 * 1024) -> None:
        """`limit` is in bytes, over all variants."""
        self.limit = limit
        self.size = 0
        self.counts: Counter[str] = Counter()
        self.trusted = False  # somebody listens to what changes
        # Something may have been taken back without our hearing it: no old copy is shown
        self.doubtful = True
        self.boundary: float | None = None  # nothing is fresh beyond it
        self._pages: dict[str, Page] = {}
        self._index: defaultdict[str, set[str]] = defaultdict(set)
        self._flights: dict[str, Flight] = {}
        self._drops = 0  # how many purges there were
        self._dropped: dict[str, int] = {}  # tag → count of purges at its last
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pages)

    def fresh(self, key: str, now: float) -> Page | None:
        """Return the page if it may be sent as it is. No lock: this is the hot path."""
        page = self._pages.get(key)
        if page is None or now >= page.fresh_until:
            return None
        page.used = True
        return page

    def ask(self, key: str, now: float) -> Answer:
        """Say what to do for a page: take it, make it, wait for it or come back."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None and now < max(page.fresh_until, page.retry_at):
                return Answer(Turn.TAKE, page)
            flight = self._flights.get(key)
            if flight is not None:
                if page is not None and now < page.stale_until and not self.doubtful:
                    self.counts["stale"] += 1
                    return Answer(Turn.TAKE, page)
                return Answer(Turn.FOLLOW, flight=flight)
            if len(self._flights) >= MOST_FLIGHTS:
                self.counts["busy"] += 1
                return Answer(Turn.BUSY, self._copy(key, now))
            flight = self._flights[key] = Flight(key, self._drops)
            return Answer(Turn.LEAD, flight=flight)

    def copy(self, key: str, now: float) -> Page | None:
        """Return the old copy of a page, if it may stand in for a new one."""
        with self._lock:
            return self._copy(key, now)

    def _copy(self, key: str, now: float) -> Page | None:
        page = self._pages.get(key)
        if page is None or now >= page.keep_until or self.doubtful:
            return None
        return page

    def land(self, flight: Flight, page: Page, *, max_age: float, now: float) -> bool:
        """Keep a page that was made, and give it to those who wait.

        Returns False, and keeps nothing, if what it shows was changed after the flight
        began: those who wait ask again, for they came for the new page.
        """
        if page.status == 404:
            page.tags |= {MISSING}
            max_age = min(max_age, MISSING_AGE)
        with self._lock:
            self._flights.pop(flight.key, None)
            shows = (*page.tags, "all")
            late = any(self._dropped.get(tag, 0) > flight.began for tag in shows)
            if late:
                self.counts["late"] += 1
            else:
                self._keep(flight.key, page, max_age, now)
        flight.landed.set_result(None if late else page)
        return not late

    def pass_on(self, flight: Flight, page: Page) -> None:
        """Give a page that is not for keeping to those who wait for it now."""
        with self._lock:
            self._flights.pop(flight.key, None)
            self.counts["not kept"] += 1
        flight.landed.set_result(page)

    def stand_in(self, flight: Flight, failure: Page, now: float) -> Page:
        """End a flight that failed: with the old copy if it may stand in.

        Returns what to send instead. The next try is `RETRY` seconds away.
        """
        with self._lock:
            self._flights.pop(flight.key, None)
            page = self._copy(flight.key, now)
            if page is not None:
                page.retry_at = now + RETRY
                self.counts["stood in"] += 1
            else:
                page = failure
                self.counts["failed"] += 1
        flight.landed.set_result(page)
        return page

    def drop(self, tags: Iterable[str], now: float) -> int:
        """Outdate all pages that show what `tags` name; return how many.

        The copies may serve for `GRACE` seconds while new ones are made, and for
        `STALE_IF_ERROR` seconds while none can be. A tag with a leading "!" allows
        neither: a killed story is gone at once.
        """
        count = 0
        with self._lock:
            self._drops += 1
            for tag in {*tags, MISSING}:
                name = tag.removeprefix("!")
                self._dropped[name] = self._drops
                keys = (
                    self._pages.keys() if name == "all" else self._index.get(name, ())
                )
                for key in list(keys):
                    count += self._outdate(key, now, for_good=tag.startswith("!"))
            self._forget_drops()
            self.counts["dropped"] += count
        return count

    def bound(self, at: float | None) -> None:
        """Let nothing be fresh beyond `at`, when the clock alone changes a page."""
        with self._lock:
            self.boundary = at
            if at is not None:
                self._cap(at)

    def trust(self, now: float, *, taken_back: bool = False) -> None:
        """Somebody listens again: outdate everything, for anything may have changed.

        `taken_back`: among it something that must not be shown again, or nobody knows;
        then no copy is left to stand in.
        """
        self.drop(["!all" if taken_back else "all"], now)
        with self._lock:
            self.trusted, self.doubtful = True, False

    def distrust(self, now: float) -> None:
        """Nobody hears what changes: trust no page for longer than `DISTRUST`.

        From now on no old copy is shown: what it tells may have been taken back.
        """
        with self._lock:
            self.trusted, self.doubtful = False, True
            self._cap(now + DISTRUST)

    def outage(self) -> None:
        """Nobody hears, and nothing can change: the database itself is away.

        Call it only if somebody listened until it went away. Old copies stand in.
        """
        with self._lock:
            self.doubtful = False

    def _keep(self, key: str, page: Page, max_age: float, now: float) -> None:
        if not self.trusted:
            max_age = min(max_age, DISTRUST)
        page.fresh_until = now + max_age
        if self.boundary is not None and self.boundary > now:
            page.fresh_until = min(page.fresh_until, self.boundary)
        page.stale_until = page.fresh_until + GRACE
        page.keep_until = page.fresh_until + STALE_IF_ERROR
        self._remove(key)
        if page.size > self.limit // 4:
            return
        self._pages[key] = page
        self.size += page.size
        for tag in page.tags:
            self._index[tag].add(key)
        self._make_room()

    def _make_room(self) -> None:
        # Second chance: the oldest goes, unless it was read since it was last looked at.
        while self.size > self.limit:
            key, page = next(iter(self._pages.items()))
            if page.used:
                page.used = False
                self._pages[key] = self._pages.pop(key)
            else:
                self._remove(key)
                self.counts["evicted"] += 1

    def _remove(self, key: str) -> None:
        page = self._pages.pop(key, None)
        if page is None:
            return
        self.size -= page.size
        for tag in page.tags:
            keys = self._index[tag]
            keys.discard(key)
            if not keys:
                del self._index[tag]

    def _outdate(self, key: str, now: float, *, for_good: bool) -> bool:
        page = self._pages[key]
        if for_good:
            self._remove(key)
            return True
        if now < page.fresh_until:
            page.fresh_until, page.stale_until = now, now + GRACE
            page.keep_until = now + STALE_IF_ERROR
        page.retry_at = 0.0
        return True

    def _cap(self, at: float) -> None:
        for page in self._pages.values():
            page.retry_at = min(page.retry_at, at)
            if page.fresh_until > at:
                page.fresh_until, page.stale_until = at, at + GRACE
                page.keep_until = at + STALE_IF_ERROR

    def _forget_drops(self) -> None:
        # Only a flight that began before a purge needs to know of it.
        if len(self._dropped) <= MOST_DROPS:
            return
        oldest = min((f.began for f in self._flights.values()), default=self._drops)
        self._dropped = {t: n for t, n in self._dropped.items() if n > oldest}
