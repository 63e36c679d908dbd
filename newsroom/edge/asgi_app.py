"""The ASGI application: pages, live stream and Django behind one port, in one process."""

import asyncio
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from newsroom.edge.cache_asgi import (
    AsgiApp,
    CachingAsgiApp,
    HttpsRule,
    Receive,
    Scope,
    Send,
)
from newsroom.edge.connection_limit import Connections
from newsroom.edge.health import Client, Endpoint
from newsroom.edge.listener import Listener
from newsroom.edge.page_cache import PageCache

log = logging.getLogger(__name__)


class LiveStream(Protocol):
    """What the application needs of the live stream; `newsroom.live.hub.Hub` has it."""

    def notify(self, kind: str) -> None: ...

    async def run(self) -> None: ...

    async def close(self) -> None: ...


class AsgiApplication(CachingAsgiApp):
    """The page cache and what starts and stops with it: the listener and the live stream."""

    def __init__(
        self,
        page_cache: PageCache,
        behind: AsgiApp,
        *,
        threads: ThreadPoolExecutor,
        hub: LiveStream,
        make_listener: Callable[[Callable[[str], None]], Listener],
        endpoints: dict[str, AsgiApp],
        is_https: HttpsRule | None = None,
        connections: Connections | None = None,
    ) -> None:
        """`make_listener` is given what to call with each payload of the `live` channel."""
        super().__init__(
            page_cache, behind, threads=threads, endpoints=endpoints, is_https=is_https,
            connections=connections,
        )  # fmt: skip
        self._hub, self._make_listener = hub, make_listener
        self._listener: Listener | None = None
        self._reading: asyncio.Task[None] | None = None
        self._closing: asyncio.Future[None] | None = None

    def listening(self) -> bool:
        """Tell whether changes are heard and the live stream reads its ledger."""
        heard = self._listener is not None and self._listener.listening
        return heard and self._reading is not None and not self._reading.done()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._lifespan(receive, send)
        return await super().__call__(scope, receive, send)

    def close_soon(self) -> None:
        """Begin to end the open streams: the server is about to stop."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._hub.close())

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._begin()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._end()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()

        def notify(payload: str) -> None:
            loop.call_soon_threadsafe(self._hub.notify, kind_of(payload))

        self._reading = asyncio.create_task(self._hub.run(), name="live")
        self._reading.add_done_callback(_log_failure)
        self._listener = self._make_listener(notify)
        self._listener.start()

    async def _end(self) -> None:
        self.close_soon()
        if self._closing is not None:
            await self._closing
        if self._listener is not None:
            self._listener.stop()
        if self._reading is not None:
            self._reading.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)


def kind_of(payload: str) -> str:
    """Return the kind of a payload of the `live` channel; an empty text if unreadable."""
    try:
        data = json.loads(payload)
    except json.JSONDecodeError:
        log.warning("unreadable payload on the live channel: %.80r", payload)
        return ""
    return str(data.get("kind", "")) if isinstance(data, dict) else ""


def as_asgi(endpoint: Endpoint, threads: ThreadPoolExecutor) -> AsgiApp:
    """Return an endpoint, which blocks, as an ASGI application that asks it in a thread."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        client = Client((scope.get("client") or ("", 0))[0], headers)
        loop = asyncio.get_running_loop()
        page = await loop.run_in_executor(threads, endpoint, client)
        variant = page.variants["identity"]
        await send(variant.asgi_start)
        await send(variant.asgi_body)

    return app


def _log_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        log.critical("the live stream stopped", exc_info=error)
