"""One process's live stream: events are written once and every reader gets those bytes.

Readers have no queues. All share one short log and each knows how far it has read; a
reader that falls behind its end is disconnected, and resumes by its cursor. The hub
knows neither Django nor ASGI: how the ledger is read is handed in.
"""

import asyncio
import json
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic

from foundation.cursors import CursorReset, TransactionCursor

LOG_LIMIT = 256  # pieces a reader may lag behind
REPLAY = 200  # posts told again to one who comes back; more: "reset"
POLL = 2.0  # seconds; a notification may be lost
REREAD_DELAYS = (
    0.05,
    0.2,
    0.5,
    1.0,
)  # seconds after a notification: an older transaction may still hold rows
CONFIRMED = 4_096  # cursors that the ledger is known to have
RECALL_STEPS = 5  # reads of the ledger for one who comes back
HEARTBEAT = 15.0  # seconds
STUCK = 20.0  # seconds a reader may take to accept one piece
PAGE_AGE = 90.0  # seconds a reader's page may be older than its stream
QUOTES_EVERY = 1.0  # seconds; ticks in between are one event
RETRY = (1_000, 4_000)  # milliseconds; spread, so that a restart is no stampede

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireChange:
    """One change on the wire, as the ledger gives it."""

    cursor: str  # a `TransactionCursor`
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as it is sent to readers."""

    position: TransactionCursor
    data: Mapping[str, object]
    piece: bytes
    told_at: float  # seconds of the monotonic clock


# After a cursor, at most so many: the changes, and the cursor to go on from. Raises
# `CursorReset` if the ledger never had that cursor, as after a restore of the database.
Since = Callable[[str, int], Awaitable[tuple[list[WireChange], str]]]


def event(name: str, data: object, cursor: str = "") -> bytes:
    """Return one event of the stream. JSON holds no line break, so `data` is one line."""
    mark = f"id: {cursor}\n" if cursor else ""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{mark}event: {name}\ndata: {text}\n\n".encode()


def retry() -> bytes:
    """Return the `retry:` field: when to reconnect, different for each reader."""
    return b"retry: %d\n\n" % random.randint(*RETRY)  # noqa: S311 - no secret


@dataclass(eq=False, slots=True)
class Reader:
    """One open stream."""

    at: int  # how many pieces of the log it has passed
    task: "asyncio.Task[object] | None" = None
    sending_since: float = 0.0  # 0: it waits for news


@dataclass(frozen=True, slots=True)
class Replay:
    """What happened after a cursor; `reset`: too much, or it cannot be told."""

    entries: list[Entry]
    reset: bool = False


class Hub:
    """Reads what changed, once, and keeps the last of it for all readers."""

    def __init__(
        self,
        *,
        head: Callable[[], Awaitable[str]],
        since: Since,
        quotes: Callable[[], Awaitable[Mapping[str, str]]],
        most: int = 5_000,
    ) -> None:
        """`most` is how many readers one process takes."""
        self.most = most
        self.readers: set[Reader] = set()
        self.closing = False
        self.cursor = "0-0"
        self.counts = {"events": 0, "slow": 0, "refused": 0, "resets": 0}
        self.quotes_piece = b""
        self._head, self._since, self._quotes = head, since, quotes
        self._log: deque[bytes] = deque(maxlen=LOG_LIMIT)
        self._end = 0  # pieces ever put on the log
        self._joined: tuple[int, int, bytes] = (
            0,
            0,
            b"",
        )  # a tail, joined once for all
        self._history: deque[Entry] = deque(maxlen=REPLAY)
        # The history is whole after this one
        self._known_from: TransactionCursor | None = None
        self._confirmed: set[TransactionCursor] = set()  # the ledger has these
        self._replaying = asyncio.Lock()
        self._news = asyncio.Event()
        self._notified: set[str] = set()
        self._wakeup = asyncio.Event()
        self._quoted_at = 0.0
        self.chips: dict[str, str] = {}

    def notify(self, kind: str) -> None:
        """Read what changed soon: "wire", "quotes" or "front". Call it in the loop's thread."""
        self._notified.add(kind)
        self._wakeup.set()

    def join(self) -> Reader | None:
        """Return a new reader at the log's end, or None if there are too many."""
        if self.closing or len(self.readers) >= self.most:
            self.counts["refused"] += 1
            return None
        reader = Reader(self._end, asyncio.current_task())
        self.readers.add(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        self.readers.discard(reader)

    async def next(self, reader: Reader) -> bytes | None:
        """Wait for what `reader` has not seen; None: it must reconnect."""
        while reader.at == self._end and not self.closing:
            await self._news.wait()
        if self.closing:
            return None
        if reader.at < self._end - len(self._log):
            self.counts["slow"] += 1
            return None
        piece = self._tail(reader.at)
        reader.at = self._end
        return piece

    async def replay(self, cursor: str) -> Replay:
        """Return what happened after `cursor` and is not on the log any more."""
        try:
            asked = TransactionCursor.parse(cursor)
        except ValueError:
            return Replay([], reset=True)
        upto = TransactionCursor.parse(self.cursor)
        if not self._is_at_hand(asked):
            async with self._replaying:
                if not self._is_at_hand(asked) and not await self._look_up(asked):
                    self.counts["resets"] += 1
                    return Replay([], reset=True)
        return Replay([e for e in self._history if asked < e.position <= upto])

    def recent(self) -> list[Entry]:
        """Return what was sent in the last `PAGE_AGE` seconds: a page may be that old."""
        since = monotonic() - PAGE_AGE
        return [entry for entry in self._history if entry.told_at > since]

    async def run(self) -> None:
        """Read what changed until cancelled. Errors of the database are waited out."""
        beat = asyncio.create_task(self._heartbeat())
        try:
            await self._patiently(self._begin)
            delays = list(REREAD_DELAYS)
            while True:
                notified = await self._wait(delays.pop(0) if delays else POLL)
                if notified:
                    delays = list(REREAD_DELAYS)
                await self._patiently(partial(self._read, notified))
        finally:
            beat.cancel()

    async def close(self) -> None:
        """End all streams, and refuse new ones; a second at most."""
        self.closing = True
        self._wake()
        for _ in range(20):
            if not self.readers:
                break
            await asyncio.sleep(0.05)

    async def _begin(self) -> None:
        self._begin_at(await self._head())

    def _begin_at(self, head: str) -> None:
        self._go_on_from(head)
        self._known_from = TransactionCursor.parse(head)

    def _go_on_from(self, cursor: str) -> None:
        self.cursor = cursor
        self._confirm(TransactionCursor.parse(cursor))

    async def _start_anew(self) -> None:
        """Forget what was told, and have all readers fetch their pages again."""
        head = await self._head()  # first: between here and the end nobody may ask
        self._history.clear()
        self._confirmed.clear()
        self._begin_at(head)
        self.counts["resets"] += 1
        self._tell(event("reset", {}, self.cursor))

    async def _patiently(self, step: Callable[[], Awaitable[None]]) -> None:
        tries = 0
        while True:
            try:
                await step()
            except ConnectionError as error:
                if tries == 0:
                    log.warning("the live stream cannot read what changed: %s", error)
                tries += 1
                await asyncio.sleep(1)
            else:
                if tries:
                    log.warning("the live stream reads again, after %d tries", tries)
                return

    async def _wait(self, seconds: float) -> set[str]:
        try:
            async with asyncio.timeout(seconds):
                await self._wakeup.wait()
        except TimeoutError:
            pass
        self._wakeup.clear()
        notified, self._notified = self._notified, set()
        return notified

    async def _read(self, notified: set[str]) -> None:
        while await self._read_wire():
            pass
        if "quotes" in notified:
            await self._read_quotes()
        if "front" in notified:
            self._tell(event("front", {}))

    async def _read_quotes(self) -> None:
        if monotonic() - self._quoted_at < QUOTES_EVERY:
            asyncio.get_running_loop().call_later(QUOTES_EVERY, self.notify, "quotes")
            return
        self._quoted_at = monotonic()
        chips = dict(await self._quotes())
        changed = {s: chip for s, chip in chips.items() if self.chips.get(s) != chip}
        self.chips = chips
        self.quotes_piece = event("quotes", {"chips": chips})
        if changed:
            self._tell(event("quotes", {"chips": changed}))

    async def _read_wire(self) -> bool:
        """Read on from the cursor; return whether there may be more."""
        before = self.cursor
        try:
            told, cursor = await self._since(before, REPLAY)
        except CursorReset as reset:
            log.warning("the live stream starts anew: %s", reset)
            await self._start_anew()
            return True
        if len(told) >= REPLAY:
            # A flood: nobody reads two hundred posts on a rail. Readers fetch it anew.
            await self._start_anew()
            return self.cursor != before
        for one in told:
            entry = _entry(one, told_at=monotonic())
            self._remember(entry)
            self._tell(entry.piece)
        self._go_on_from(cursor)
        return cursor != before

    def _remembers(self, asked: TransactionCursor) -> bool:
        return self._known_from is not None and asked >= self._known_from

    def _is_at_hand(self, asked: TransactionCursor) -> bool:
        """Whether `asked` is a cursor of this ledger, and the history goes back to it."""
        return asked in self._confirmed and self._remembers(asked)

    def _confirm(self, known: TransactionCursor) -> None:
        if len(self._confirmed) >= CONFIRMED:
            self._confirmed.clear()  # whoever asks with one of them costs one query
        self._confirmed.add(known)

    def _remember(self, entry: Entry) -> None:
        if len(self._history) == REPLAY:
            self._known_from = self._history[0].position
        self._history.append(entry)
        self._confirm(entry.position)

    async def _look_up(self, asked: TransactionCursor) -> bool:
        """Ask the ledger for `asked` and what the history lacks after it; False: "reset"."""
        try:
            if self._remembers(asked) or asked >= TransactionCursor.parse(self.cursor):
                await self._since(str(asked), 1)
            elif not await self._recall(str(asked)):
                return False
        except CursorReset:
            return False
        self._confirm(asked)
        return self._remembers(asked)  # unless all started anew meanwhile

    async def _recall(self, cursor: str) -> bool:
        """Lengthen the history back to `cursor`, if that is at most `REPLAY` posts."""
        here = TransactionCursor.parse(self.cursor)
        at, found = cursor, list[WireChange]()
        for _ in range(RECALL_STEPS):
            told, further = await self._since(at, REPLAY)
            found += told
            has_caught_up = TransactionCursor.parse(further) >= here
            if further == at or has_caught_up or len(found) > REPLAY:
                at = further
                break
            at = further
        else:
            return False
        # What was published while the database was asked is in the history already.
        reached = TransactionCursor.parse(at)
        entries = [_entry(one, told_at=0.0) for one in found]
        entries += [entry for entry in self._history if entry.position > reached]
        if len(entries) > REPLAY:
            return False
        self._history = deque(entries, REPLAY)
        self._known_from = TransactionCursor.parse(cursor)
        return True

    def _tell(self, piece: bytes) -> None:
        self.counts["events"] += 1
        self._publish(piece)

    def _publish(self, piece: bytes) -> None:
        self._log.append(piece)
        self._end += 1
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _tail(self, at: int) -> bytes:
        if self._joined[:2] != (at, self._end):
            pieces = list(self._log)[at - self._end :]
            self._joined = at, self._end, b"".join(pieces)
        return self._joined[2]

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            now = monotonic()
            for reader in list(self.readers):
                if reader.sending_since and now - reader.sending_since > STUCK:
                    self.counts["slow"] += 1
                    if reader.task is not None:
                        reader.task.cancel()
            self._publish(b": still here\n\n")


def _entry(told: WireChange, *, told_at: float) -> Entry:
    piece = event("wire", told.data, told.cursor)
    position = TransactionCursor.parse(told.cursor)
    return Entry(position, told.data, piece, told_at)
