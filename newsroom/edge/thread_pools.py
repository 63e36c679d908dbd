"""Thread pools for Django: a request's path decides which one it gets.

Guessing at passwords keeps threads busy for as long as anybody likes, and so do partners
who read much: each kind of work has threads and a queue of its own, and holds up its own
alone. Each thread may hold a connection to the database.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings

from newsroom.edge.cache_asgi import AsgiApp, Receive, Scope, Send
from newsroom.edge.cached_response import Page
from newsroom.edge.page_cache import BUSY, plain
from newsroom.edge.page_renderer import WsgiApp
from newsroom.edge.request_bodies import RequestBodies
from newsroom.edge.wsgi_bridge import threaded

ASK_FOR_A_PASSWORD = ("/admin/login/", "/admin/password_change/")
CROWDED_LOGIN = plain(
    503,
    "Too many people are signing in just now. Please try again in a few seconds.\n",
    ("retry-after", "3"),
)


@dataclass(frozen=True, slots=True)
class Pool:
    """Threads for one kind of request."""

    name: str
    threads: int
    most: int  # requests that wait for one or hold one
    busy: Page = BUSY


def pools() -> tuple[Pool, ...]:
    """Return the pools there are, as they are set."""
    return (
        # Short: each that waits before an honest editor is a third of a second of hers.
        Pool("login", settings.LOGIN_THREADS, 16, CROWDED_LOGIN),
        Pool("api", settings.API_THREADS, 64),
        Pool("desk", settings.DESK_THREADS, 256),
        Pool("file", settings.FILE_THREADS, 256),
    )


def pool_for(method: str, path: str) -> str:
    """Return the name of the pool that does the work for this request."""
    if path in ASK_FOR_A_PASSWORD and method.upper() == "POST":
        return "login"
    if path.startswith("/admin/"):
        return "desk"
    return "api" if path.startswith("/api/") else "file"


def make_behind(app: WsgiApp, bodies: RequestBodies | None = None) -> AsgiApp:
    """Return `app` with each kind of request in threads of its own.

    `bodies` holds what the requests of all kinds bring.
    """
    behinds = {
        pool.name: threaded(
            app,
            ThreadPoolExecutor(pool.threads, thread_name_prefix=pool.name),
            bodies=bodies,
            most=pool.most,
            busy=pool.busy,
        )
        for pool in pools()
    }

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        name = pool_for(scope.get("method", ""), scope.get("path", ""))
        await behinds[name](scope, receive, send)

    return behind
