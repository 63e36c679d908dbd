"""The fast lane: a kept page leaves as soon as its request line and headers are read.

uvicorn makes a task, a scope and two awaited messages for every request; for bytes that
lie ready, that is three quarters of the work. This protocol answers hits itself and gives
everything else to uvicorn, untouched. It also bounds the time a header may take, which
uvicorn leaves to a proxy. It leans on the insides of the pinned uvicorn: the tests of
this module tell when a new one differs.
"""

import logging
from asyncio import TimerHandle, Transport
from functools import cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from newsroom.edge.asgi import AsgiDoor
from newsroom.edge.page import encoding_for
from newsroom.edge.shell import Shell

HEADER_TIME = 20  # seconds from the first byte of a request to the end of its headers

log = logging.getLogger(__name__)


class FastLane(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with kept pages answered before a task is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._door: AsgiDoor | None = (
            self.app if isinstance(self.app, AsgiDoor) else None
        )
        self._answered = False
        self._reading = (
            False  # between the first byte of a request and its headers' end
        )
        self._deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEADER_TIME, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._reading and self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_TIME, self._too_slow)

    def on_message_begin(self) -> None:
        self._answered, self._reading = False, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._reading = False
        self._in_time()
        ready = self._kept()
        if ready is None:
            super().on_headers_complete()
            return
        self._answered = True
        self.transport.writelines(ready)
        self.server_state.total_requests += 1
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def on_body(self, body: bytes) -> None:
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._answered:
            super().on_message_complete()

    def shutdown(self) -> None:
        # Open streams never end by themselves, and uvicorn would wait for them.
        if isinstance(self._door, Shell):
            self._door.close_soon()
        super().shutdown()

    def _kept(self) -> tuple[bytes, ...] | None:
        """Return what to send at once, or None: the door shall look at it in full."""
        parser, cycle = self.parser, self.cycle
        if (
            self._door is None
            or (cycle is not None and not cycle.response_complete)
            or self.flow.write_paused
            or self.expect_100_continue
            or parser.get_method() != b"GET"
            or not parser.should_keep_alive()
            or parser.get_http_version() != "1.1"
        ):
            return None
        page = self._door.fresh(self.url)
        headers = dict(self.headers)
        if page is None or not self._door.admits(self.scheme, headers):
            return None
        held = headers.get(b"if-none-match")
        if held is not None and held not in page.etags:
            return None
        self._door.gate.store.counts["hit"] += 1
        variant = page.variants[encoding_for(headers.get(b"accept-encoding", b""))]
        return (variant.head, variant.body) if held is None else (variant.head_304,)

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


@cache
def _say_once(name: str) -> None:
    log.warning(
        "the fast lane is closed: uvicorn wraps the shell in %s; start it by"
        " newsroom.serve, or with --no-proxy-headers",
        name,
    )
