"""A server on loopback that misbehaves as the path of the URL tells it to.

`BEHAVIOURS` holds one function for each way, by name (see `behaviours`); it is given the
connection and the request's head and does what it does. With it stands what a client
must make of it: a status that counts as an answer, or the `reason` of a `FetchError`.
"""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

DRIP = 0.05  # seconds between two bytes of a slow server
PATIENCE = 20  # seconds until a behaviour gives up by itself

BEHAVIOURS: dict[str, "Behaviour"] = {}


@dataclass
class Behaviour:
    act: Callable[["Connection", bytes], None]
    expects: int | str
    slow: bool  # ends by the deadline alone
    keeps: bool  # the connection may serve another request


class Connection:
    """One accepted connection, with the few moves the behaviours are made of."""

    def __init__(self, sock: socket.socket, server: "BadServer"):
        self.sock = sock
        self.server = server

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.sock.sendall(part)

    def flood(self, part: bytes) -> None:
        """Send `part` until the other side has had enough."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not self.server.closing.is_set():
            self.sock.sendall(part)

    def drip(self, data: bytes, *, forever: bool = True) -> None:
        """Send `data` byte by byte, over and over."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for byte in data:
                self.sock.sendall(bytes([byte]))
                if self.server.closing.wait(DRIP):
                    return
            if not forever:
                return

    def wait(self, seconds: float = PATIENCE) -> None:
        self.server.closing.wait(seconds)

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        linger = struct.pack("ii", 1, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.sock.close()

    def answer(self, status: str, *headers: str, body: bytes = b"") -> None:
        lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
        self.send("\r\n".join(lines).encode("latin-1") + body)

    def read_head(self) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            data = self.sock.recv(65536)
            if not data:
                return b""
            head += data
        return head


class BadServer:
    """Accepts on loopback until closed; one thread for each connection."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        only: Callable[[Connection, bytes], None] | None = None,
    ):
        self._tls = tls
        self._only = only
        self.closing = threading.Event()
        self.heads: list[bytes] = []  # of the requests, in order
        self.connections = 0
        self.inside = self.most_inside = 0
        self.lock = threading.Lock()
        self._own: dict[str, Behaviour] = {}
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{host}:{self.port}/{path}"

    def behave(self, name: str, status: str, *headers: str, body: bytes = b"") -> None:
        """Let this server alone answer `name` with this."""

        def act(connection: Connection, head: bytes) -> None:
            connection.answer(status, *headers, body=body)

        self._own[name] = Behaviour(act, int(status[:3]), slow=False, keeps=True)

    @property
    def paths(self) -> list[str]:
        return [head.split()[1].decode() for head in self.heads]

    def close(self) -> None:
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self.lock:
            left = list(self._open)
        for sock in left:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self._open.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        sock = raw
        try:
            # What the client breaks off ends here; that is what the behaviours are for.
            with suppress(OSError):
                if self._only:
                    self._only(Connection(sock, self), b"")
                    return
                if self._tls:
                    sock = self._tls.wrap_socket(raw, server_side=True)
                self._requests(Connection(sock, self))
        finally:
            with self.lock:
                self._open.discard(raw)
            with suppress(OSError):
                sock.close()
            raw.close()

    def _requests(self, connection: Connection) -> None:
        while head := connection.read_head():
            self.heads.append(head)
            name = head.split()[1].decode().lstrip("/").partition("/")[0]
            with self.lock:
                self.inside += 1
                self.most_inside = max(self.most_inside, self.inside)
            name = name.partition("?")[0]
            behaviour = self._own.get(name) or BEHAVIOURS[name]
            try:
                behaviour.act(connection, head)
            finally:
                with self.lock:
                    self.inside -= 1
            if not behaviour.keeps:
                return


def behaviour(expects: int | str, *, slow: bool = False, keeps: bool = False):
    def register(act):
        BEHAVIOURS[act.__name__] = Behaviour(act, expects, slow, keeps)
        return act

    return register
