"""uvicorn's HTTP protocol, with bounds on what a client may send and for how long.

uvicorn leaves to a proxy how large a header may be, how long it may take and how many
connections there are. Here all three end by themselves, whoever answers the request. A
refusal never cuts into an answer that is under way. It leans on the insides of the
pinned uvicorn: the tests of this module tell when a new one differs.
"""

from asyncio import TimerHandle, Transport
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from foundation.addresses import network_of
from newsroom.edge.connection_limit import Connections

HEADER_LIMIT = 32 * 1024  # bytes of a request line and its headers, or of trailers
HEADER_TIME = 20  # seconds from the first byte of a request to the end of its headers
PIECE = 16 * 1024  # bytes the parser gets at a time, so that it copies no more
UNWANTED_LIMIT = 64 * 1024  # bytes of a body that come after the answer
LINGER = 2.0  # seconds a refused client may take to read why
LINGER_LIMIT = 256 * 1024  # bytes that are read past meanwhile; the rest stays with him
HURRY = 2.0  # seconds for a header while all connections are taken

TOO_MUCH = f"At most {HEADER_LIMIT} bytes of headers can be sent.\n"
FULL = "Too many connections are open. Please try again.\n"


class BoundedProtocol(HttpToolsProtocol):
    """Refuses endless headers and trailers, and closes connections that send nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._connections: Connections | None = getattr(self.app, "connections", None)
        # Open streams never end by themselves, and uvicorn would wait for them.
        self._close_streams: Callable[[], None] | None = getattr(
            self.app, "close_soon", None
        )
        self._in_head = False  # between a request's first byte and its headers' end
        self._in_message = False  # between a request's first and last byte
        self._piece = 0  # bytes the parser has at the moment
        self._moved = False  # the parser got on to another part in this piece
        self._fed = 0  # whole pieces since it last did, in bytes
        self._unwanted = 0  # bytes of a body that came after the answer
        self._refused = False  # what comes is read past: the connection ends
        self._deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer = network_of(self.client[0] if self.client else "")
        if self._connections is not None and not self._connections.admit(self, peer):
            self._refused = True
            transport.write(_refusal(503, FULL))
            transport.close()
            return
        self._deadline = self.loop.call_later(HEADER_TIME, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_deadline()
        if self._connections is not None:
            self._connections.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            self._read_past(len(data))
            return
        if len(data) > PIECE:
            for start in range(0, len(data), PIECE):
                if self.transport.is_closing() or self._refused:
                    return
                self.data_received(data[start : start + PIECE])
            return
        self._piece, self._moved = len(data), False
        super().data_received(data)
        if self._in_message:
            self._count()
        elif self.timeout_keep_alive_task is None and self._waits():
            self._set_deadline()  # line breaks between two requests hold no connection

    def on_message_begin(self) -> None:
        self._in_head = self._in_message = self._moved = True
        self._unwanted = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._refused:
            return
        # What came since the request began is known to a piece: weigh it if in doubt.
        if self._fed + self._piece > HEADER_LIMIT - PIECE and self._weight() > (
            HEADER_LIMIT
        ):
            self._refuse(431, TOO_MUCH)
            return
        self._in_head, self._moved = False, True
        self._cancel_deadline()
        self.on_request()

    def on_request(self) -> None:
        """Hand a request, whose headers are read, to the application."""
        self._unset_keepalive_if_required()
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.transport = _SilentWhenClosing(self.transport)  # type: ignore[assignment]
        # A chunked body's trailers are told to nobody: a proxy never saw them as headers.
        self.headers = []

    def on_body(self, body: bytes) -> None:
        self._moved = True
        if self._refused:
            return
        if self.cycle.response_complete:
            self._unwanted += len(body)
            if self._unwanted > UNWANTED_LIMIT:
                self._end()
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._refused:
            return
        self._in_head = self._in_message = False
        self._moved = True
        if self._deadline is not None:
            self._cancel_deadline()
        self.on_request_complete()

    def on_request_complete(self) -> None:
        """Tell the application that the request has been read to its end."""
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:
            self.cycle.body = bytearray()  # nobody will ask for the rest
            if self._in_message:
                self._set_deadline()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, f"{msg}\n")

    def shutdown(self) -> None:
        if self._close_streams is not None:
            self._close_streams()
        super().shutdown()

    def is_idle(self) -> bool:
        """Tell whether nothing is under way: it may be closed when room is needed."""
        if not self._waits() or self._refused:
            return False
        if self.timeout_keep_alive_task is not None:
            return True
        if self._deadline is None:
            return False
        return self._deadline.when() - self.loop.time() < HEADER_TIME - HURRY

    def close_idle(self) -> None:
        """Close an idle connection: its room is needed."""
        self.transport.close()

    def _waits(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _count(self) -> None:
        """Bound what comes without getting further; the piece that began it is free."""
        self._fed = 0 if self._moved else self._fed + self._piece
        if self._fed > HEADER_LIMIT:
            self._refuse(431, TOO_MUCH)
        elif self._in_head:
            self._set_deadline()

    def _weight(self) -> int:
        fields = sum(len(name) + len(value) + 4 for name, value in self.headers)
        return len(self.url) + fields

    def _refuse(self, status: int, text: str) -> None:
        """Answer a request that is not read to its end, and end the connection.

        An answer that is under way, or waits for its turn, is finished first; the refusal
        is then the end of the connection.
        """
        if self._refused or self.transport.is_closing():
            return
        self._cancel_deadline()
        cycle, is_new = self.cycle, self._in_head or not self._in_message
        self._refused = True
        if cycle is not None and not cycle.response_complete:
            if is_new:
                cycle.keep_alive = False
                return
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started or self.pipeline:
                self.transport.close()
                return
        self.transport.write(_refusal(status, text))
        self._linger()

    def _linger(self) -> None:
        """Let the client read the refusal: closing on unread bytes would destroy it."""
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self._unwanted = 0
        self.flow.resume_reading()
        self._deadline = self.loop.call_later(LINGER, self.transport.abort)

    def _read_past(self, size: int) -> None:
        self._unwanted += size
        if self._unwanted > LINGER_LIMIT:
            self.flow.pause_reading()

    def _set_deadline(self) -> None:
        if self._deadline is None and not self._refused:
            self._deadline = self.loop.call_later(HEADER_TIME, self._too_slow)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self._end()

    def _end(self) -> None:
        """Close, after the answer that is under way."""
        self._refused = True
        if self._waits():
            self.transport.close()
        else:
            self.cycle.keep_alive = False


class _SilentWhenClosing:
    """A transport that ignores writes once it is closing: a client may leave at any time."""

    __slots__ = ("_transport", "close", "is_closing")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.close, self.is_closing = transport.close, transport.is_closing

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


def _refusal(status: int, text: str) -> bytes:
    body = text.encode()
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "content-type: text/plain; charset=utf-8",
        f"content-length: {len(body)}",
        "cache-control: no-store",
        "connection: close",
    ]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        lines.append("retry-after: 5")
    return "\r\n".join([*lines, "", ""]).encode() + body
