"""Render a page by Django with a request of our own, which holds nothing of a reader."""

import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from newsroom.edge.cached_response import Response
from newsroom.edge.decorators import ENVIRON_KEY, CacheConsent

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Renderer:
    """Renders a page from its address alone.

    Nothing of a reader's request goes in: no header, no cookie, no host, no body. So
    nothing of it can come out in a page that others get.
    """

    def __init__(self, app: WsgiApp, *, site: str) -> None:
        """`site` is the paper's own address, "https://paper.example"."""
        self._app = app
        parts = urlsplit(site)
        self._fixed = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "SERVER_NAME": parts.hostname or "localhost",
            "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": parts.netloc,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": parts.scheme or "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }

    def __call__(self, path: str, query: str) -> Response:
        """Return Django's answer to `path` (decoded) and `query`, read to its end."""
        consent = CacheConsent()
        environ = {
            **self._fixed,
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": query,
            "wsgi.input": BytesIO(),
            ENVIRON_KEY: consent,
        }
        started: list[Any] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _: object = None
        ) -> None:
            started[:] = [int(status[:3]), headers]

        chunks = self._app(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = started
        kept = tuple((name.lower(), value) for name, value in headers)
        tags = next((v for k, v in kept if k == "surrogate-key"), "")
        return Response(
            status=status, headers=kept, body=body, allowed=consent.allowed,
            tags=frozenset(tags.split()),
        )  # fmt: skip
