"""A paper of one view behind the page cache, and readers who ask."""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from newsroom.edge.cache_asgi import CachingAsgiApp
from newsroom.edge.cache_key import Policy
from newsroom.edge.cached_response import Response
from newsroom.edge.decorators import ENVIRON_KEY
from newsroom.edge.page_cache import PageCache
from newsroom.edge.page_renderer import Renderer
from newsroom.edge.page_store import PageStore
from newsroom.edge.wsgi_bridge import threaded

HOST = "paper.example"
SITE = f"https://{HOST}"
HTML = ("Content-Type", "text/html; charset=utf-8")


@dataclass
class Paper:
    """A WSGI application that tells what it was asked, and can be told to fail."""

    policy: Policy | None = field(default_factory=Policy)
    body: str = "page"
    status: str = "200 OK"
    headers: list = field(default_factory=lambda: [HTML, ("Surrogate-Key", "front")])
    allowed: bool = True
    work: object = None  # called for each answer; what it returns is the body
    seen: list = field(default_factory=list)

    def __call__(self, environ, start_response):
        self.seen.append(environ)
        body = (self.work and self.work(environ)) or self.body
        if self.allowed and ENVIRON_KEY in environ:
            environ[ENVIRON_KEY].allowed = True
        start_response(self.status, self.headers)
        return [body.encode()]

    @property
    def renders(self) -> int:
        return len(self.seen)


@dataclass
class House:
    """A paper with a cache in front."""

    paper: Paper
    store: PageStore
    page_cache: PageCache
    asgi: CachingAsgiApp


def make_house(paper: Paper | None = None, **fields) -> House:
    paper = paper or Paper(**fields)
    store = PageStore()
    store.listener_up(0)
    page_cache = PageCache(
        store,
        render=Renderer(paper, site=SITE),
        policy_for=lambda path: paper.policy if not path.startswith("/admin") else None,
        host_is_ours=lambda host: host.partition(":")[0] in (HOST, "127.0.0.1"),
    )
    threads = ThreadPoolExecutor(4)
    asgi = CachingAsgiApp(page_cache, threaded(paper, threads), threads=threads)
    return House(paper, store, page_cache, asgi)


@dataclass
class Reply:
    status: int
    headers: list
    body: bytes

    def __getitem__(self, name):
        return next((v for k, v in self.headers if k.lower() == name), None)


async def ask_asgi(app, path="/", *, method="GET", headers=(), query="", body=b""):
    """Ask an ASGI application once."""
    given = (
        [(b"host", HOST.encode())] if not any(k == b"host" for k, _ in headers) else []
    )
    if body and not any(k == b"content-length" for k, _ in headers):
        given.append((b"content-length", b"%d" % len(body)))
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "headers": [*given, *headers], "scheme": "http",
        "http_version": "1.1", "client": ("127.0.0.1", 5), "server": (HOST, 80),
    }  # fmt: skip
    sent, asked = [], [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        if asked:
            return asked.pop()
        return await asyncio.Event().wait()  # the reader stays

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    return Reply(
        start["status"],
        [(k.decode(), v.decode()) for k, v in start["headers"]],
        b"".join(m.get("body", b"") for m in sent[1:]),
    )


def ask(app, path="/", *, method="GET", query="", **headers):
    """Ask an ASGI application once, from no loop; `cookie="…"` is a header."""
    raw = [
        (name.replace("_", "-").encode(), value.encode("latin-1"))
        for name, value in headers.items()
    ]
    return run(ask_asgi(app, path, method=method, query=query, headers=raw))


def server_command(port, *, workers=1, app="newsroom.asgi:application"):
    """The command that serves `app`; without the fast path if NEWSROOM_FAST_PATH=0."""
    return [
        sys.executable, "-u", "-m", "newsroom.edge.serve", f"--port={port}",
        f"--workers={workers}", f"--app={app}",
    ]  # fmt: skip


def run(coroutine):
    """Run a coroutine in a thread of its own: Playwright's loop may hold this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def in_threads(count, work):
    """Run `work` in `count` threads that begin together; return what they returned."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(n):
        barrier.wait()
        results[n] = work()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def response(body=b"page", *, status=200, tags=("front",), headers=(), allowed=True):
    return Response(
        status=status,
        headers=(("content-type", "text/html"), *headers),
        body=body,
        allowed=allowed,
        tags=frozenset(tags),
    )
