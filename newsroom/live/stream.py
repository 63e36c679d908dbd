"""The live stream over HTTP: `/live/` as events, `/live/poll` as JSON."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from urllib.parse import parse_qs

from newsroom.edge.cache_asgi import Receive, Scope, Send
from newsroom.live.hub import Hub, Reader, Replay, event, retry

STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx must not hold events back
    (b"x-content-type-options", b"nosniff"),
]
FULL = b"No seat is free. Please try again.\n"
POLL_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"public, max-age=0, s-maxage=2"),
    (b"x-content-type-options", b"nosniff"),
]
FULL_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"retry-after", b"10"),
    (b"connection", b"close"),  # a connection is what is short
]

log = logging.getLogger(__name__)


class Stream:
    """Serves one hub's events."""

    def __init__(
        self,
        hub: Hub,
        *,
        address_of: Callable[[Scope], str] = lambda scope: "",
        per_address: int | None = None,
    ) -> None:
        """`per_address` bounds the streams, and the polls under way, of one address."""
        self.hub = hub
        self._address_of, self._per_address = address_of, per_address
        self._streams: Counter[str] = Counter()
        self._polls: Counter[str] = Counter()
        self._has_warned = False

    async def live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `GET /live/`: events until the reader leaves or the house closes."""
        with self._place(self._streams, scope) as is_free:
            reader = self.hub.join() if is_free and scope["method"] == "GET" else None
            if reader is None:
                await _answer(send, 503, FULL_HEADERS, FULL)
                return
            await self._stream(reader, scope, receive, send)

    async def _stream(
        self, reader: Reader, scope: Scope, receive: Receive, send: Send
    ) -> None:
        watch = asyncio.create_task(_leave_when_gone(reader, receive))
        try:
            await self._tell(reader, _cursor(scope), send)
        except asyncio.CancelledError:
            log.debug("a reader left")  # by itself, or it was stuck
        finally:
            watch.cancel()
            self.hub.leave(reader)

    async def poll(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `GET /live/poll?after=<cursor>`: the same events, as JSON."""
        with self._place(self._polls, scope) as is_free:
            if not is_free:
                await _answer(send, 503, FULL_HEADERS, FULL)
                return
            await self._poll(scope, send)

    @contextmanager
    def _place(self, taken: Counter[str], scope: Scope) -> Iterator[bool]:
        """Count one more of an address; yield False if it has its share already."""
        address = self._address_of(scope)
        if self._per_address is not None and taken[address] >= self._per_address:
            self.hub.counts["refused"] += 1
            self._warn(address, scope)
            yield False
            return
        taken[address] += 1
        try:
            yield True
        finally:
            taken[address] -= 1
            if not taken[address]:
                del taken[address]

    def _warn(self, address: str, scope: Scope) -> None:
        if self._has_warned:
            return
        self._has_warned = True
        log.warning(
            "%s has %d live streams, its share; more are refused%s",
            address, self._per_address,
            ". A proxy seems to stand before us: see NEWSROOM_BEHIND_PROXY"
            if any(name == b"x-forwarded-for" for name, _ in scope["headers"])
            else "",
        )  # fmt: skip

    async def _poll(self, scope: Scope, send: Send) -> None:
        after, upto = _cursor(scope), self.hub.cursor
        missed = await self.hub.replay(after) if after else Replay(self.hub.recent())
        body = json.dumps(
            {
                "cursor": upto,
                "reset": missed.reset,
                "wire": [entry.data for entry in missed.entries],
                "chips": self.hub.chips,
            },
            ensure_ascii=False,
        ).encode()
        length = (b"content-length", str(len(body)).encode())
        await _answer(send, 200, [*POLL_HEADERS, length], body)

    async def _tell(self, reader: Reader, cursor: str, send: Send) -> None:
        start = {
            "type": "http.response.start",
            "status": 200,
            "headers": STREAM_HEADERS,
        }
        here = self.hub.cursor
        missed = await self.hub.replay(cursor) if cursor else Replay(self.hub.recent())
        await send(start)
        piece: bytes | None = _welcome(missed, here) + self.hub.quotes_piece
        while piece is not None:
            reader.sending_since = monotonic()
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            reader.sending_since = 0.0
            piece = await self.hub.next(reader)
        await send({"type": "http.response.body", "body": retry()})


def _welcome(missed: Replay, here: str) -> bytes:
    """What a reader gets first: when to come back, where it is, what it missed."""
    name = "reset" if missed.reset else "hello"
    replay = b"".join(entry.piece for entry in missed.entries)
    return retry() + replay + event(name, {}, here)


def _cursor(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"last-event-id":
            return str(value, "latin-1")
    query = parse_qs(str(scope["query_string"][:200], "latin-1"))
    return next((query[name][-1] for name in ("last", "after") if name in query), "")


async def _leave_when_gone(reader: Reader, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    if reader.task is not None:
        reader.task.cancel()


async def _answer(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
