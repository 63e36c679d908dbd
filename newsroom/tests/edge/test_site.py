"""The real site behind the edge: five kinds of readers, every public route, any order."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, connections
from django.urls import URLPattern, URLResolver, get_resolver

from newsroom.edge import factory
from newsroom.edge.cache_asgi import CachingAsgiApp
from newsroom.edge.wsgi_bridge import threaded
from newsroom.tests.edge.kit import ask
from newsroom.tests.edge.test_doors import READERS
from wire.tests.factories import make_item

pytestmark = pytest.mark.django_db

# Never kept: the desk, which knows its people, and the partner API, which answers by ETag.
PRIVATE = ("admin/", "api/")
ROUTES = [
    "/", "/wire/", "/markets/", "/issues/", "/search/", "/corrections/", "/about/",
    "/feed.atom", "/feed.rss", "/feed.json", "/corrections/feed.atom", "/sitemap.xml",
    "/news-sitemap.xml", "/robots.txt", "/no-such-section/", "/wire/{item}/",
]  # fmt: skip


@pytest.fixture
def site(settings):
    """A fresh edge before the real handler."""
    settings.PAPER_URL = "http://localhost"
    settings.ALLOWED_HOSTS = ["localhost", "paper.example"]
    factory.host_is_ours.cache_clear()
    factory.policy_for.cache_clear()

    def make():
        app = get_wsgi_application()
        page_cache = factory.make_page_cache(app)
        page_cache.store.listener_up(0)
        return CachingAsgiApp(
            page_cache, threaded(app, pool), threads=pool
        ), page_cache.store

    # The thread that makes pages asks by the connection of the test, and sees its rows.
    connection.inc_thread_sharing()
    pool = ThreadPoolExecutor(
        1, initializer=connections.__setitem__, initargs=("default", connection)
    )
    # As Django's test client does: the connection of the test outlives the requests.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield make
    pool.shutdown()
    connection.dec_thread_sharing()
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
    factory.host_is_ours.cache_clear()


@pytest.mark.parametrize("route", ROUTES)
def test_no_word_of_one_reader_reaches_another_whoever_comes_first(site, route):
    """FAULTS G16, P1. That the page is made of nothing else all 120 orders show, in
    `test_edge_doors`; here each kind of reader is the one for whom the real view runs.
    """
    path = route.format(item=make_item().public_id)
    statuses = set()
    door, store = site()
    for first in range(len(READERS)):
        order = [*READERS][first:] + [*READERS][:first]
        store.purge(["!all"], 0)
        for who in order:
            reply = ask(door, path, **READERS[who])
            assert reply["set-cookie"] is None
            assert (reply["vary"] or "") == "Accept-Encoding"
            statuses.add(reply.status)
            told = reply.body.decode(errors="replace") + repr(reply.headers)
            for word in ("203.0.113.9", "session=", "Bearer key"):
                assert word not in told
    assert store.counts["not kept"] == 0, "a public view's answer was not kept"
    assert len(statuses) == 1


@pytest.mark.parametrize("route", ROUTES)
def test_while_a_page_is_kept_all_readers_get_its_bytes(site, route):
    door, _ = site()
    path = route.format(item=make_item().public_id)
    replies = [ask(door, path, **headers) for headers in READERS.values()]
    assert len({(r.status, r.body, tuple(r.headers)) for r in replies}) == 1


def test_every_address_of_the_site_is_public_or_named_as_private():
    """A new page must be marked, or be listed here with its reason."""
    unmarked = {
        address
        for address, view in addresses(get_resolver())
        if not hasattr(view, "edge_policy") and not address.startswith(PRIVATE)
    }
    assert unmarked <= {"media/<uuid:public_id>/<slug:state>/<str:name>"}  # files


def addresses(resolver, before=""):
    for entry in resolver.url_patterns:
        address = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, address)
        elif isinstance(entry, URLPattern):
            yield address, entry.callback
