"""The finished pages of one process: bounded in bytes, purged by tag.

A page that was changed while it was rendered is not kept.

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
UNHEARD_AGE = 1.0  # seconds a page is fresh while changes are not heard
MISSING_AGE = 5.0  # seconds a "not found" is kept
RETRY = 1.0  # seconds between two tries to make a page that fails
MAX_PENDING = 512  # pages being made at once; above it, "busy"
MAX_PURGES = 4096  # remembered purges

MISSING = "missing"  # the tag of every kept 404: any change may be the missing page


class Decision(Enum):
    """What the caller who asked for a page has to do."""

    SEND = auto()  # send the page: it is fresh, or good enough meanwhile
    RENDER = auto()  # render it; everybody else waits for that
    WAIT = auto()  # wait for the caller who renders it
    BUSY = auto()  # too many pages are being made: come back


@dataclass(slots=True, eq=False)
class PendingRender:
    """A page being rendered. `future` holds it for those who wait, or None: ask again."""

    key: str
    began: int  # the count of purges when it began
    future: "Future[Page | None]" = field(default_factory=Future)

    def __post_init__(self) -> None:
        # A reader who leaves must not cancel the page of all the others.
        self.future.set_running_or_notify_cancel()


@dataclass(slots=True)
class Lookup:
    """What `PageStore.lookup` found: the decision, with its page or its pending render."""

    decision: Decision
    page: Page | None = None
    pending: PendingRender | None = None


class PageStore:
    """The finished pages of one process, by key."""

    def __init__(self, *, limit: int = 64 * 1024 * 1024) -> None:
        """`limit` is in bytes, over all variants."""
        self.limit = limit
        self.size = 0
        self.counts: Counter[str] = Counter()
        self.is_listening = False  # changes are heard
        # A kill may have been missed: no outdated copy is shown
        self.withholds_stale = True
        self.boundary: float | None = None  # nothing is fresh beyond it
        self._pages: dict[str, Page] = {}
        self._index: defaultdict[str, set[str]] = defaultdict(set)
        self._pending: dict[str, PendingRender] = {}
        self._purges = 0  # how many purges there were
        self._purged_at: dict[str, int] = {}  # tag → count of purges at its last
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

    def lookup(self, key: str, now: float) -> Lookup:
        """Return what to do for a page: send it, render it, wait for it, or refuse."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None and now < max(page.fresh_until, page.retry_at):
                return Lookup(Decision.SEND, page)
            pending = self._pending.get(key)
            if pending is not None:
                if (
                    page is not None
                    and now < page.stale_until
                    and not self.withholds_stale
                ):
                    self.counts["stale"] += 1
                    return Lookup(Decision.SEND, page)
                return Lookup(Decision.WAIT, pending=pending)
            if len(self._pending) >= MAX_PENDING:
                self.counts["busy"] += 1
                return Lookup(Decision.BUSY, self._stale_copy(key, now))
            pending = self._pending[key] = PendingRender(key, self._purges)
            return Lookup(Decision.RENDER, pending=pending)

    def stale_copy(self, key: str, now: float) -> Page | None:
        """Return the outdated copy of a page, if it may be sent instead of a new one."""
        with self._lock:
            return self._stale_copy(key, now)

    def _stale_copy(self, key: str, now: float) -> Page | None:
        page = self._pages.get(key)
        if page is None or now >= page.keep_until or self.withholds_stale:
            return None
        return page

    def finish(
        self, pending: PendingRender, page: Page, *, max_age: float, now: float
    ) -> bool:
        """Keep a page that was rendered, and give it to those who wait.

        Returns False, and keeps nothing, if a tag of it was purged after the render
        began: those who wait ask again, for they came for the new page.
        """
        if page.status == 404:
            page.tags |= {MISSING}
            max_age = min(max_age, MISSING_AGE)
        with self._lock:
            self._pending.pop(pending.key, None)
            shows = (*page.tags, "all")
            late = any(self._purged_at.get(tag, 0) > pending.began for tag in shows)
            if late:
                self.counts["late"] += 1
            else:
                self._keep(pending.key, page, max_age, now)
        pending.future.set_result(None if late else page)
        return not late

    def finish_uncached(self, pending: PendingRender, page: Page) -> None:
        """End a render whose page may not be kept: those who wait get it all the same."""
        with self._lock:
            self._pending.pop(pending.key, None)
            self.counts["not kept"] += 1
        pending.future.set_result(page)

    def fail(self, pending: PendingRender, failure: Page, now: float) -> Page:
        """End a render that failed: with the outdated copy if it may be shown.

        Returns what to send instead. The next try is `RETRY` seconds away.
        """
        with self._lock:
            self._pending.pop(pending.key, None)
            page = self._stale_copy(pending.key, now)
            if page is not None:
                page.retry_at = now + RETRY
                self.counts["stood in"] += 1
            else:
                page = failure
                self.counts["failed"] += 1
        pending.future.set_result(page)
        return page

    def purge(self, tags: Iterable[str], now: float) -> int:
        """Outdate all pages that show what `tags` name; return how many.

        The copies may serve for `GRACE` seconds while new ones are made, and for
        `STALE_IF_ERROR` seconds while none can be. A tag with a leading "!" allows
        neither: a killed story is gone at once.
        """
        count = 0
        with self._lock:
            self._purges += 1
            for tag in {*tags, MISSING}:
                name = tag.removeprefix("!")
                self._purged_at[name] = self._purges
                keys = (
                    self._pages.keys() if name == "all" else self._index.get(name, ())
                )
                for key in list(keys):
                    count += self._outdate(key, now, for_good=tag.startswith("!"))
            self._forget_purges()
            self.counts["dropped"] += count
        return count

    def limit_freshness(self, at: float | None) -> None:
        """Let nothing be fresh beyond `at`, when the clock alone changes a page."""
        with self._lock:
            self.boundary = at
            if at is not None:
                self._cap(at)

    def listener_up(self, now: float, *, taken_back: bool = False) -> None:
        """Outdate everything: changes are heard again, and any may have been missed.

        `taken_back`: something may have been killed meanwhile; then every copy is removed.
        """
        self.purge(["!all" if taken_back else "all"], now)
        with self._lock:
            self.is_listening, self.withholds_stale = True, False

    def listener_down(self, now: float) -> None:
        """Keep no page fresh for longer than `UNHEARD_AGE`: changes are not heard.

        No outdated copy is shown from now on: its story may have been killed.
        """
        with self._lock:
            self.is_listening, self.withholds_stale = False, True
            self._cap(now + UNHEARD_AGE)

    def database_down(self) -> None:
        """Show outdated copies again: the database is down, so nothing can change.

        Call it only if changes were heard until it went down.
        """
        with self._lock:
            self.withholds_stale = False

    def _keep(self, key: str, page: Page, max_age: float, now: float) -> None:
        if not self.is_listening:
            max_age = min(max_age, UNHEARD_AGE)
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

    def _forget_purges(self) -> None:
        # Only a render that began before a purge needs to know of it.
        if len(self._purged_at) <= MAX_PURGES:
            return
        oldest = min((f.began for f in self._pending.values()), default=self._purges)
        self._purged_at = {t: n for t, n in self._purged_at.items() if n > oldest}
