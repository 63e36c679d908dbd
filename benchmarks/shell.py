"""A shell over a trivial Django view of 60 kB: what `bench_servers` serves.

`/kept/` is public, `/made/` is made each time, `/live/` streams until the server stops.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import django
from django.conf import settings

SIZE = int(os.environ.get("BENCH_SIZE", "60000"))  # bytes

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="for the benchmark alone",
        DEBUG=False,
        LOGGING_CONFIG=None,
    )
    django.setup(set_prefix=False)

from django.core.handlers.asgi import ASGIHandler  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path, resolve  # noqa: E402

from newsroom.edge import public  # noqa: E402
from newsroom.edge.asgi_app import AsgiApplication  # noqa: E402
from newsroom.edge.client_address import Addresses  # noqa: E402
from newsroom.edge.connection_limit import (  # noqa: E402
    Connections,
    files,
    most_connections,
    most_live,
)
from newsroom.edge.page_cache import PageCache  # noqa: E402
from newsroom.edge.page_renderer import Renderer  # noqa: E402
from newsroom.edge.page_store import PageStore  # noqa: E402
from newsroom.edge.request_bodies import RequestBodies  # noqa: E402
from newsroom.edge.wsgi_bridge import threaded  # noqa: E402
from newsroom.live.hub import Hub  # noqa: E402
from newsroom.live.stream import Stream  # noqa: E402

LINE = (
    "<p>The wire said it first, and the paper says who, when and how it is known.</p>\n"
)
PAGE = (LINE * (SIZE // len(LINE) + 1))[:SIZE]


def made(request):
    return HttpResponse(PAGE)


urlpatterns = [path("made/", made), path("kept/", public(max_age=3600)(made))]


async def nothing():
    return "0-0"


async def none_since(cursor, limit):
    return [], cursor


async def no_quotes():
    return {}


class NoListener:
    listening = True

    def start(self):
        pass

    def stop(self):
        pass


def page_cache(app):
    store = PageStore()
    store.listener_up(0)
    return PageCache(
        store,
        render=Renderer(app, site="http://127.0.0.1"),
        policy_for=lambda path: getattr(resolve(path).func, "edge_policy", None),
        host_is_ours=lambda host: host.partition(":")[0] == "127.0.0.1",
    )


def shell(behind, threads):
    streams, most = most_live(files(), 5000), most_connections(files())
    hub = Hub(head=nothing, since=none_since, quotes=no_quotes, most=streams)
    stream = Stream(hub, address_of=Addresses(), per_address=100)
    return AsgiApplication(
        page_cache(WSGIHandler()), behind, threads=threads,
        hub=hub, make_listener=lambda notify: NoListener(),
        endpoints={"/live/": stream.live},
        connections=Connections(most, per_address=most // 2),
    )  # fmt: skip


def _threads():
    pool = ThreadPoolExecutor(8)
    bodies = RequestBodies(address_of=Addresses())
    return shell(threaded(WSGIHandler(), pool, bodies=bodies), pool)


def _a2wsgi():
    from a2wsgi import WSGIMiddleware

    behind = WSGIMiddleware(WSGIHandler(), workers=8)
    return shell(behind, behind.executor)


threads = _threads()
asgi = shell(ASGIHandler(), ThreadPoolExecutor(8))
try:
    a2wsgi = _a2wsgi()
except ImportError:
    a2wsgi = None
