"""The ASGI shell: pages, live stream and Django behind one port, in one process."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from newsroom.edge.cache_asgi import AsgiApp, AsgiDoor, Receive, Scope, Send
from newsroom.edge.connection_limit import Connections
from newsroom.edge.health import Own, Visitor
from newsroom.edge.listener import Listener
from newsroom.edge.page_cache import Gate

log = logging.getLogger(__name__)


class Shell(AsgiDoor):
    """The door, with the life around it: who listens, and who ends when."""

    def __init__(
        self,
        gate: Gate,
        behind: AsgiApp,
        *,
        threads: ThreadPoolExecutor,
        listener: Callable[[Callable[[str], None]], Listener],
        ring: Callable[[str], None],
        run: Callable[[], Coroutine[Any, Any, None]],
        close: Callable[[], Coroutine[Any, Any, None]],
        own: dict[str, AsgiApp],
        secure: Callable[..., bool] | None = None,
        connections: Connections | None = None,
    ) -> None:
        """`run` reads what is live until cancelled, `close` lets its readers go."""
        super().__init__(
            gate, behind, threads=threads, own=own, secure=secure,
            connections=connections,
        )  # fmt: skip
        self._make_listener = listener
        self._ring, self._run, self._close = ring, run, close
        self._listener: Listener | None = None
        self._reading: asyncio.Task[None] | None = None
        self._closing: asyncio.Future[None] | None = None

    def listening(self) -> bool:
        """Tell whether changes are heard and the live stream is read."""
        heard = self._listener is not None and self._listener.listening
        return heard and self._reading is not None and not self._reading.done()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._live(receive, send)
        return await super().__call__(scope, receive, send)

    def close_soon(self) -> None:
        """Let the readers of open streams go: the server is about to stop."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())

    async def _live(self, receive: Receive, send: Send) -> None:
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

        def ring(payload: str) -> None:
            loop.call_soon_threadsafe(self._ring, kind_of(payload))

        self._reading = asyncio.create_task(self._run(), name="live")
        self._reading.add_done_callback(_say_if_it_died)
        self._listener = self._make_listener(ring)
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
    """Return what a ring on the `live` channel is about; an empty text if unreadable."""
    try:
        told = json.loads(payload)
    except json.JSONDecodeError:
        log.warning("unreadable ring on the live channel: %.80r", payload)
        return ""
    return str(told.get("kind", "")) if isinstance(told, dict) else ""


def answered_by(own: Own, threads: ThreadPoolExecutor) -> AsgiApp:
    """Return an ASGI application for one of our own, blocking, answers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        visitor = Visitor((scope.get("client") or ("", 0))[0], headers)
        loop = asyncio.get_running_loop()
        page = await loop.run_in_executor(threads, own, visitor)
        variant = page.variants["identity"]
        await send(variant.asgi_start)
        await send(variant.asgi_body)

    return app


def _say_if_it_died(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        log.critical("the live stream stopped", exc_info=error)
