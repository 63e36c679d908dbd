"""Limits on request bodies: small from anybody, large from whoever is logged in.

RequestBodies are read before Django is asked, so that no thread waits for a slow one; what is
held meanwhile is bounded for each request, each address and all together, in bytes, in
number and in time. The bytes of a large body are asked for only after its sender is known.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, Any

from newsroom.edge.cached_response import Page
from newsroom.edge.page_cache import plain

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SMALL = 64 * 1024  # bytes of one request, from anybody
LARGE = 64 * 1024 * 1024  # bytes of one request of who may: a picture of the desk fits
BODY_TIME = 60  # seconds in which it must have come
LINGER = 2  # seconds in which a refused client may read why
LINGER_LIMIT = 8 * 1024 * 1024  # bytes that are read past meanwhile
IN_MEMORY = 512 * 1024  # bytes of a body before it goes to a file
MAX_READ = 512  # bodies being read at once
MAX_READ_OF_ONE = 64  # … of one address
MAX_HELD = 512 * 1024 * 1024  # bytes of bodies held at once
MAX_HELD_OF_ONE = 256 * 1024 * 1024  # … of one address

TOO_SLOW = plain(408, "The request took too long to arrive.\n")
FULL = plain(503, "Too much is being sent. Please try again.\n", ("retry-after", "5"))
AWAY = plain(
    503,
    "Who you are cannot be looked up now. Please try again.\n",
    ("retry-after", "5"),
)


async def nobody(scope: Scope) -> bool:
    """Allow no request more than `SMALL` bytes."""
    return False


@dataclass(slots=True, eq=False)
class HeldBody:
    """One body: the file it is kept in, its client address and its size."""

    file: IO[bytes]
    address: str
    size: int = 0  # bytes


@dataclass(slots=True)
class RequestBodies:
    """The request bodies one process holds, counted by client address."""

    # Tells whether a request may bring `LARGE` bytes; a ConnectionError: ask later
    may_be_large: Callable[[Scope], Awaitable[bool]] = nobody
    address_of: Callable[[Scope], str] = lambda scope: ""
    read_now: Counter[str] = field(default_factory=Counter)  # by address
    held_now: Counter[str] = field(default_factory=Counter)  # bytes, by address

    @contextmanager
    def kept(self, scope: Scope) -> Iterator[HeldBody]:
        """Hold a body until the request is answered."""
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            held = HeldBody(file, self.address_of(scope))
            try:
                yield held
            finally:
                _take(self.held_now, held.address, held.size)

    async def read(self, held: HeldBody, scope: Scope, receive: Receive) -> Page | None:
        """Read a request's body to its end; return a refusal if that is not to be."""
        declared = declared_size(scope)
        if declared is not None and declared > LARGE:
            return too_large(LARGE)
        if declared == 0:
            return None
        of_one = self.read_now[held.address]
        if self.read_now.total() >= MAX_READ or of_one >= MAX_READ_OF_ONE:
            return FULL
        self.read_now[held.address] += 1
        try:
            async with asyncio.timeout(BODY_TIME):
                return await self._read(held, scope, receive, declared or 0)
        except TimeoutError:
            return TOO_SLOW
        except ConnectionError:
            return AWAY
        finally:
            _take(self.read_now, held.address, 1)

    async def _read(
        self, held: HeldBody, scope: Scope, receive: Receive, declared: int
    ) -> Page | None:
        limit, is_whole = SMALL, False
        while True:
            if max(declared, held.size) > limit:
                if limit == LARGE or not await self.may_be_large(scope):
                    return too_large(limit)
                limit = LARGE
            elif is_whole:
                return None
            else:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return TOO_SLOW
                if not self._hold(held, message.get("body", b"")):
                    return FULL
                is_whole = not message.get("more_body")

    def _hold(self, held: HeldBody, piece: bytes) -> bool:
        all_told = self.held_now.total() + len(piece)
        of_one = self.held_now[held.address] + len(piece)
        if all_told > MAX_HELD or of_one > MAX_HELD_OF_ONE:
            return False
        held.file.write(piece)
        held.size += len(piece)
        self.held_now[held.address] += len(piece)
        return True


def declared_size(scope: Scope) -> int | None:
    """Return the bytes a request says it brings; None: it does not say, and may.

    In HTTP/1 there is no body without a length and without chunks (RFC 9112 §6.3).
    """
    headers = dict(scope["headers"])
    length: bytes | None = headers.get(b"content-length")
    if b"transfer-encoding" in headers or (length and not length.isdigit()):
        return None
    if length:
        return int(length[:19])  # what is longer is too large all the same
    return 0 if scope.get("http_version", "1.1").startswith("1") else None


def too_large(limit: int) -> Page:
    """Return the answer to one who sends more than `limit` bytes."""
    return plain(413, f"At most {limit} bytes can be sent here.\n")


async def refuse(page: Page, receive: Receive, send: Send) -> None:
    """Answer a request whose body has not been read, and end its connection.

    What still comes is read past for `LINGER` seconds: a server that closes at once
    destroys the answer on its way.
    """
    variant = page.variants["identity"]
    start = variant.asgi_start
    headers = [*start["headers"], (b"connection", b"close")]  # type: ignore[misc]
    await send({**start, "headers": headers})
    await send({**variant.asgi_body, "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            await _read_past(receive)
    await send({"type": "http.response.body"})


async def _read_past(receive: Receive) -> None:
    """Discard what comes until the client has sent all or leaves, `LINGER_LIMIT` at most."""
    size = 0
    while size <= LINGER_LIMIT:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):  # nor has a disconnect
            return
    await asyncio.sleep(LINGER)  # who is still sending has not read the answer yet


def _take(counter: Counter[str], name: str, count: int) -> None:
    counter[name] -= count
    if counter[name] <= 0:
        del counter[name]
