"""The ASGI door: kept pages first, then our own addresses, then Django."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from time import monotonic
from typing import Any

from newsroom.edge.cached_response import Page, encoding_for
from newsroom.edge.connection_limit import Connections
from newsroom.edge.page_cache import BAD_HOST, BUSY, TRIES, WAIT, Address, Gate
from newsroom.edge.page_store import Turn
from newsroom.edge.request_bodies import SMALL, declared_size, refuse, too_large

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Secure = Callable[[str | None, Mapping[bytes, bytes]], bool]

log = logging.getLogger(__name__)

NO_BODY = {"type": "http.response.body", "body": b""}


class ReaderLeft(Exception):
    """The reader hung up before the answer was told."""


class AsgiDoor:
    """Serves what is kept and hands on the rest."""

    def __init__(
        self,
        gate: Gate,
        behind: AsgiApp,
        *,
        threads: Executor,
        own: Mapping[str, AsgiApp] | None = None,
        secure: Secure | None = None,
        connections: Connections | None = None,
    ) -> None:
        """`own` are answered here, by exact path; `connections` counts the server's.

        `secure` is given where plain HTTP is sent on to HTTPS by Django: it tells by the
        scheme and the headers whether a request came over HTTPS.
        """
        self.gate = gate
        self._store = gate.store
        self._behind = behind
        self._threads = threads
        self._own = dict(own or {})
        self._secure = secure
        self.connections = connections

    def fresh(self, url: bytes) -> Page | None:
        """Return the page kept for a plain address as it was sent, if it is fresh."""
        if b"%" in url or b"?" in url:
            return None
        return self._store.fresh(url.decode("latin-1"), monotonic())

    def admits(self, scheme: str | None, headers: Mapping[bytes, bytes]) -> bool:
        """Tell whether a kept page may go to this request at all."""
        if self._secure is not None and not self._secure(scheme, headers):
            return False
        return self.gate.host_is_ours(_text(headers.get(b"host", b"")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._behind(scope, receive, send)
        try:
            await self._answer(scope, receive, _telling(send))
        except ReaderLeft:
            log.debug("a reader left before %s was told", scope["path"])

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Of repeated headers a dict keeps the last; no kept byte depends on any of them.
        headers = dict(scope["headers"])
        if not self._is_for_us(scope, headers):
            return await _send(BAD_HOST, scope["method"], headers, send)
        if scope["method"] not in ("GET", "HEAD"):
            return await self._hand_on(scope, receive, send)
        if (declared_size(scope) or 0) > SMALL:
            return await refuse(too_large(SMALL), receive, send)
        if self._secure is not None and not self._secure(scope["scheme"], headers):
            return await self._hand_on(scope, receive, send)
        page = self._at_once(scope)
        if page is not None:
            self._store.counts["hit"] += 1
            return await _send(page, scope["method"], headers, send)
        own = self._own.get(scope["path"])
        if own is not None:
            return await own(scope, receive, send)
        found = self.gate.find(
            scope["path"],
            _text(scope["query_string"]),
            scope.get("raw_path") or b"",
        )
        if found is None:
            return await self._hand_on(scope, receive, send)
        page = found if isinstance(found, Page) else await self._page(found)
        return await _send(page, scope["method"], headers, send)

    def _is_for_us(self, scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
        """Tell whether a request names this paper, and nothing beside it.

        For every address alike: a page of another site that was led to this machine by
        DNS names that site, and learns nothing.
        """
        is_twice = len(headers) != len(scope["headers"]) and (
            sum(name == b"host" for name, _ in scope["headers"]) > 1
        )
        return not is_twice and self.gate.host_is_ours(_text(headers.get(b"host", b"")))

    def _at_once(self, scope: Scope) -> Page | None:
        if scope["query_string"] or b"%" in (scope.get("raw_path") or b""):
            return None
        return self._store.fresh(scope["path"], monotonic())

    async def _page(self, address: Address) -> Page:
        for _ in range(TRIES):
            answer = self._store.ask(address.key, monotonic())
            if answer.turn is Turn.TAKE and answer.page:
                self._store.counts["hit"] += 1
                return answer.page
            if answer.flight is None:
                return answer.page or BUSY
            if answer.turn is Turn.LEAD:
                self._store.counts["miss"] += 1
                made = self._threads.submit(self.gate.make, answer.flight, address)
                return await asyncio.shield(asyncio.wrap_future(made))
            try:
                landed = asyncio.shield(asyncio.wrap_future(answer.flight.landed))
                page = await asyncio.wait_for(landed, WAIT)
            except TimeoutError:
                return self._store.copy(address.key, monotonic()) or BUSY
            if page is not None:
                return page
        return BUSY

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        # "X_Forwarded_Proto" would reach WSGI under the name of the real header.
        if any(b"_" in name for name, _ in scope["headers"]):
            kept = [pair for pair in scope["headers"] if b"_" not in pair[0]]
            scope = {**scope, "headers": kept}
        await self._behind(scope, receive, send)


def _telling(send: Send) -> Send:
    """Return `send` whose failures say that the reader left (ASGI 2.4: an OSError)."""

    async def tell(message: dict[str, Any]) -> None:
        try:
            await send(message)
        except OSError as error:
            raise ReaderLeft from error

    return tell


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


async def _send(
    page: Page, method: str, headers: Mapping[bytes, bytes], send: Send
) -> None:
    variant = page.variants[encoding_for(headers.get(b"accept-encoding", b""))]
    held = headers.get(b"if-none-match")
    if held is not None and page.status == 200 and page.has(held):
        await send(variant.asgi_304)
        await send(NO_BODY)
    else:
        await send(variant.asgi_start)
        await send(NO_BODY if method == "HEAD" else variant.asgi_body)
