"""ASGI in front of Django: kept pages first, then the server's own addresses."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from time import monotonic
from typing import Any

from newsroom.edge.cached_response import Page, encoding_for
from newsroom.edge.connection_limit import Connections
from newsroom.edge.page_cache import BAD_HOST, BUSY, TRIES, WAIT, Address, PageCache
from newsroom.edge.page_store import Decision
from newsroom.edge.request_bodies import SMALL, declared_size, refuse, too_large

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
HttpsRule = Callable[[str | None, Mapping[bytes, bytes]], bool]

log = logging.getLogger(__name__)

NO_BODY = {"type": "http.response.body", "body": b""}


class ClientLeft(Exception):
    """The client closed the connection before the response was sent."""


class CachingAsgiApp:
    """Sends kept pages, answers the server's own addresses, and passes on the rest."""

    def __init__(
        self,
        page_cache: PageCache,
        behind: AsgiApp,
        *,
        threads: Executor,
        endpoints: Mapping[str, AsgiApp] | None = None,
        is_https: HttpsRule | None = None,
        connections: Connections | None = None,
    ) -> None:
        """`endpoints` are answered here, by exact path; `connections` counts the server's.

        `is_https` is given where plain HTTP is sent on to HTTPS by Django: it tells by the
        scheme and the headers whether a request came over HTTPS.
        """
        self.page_cache = page_cache
        self._store = page_cache.store
        self._behind = behind
        self._threads = threads
        self._endpoints = dict(endpoints or {})
        self._is_https = is_https
        self.connections = connections

    def fresh(self, url: bytes) -> Page | None:
        """Return the page kept for a plain address as it was sent, if it is fresh."""
        if b"%" in url or b"?" in url:
            return None
        return self._store.fresh(url.decode("latin-1"), monotonic())

    def admits(self, scheme: str | None, headers: Mapping[bytes, bytes]) -> bool:
        """Tell whether a kept page may answer this request: its host, and HTTPS if a must."""
        if self._is_https is not None and not self._is_https(scheme, headers):
            return False
        return self.page_cache.host_is_ours(_text(headers.get(b"host", b"")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._behind(scope, receive, send)
        try:
            await self._answer(scope, receive, _noticing_disconnect(send))
        except ClientLeft:
            log.debug("the client left before %s was sent", scope["path"])

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Of repeated headers a dict keeps the last; no kept byte depends on any of them.
        headers = dict(scope["headers"])
        if not self._is_for_us(scope, headers):
            return await _send(BAD_HOST, scope["method"], headers, send)
        if scope["method"] not in ("GET", "HEAD"):
            return await self._pass_on(scope, receive, send)
        if (declared_size(scope) or 0) > SMALL:
            return await refuse(too_large(SMALL), receive, send)
        if self._is_https is not None and not self._is_https(scope["scheme"], headers):
            return await self._pass_on(scope, receive, send)
        page = self._fresh_page(scope)
        if page is not None:
            self._store.counts["hit"] += 1
            return await _send(page, scope["method"], headers, send)
        endpoint = self._endpoints.get(scope["path"])
        if endpoint is not None:
            return await endpoint(scope, receive, send)
        found = self.page_cache.find(
            scope["path"],
            _text(scope["query_string"]),
            scope.get("raw_path") or b"",
        )
        if found is None:
            return await self._pass_on(scope, receive, send)
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
        return not is_twice and self.page_cache.host_is_ours(
            _text(headers.get(b"host", b""))
        )

    def _fresh_page(self, scope: Scope) -> Page | None:
        if scope["query_string"] or b"%" in (scope.get("raw_path") or b""):
            return None
        return self._store.fresh(scope["path"], monotonic())

    async def _page(self, address: Address) -> Page:
        for _ in range(TRIES):
            answer = self._store.lookup(address.key, monotonic())
            if answer.decision is Decision.SEND and answer.page:
                self._store.counts["hit"] += 1
                return answer.page
            if answer.pending is None:
                return answer.page or BUSY
            if answer.decision is Decision.RENDER:
                self._store.counts["miss"] += 1
                made = self._threads.submit(
                    self.page_cache.make, answer.pending, address
                )
                return await asyncio.shield(asyncio.wrap_future(made))
            try:
                result = asyncio.shield(asyncio.wrap_future(answer.pending.future))
                page = await asyncio.wait_for(result, WAIT)
            except TimeoutError:
                return self._store.stale_copy(address.key, monotonic()) or BUSY
            if page is not None:
                return page
        return BUSY

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        # "X_Forwarded_Proto" would reach WSGI under the name of the real header.
        if any(b"_" in name for name, _ in scope["headers"]):
            kept = [pair for pair in scope["headers"] if b"_" not in pair[0]]
            scope = {**scope, "headers": kept}
        await self._behind(scope, receive, send)


def _noticing_disconnect(send: Send) -> Send:
    """Return `send`, raising `ClientLeft` where it fails (ASGI 2.4: an OSError)."""

    async def sending(message: dict[str, Any]) -> None:
        try:
            await send(message)
        except OSError as error:
            raise ClientLeft from error

    return sending


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
