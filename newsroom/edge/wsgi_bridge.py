"""Django's WSGI handler in threads, as an ASGI application.

A thread is held while Django works and at no other time: the request's body is read
before, and a slow reader of a long answer waits without one.
"""

import asyncio
import contextvars
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import IO, Any

from newsroom.edge.cache_asgi import AsgiApp, Receive, Scope, Send
from newsroom.edge.cached_response import Page
from newsroom.edge.page_cache import BROKEN, BUSY
from newsroom.edge.page_renderer import WsgiApp
from newsroom.edge.request_bodies import RequestBodies, refuse

PIECE = 256 * 1024  # bytes of an answer taken from Django at a time
MAX_WAITING = 256  # requests that wait for a thread

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Answer:
    """What Django has answered so far."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    chunks: Iterator[bytes] = iter(())
    close: Any = None  # the response's own `close`, which ends Django's request


def threaded(
    app: WsgiApp,
    threads: Executor,
    *,
    bodies: RequestBodies | None = None,
    most: int = 0,
    busy: Page = BUSY,
) -> AsgiApp:
    """Return `app` as an ASGI application whose work is done by `threads`.

    At most `most` requests (default: `MAX_WAITING`) wait for a thread or hold one; who
    comes then is answered with `busy`.
    """
    waiting, most = 0, most or MAX_WAITING
    bodies = bodies or RequestBodies()

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal waiting
        if scope["type"] != "http":
            raise ValueError(f"{scope['type']} is not served here")
        if waiting >= most:
            await _send_page(busy, send)
            return
        with bodies.kept(scope) as held:
            refusal = await bodies.read(held, scope, receive)
            if refusal is not None:
                await refuse(refusal, receive, send)
                return
            if waiting >= most:  # others came while this body was read
                await _send_page(busy, send)
                return
            waiting += 1
            try:
                await _serve(app, threads, environ_for(scope, held.file), send)
            finally:
                waiting -= 1

    return behind


def environ_for(scope: Scope, body: IO[bytes]) -> dict[str, Any]:
    """Return the WSGI form of an ASGI request. Headers with "_" in the name stay out:

    `X_Forwarded_Proto` would otherwise pass for the real one (CVE-2026-3902).
    """
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme") or "http",
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = map(str, scope["client"])
    for raw, value in scope["headers"]:
        if b"_" in raw:
            continue
        name = raw.decode("latin-1").upper().replace("-", "_")
        if name not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            name = f"HTTP_{name}"
        text = value.decode("latin-1")
        joint = "; " if name == "HTTP_COOKIE" else ","
        environ[name] = f"{environ[name]}{joint}{text}" if name in environ else text
    size = body.seek(0, 2)
    body.seek(0)
    environ["CONTENT_LENGTH"] = str(size) if size else environ.get("CONTENT_LENGTH", "")
    return environ


async def _serve(
    app: WsgiApp, threads: Executor, environ: dict[str, Any], send: Send
) -> None:
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    answer = Answer()
    try:
        piece, more = await loop.run_in_executor(
            threads, context.run, _begin, app, environ, answer
        )
    except Exception:  # noqa: BLE001 - a thread's error must become an answer
        log.exception("no answer for %s", environ["PATH_INFO"])
        await _send_page(BROKEN, send)
        return
    try:
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": answer.headers,
            }
        )
        await send({"type": "http.response.body", "body": piece, "more_body": more})
        while more:
            piece, more = await loop.run_in_executor(
                threads, context.run, _piece, answer
            )
            await send({"type": "http.response.body", "body": piece, "more_body": more})
    finally:
        if more:
            await loop.run_in_executor(threads, context.run, _end, answer)


def _begin(app: WsgiApp, environ: dict[str, Any], answer: Answer) -> tuple[bytes, bool]:
    def start_response(
        status: str, headers: list[tuple[str, str]], _: object = None
    ) -> None:
        answer.status = int(status[:3])
        answer.headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in headers
        ]
        if not any(name == b"date" for name, _ in answer.headers):
            answer.headers.append((b"date", formatdate(usegmt=True).encode()))

    chunks = app(environ, start_response)
    answer.close = getattr(chunks, "close", None)
    answer.chunks = iter(chunks)
    return _piece(answer)


def _piece(answer: Answer) -> tuple[bytes, bool]:
    """Take the next `PIECE` bytes or so; at the end, close the response."""
    taken, size = [], 0
    try:
        for chunk in answer.chunks:
            taken.append(chunk)
            size += len(chunk)
            if size >= PIECE:
                return b"".join(taken), True
    except BaseException:
        _end(answer)
        raise
    _end(answer)
    return b"".join(taken), False


def _end(answer: Answer) -> None:
    close, answer.close = answer.close, None
    if close is not None:
        close()


async def _send_page(page: Page, send: Send) -> None:
    variant = page.variants["identity"]
    await send(variant.asgi_start)
    await send(variant.asgi_body)
