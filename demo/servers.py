"""The fictional sources and market feeds over HTTP on loopback, with ETag and 304."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from urllib.parse import urlsplit

from demo import formats, pictures, quotes, started
from demo.formats import Document, Place
from demo.numbers import Closing, weekdays
from demo.posts import World

HOST = "127.0.0.1"
PORT = 8090
SERVER_NAME = "demo-wire"

# Where the market documents are, as at the providers they imitate
COINS = "/api/v3/coins/markets"
RATES = "/stats/eurofxref/eurofxref-hist-90d.xml"
TABLE = "/table.csv"

Clock = Callable[[], datetime]


def base_url(port: int) -> str:
    """What the addresses of the fictional world begin with."""
    return f"http://{HOST}:{port}"


def utc_now() -> datetime:
    return datetime.now(UTC)


class Present:
    """The world that is loaded now: a reset while the servers run begins another."""

    def __init__(self, var: Path) -> None:
        """Raises `started.NotLoaded` if there is none."""
        self._var = var
        self._written = 0
        self._world: World | None = None
        self()

    def __call__(self) -> World:
        try:
            written = started.file_in(self._var).stat().st_mtime_ns
        except FileNotFoundError:
            written = 0  # being reset: the old world goes on until the new one begins
        if self._world is None or (written and written != self._written):
            self._world, self._written = World(started.read(self._var)), written
        return self._world


class Sites:
    """Every page the demo's providers have, by path."""

    def __init__(
        self,
        world: Callable[[], World],
        *,
        base: str,
        clock: Clock = utc_now,
        closing: Closing = weekdays,
    ) -> None:
        self.world = world
        self.base = base
        self.clock = clock
        sources = world().sources
        self._feeds = {formats.path(row): slug for slug, row in sources.items()}
        self._markets: dict[str, Callable[[datetime], Document]] = {
            COINS: quotes.coins,
            RATES: quotes.reference_rates,
            TABLE: partial(quotes.table, closing=closing),
        }

    def answer(self, path: str) -> Document | None:
        """The document at `path` now; None if there is none."""
        now = self.clock()
        if slug := self._feeds.get(path):
            return formats.render(self.world(), slug, base=self.base, now=now)
        if market := self._markets.get(path):
            return market(now)
        if path.startswith("/photo/"):
            return "image/jpeg", photo(path)
        return self._single(path, now)

    def _single(self, path: str, now: datetime) -> Document | None:
        slug, _, number = path.strip("/").partition("/")
        world = self.world()
        if slug not in world.sources:
            return None
        if not number:
            return formats.render(self.world(), slug, base=self.base, now=now)
        post = world.numbered(slug, int(number), now) if number.isdigit() else None
        if post is None:
            return None
        source = world.sources[slug]
        place = Place(world=world, source=source, base=self.base, now=now)
        return formats.single(place, post)


@lru_cache(maxsize=32)
def photo(path: str) -> bytes:
    """A small picture for an album: always the same one under the same name."""
    return pictures.snapshot(path)


def make_server(
    world: Callable[[], World],
    *,
    port: int = PORT,
    clock: Clock = utc_now,
    closing: Closing = weekdays,
) -> ThreadingHTTPServer:
    """Bind the server (port 0: any free one). Raises `OSError` if the port is taken."""
    server = _Server((HOST, port), BaseHTTPRequestHandler)
    base = base_url(server.server_port)
    sites = Sites(world, base=base, clock=clock, closing=closing)
    server.RequestHandlerClass = type("Handler", (_Handler,), {"sites": sites})
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(
        self, request: socket | tuple[bytes, socket], client_address: object
    ) -> None:
        """Pass over readers that hang up; anything else is told as usual."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD; keeps connections; logs nothing."""

    sites: Sites  # set by `make_server` on a class of the server's own

    protocol_version = "HTTP/1.1"
    server_version = SERVER_NAME
    sys_version = ""
    timeout = 30  # seconds a silent connection is kept

    def do_GET(self) -> None:
        document = self.sites.answer(urlsplit(self.path).path)
        if document is None:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"not found\n")
            return
        content_type, body = document
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        if self.headers.get("If-None-Match") == etag:
            self._send(HTTPStatus.NOT_MODIFIED, content_type, b"", etag)
            return
        self._send(HTTPStatus.OK, content_type, body, etag)

    do_HEAD = do_GET

    def _send(
        self, status: HTTPStatus, content_type: str, body: bytes, etag: str = ""
    ) -> None:
        self.send_response(status)
        if etag:
            self.send_header("ETag", etag)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != HTTPStatus.NOT_MODIFIED:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a poll a second is no news."""
