"""The page cache over a paper of one view: who gets what, and what nobody gets."""

import asyncio
import itertools
import threading
import time

import pytest

from newsroom.edge.cache_key import Policy
from newsroom.tests.edge.kit import (
    HOST,
    HTML,
    ask,
    ask_asgi,
    in_threads,
    make_house,
    run,
)

READERS = {
    "staff": {"cookie": "session=staff", "user_agent": "desk"},
    "partner": {"authorization": "Bearer key", "accept": "application/json"},
    "reader A": {"cookie": "theme=dark", "accept_language": "de"},
    "reader B": {"cookie": "theme=light", "x_forwarded_for": "203.0.113.9"},
    "nobody": {},
}


def test_the_second_reader_gets_the_page_without_django():
    house = make_house(body="once")
    assert ask(house.asgi).body == ask(house.asgi).body == b"once"
    assert house.paper.renders == 1


@pytest.mark.parametrize("order", list(itertools.permutations(READERS)))
def test_in_whatever_order_readers_come_all_get_the_same_bytes(order):
    """FAULTS G16, P1: all 120 orders of five kinds of readers."""
    house = make_house()
    replies = [ask(house.asgi, **READERS[who]) for who in order]
    assert len({(r.status, r.body, tuple(r.headers)) for r in replies}) == 1
    for environ in house.paper.seen:
        assert not {k for k in environ if k.startswith("HTTP_")} - {"HTTP_HOST"}
        assert "REMOTE_ADDR" not in environ


def test_nothing_of_the_readers_request_reaches_the_view():
    """FAULTS P1, P2, P3, P5."""
    house = make_house()
    ask(
        house.asgi,
        query="utm_source=x&_format=json",
        cookie="session=secret",
        x_forwarded_host="evil.example",
        x_forwarded_proto="gopher",
        x_original_url="/admin/",
        authorization="Basic c2VjcmV0",
        accept_language="tlh",
    )
    (environ,) = house.paper.seen
    told = repr({k: v for k, v in environ.items() if not k.startswith("wsgi.")})
    for word in ("secret", "evil", "gopher", "admin", "tlh", "utm", "json", "c2VjcmV0"):
        assert word not in told
    assert environ["HTTP_HOST"] == HOST
    assert environ["wsgi.url_scheme"] == "https"


def test_of_five_hundred_unknown_parameters_none_makes_a_second_page():
    """FAULTS P3."""
    house = make_house(policy=Policy(params=frozenset({"q"})))
    for number in range(500):
        assert ask(house.asgi, query=f"q=oil&p{number}=1").status == 200
    assert house.paper.renders == 1


def test_a_parameter_the_view_asked_for_makes_its_own_page():
    house = make_house(policy=Policy(params=frozenset({"q"})))
    ask(house.asgi, query="q=oil")
    ask(house.asgi, query="q=gas")
    assert [e["QUERY_STRING"] for e in house.paper.seen] == ["q=oil", "q=gas"]


@pytest.mark.parametrize(
    "host", ["evil.example", "", f"{HOST}.evil.example", f"{HOST}\t"]
)
def test_a_foreign_host_is_refused_before_and_after_the_page_is_kept(host):
    """FAULTS P2."""
    house = make_house()
    assert ask(house.asgi, host=host).status == 400
    assert ask(house.asgi).status == 200
    assert ask(house.asgi, host=host).status == 400
    assert ask(house.asgi).body == b"page"


def make_own(house):
    """Add an address of the server's own to `house`; return who asked for it."""
    asked = []

    async def app(scope, receive, send):
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"figures"})

    house.asgi._endpoints["/metrics"] = app
    return asked


@pytest.mark.parametrize("host", ["evil.example", "", f"evil.example,{HOST}"])
@pytest.mark.parametrize("path", ["/metrics", "/admin/", "/"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_foreign_host_learns_nothing_at_any_address(host, path, method):
    """DNS rebinding: a page of another site, led to this machine, names that site."""
    house = make_house()
    asked = make_own(house)
    assert ask(house.asgi, path, method=method, host=host).status == 400
    assert asked == []
    assert house.paper.renders == 0
    assert ask(house.asgi, "/metrics").status == 200


@pytest.mark.parametrize("path", ["/metrics", "/admin/", "/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_of_two_hosts_neither_is_believed(path, method):
    house = make_house()
    make_own(house)
    run(ask_asgi(house.asgi, "/"))
    for hosts in ((b"evil.example", HOST.encode()), (HOST.encode(),) * 2):
        headers = [(b"host", host) for host in hosts]
        reply = run(ask_asgi(house.asgi, path, method=method, headers=headers))
        assert reply.status == 400
    assert house.paper.renders == 1


@pytest.mark.parametrize(
    "path", ["//", "/a/../b", "/a;x.css", "/a\\b", "/world/..", "/a\x00"]
)
def test_a_second_spelling_of_an_address_is_not_found(path):
    """FAULTS P4."""
    house = make_house()
    assert ask(house.asgi, path).status == 404
    assert house.paper.renders == 0


def test_a_view_that_is_not_public_is_asked_every_time_with_the_readers_request():
    house = make_house()
    for _ in range(2):
        assert ask(house.asgi, "/admin/", cookie="session=staff").status == 200
    assert [e["HTTP_COOKIE"] for e in house.paper.seen] == ["session=staff"] * 2
    assert len(house.store) == 0


def test_a_post_to_a_public_address_goes_to_django():
    house = make_house()
    ask(house.asgi)
    ask(house.asgi, method="POST", cookie="session=staff")
    assert [e["REQUEST_METHOD"] for e in house.paper.seen] == ["GET", "POST"]


@pytest.mark.parametrize(
    "header",
    [
        ("Set-Cookie", "session=1"),
        ("Vary", "Cookie"),
        ("Cache-Control", "private"),
        ("Cache-Control", "no-store"),
    ],
)
def test_an_answer_for_one_reader_is_not_kept_and_loses_its_cookie(header, caplog):
    """FAULTS P1."""
    house = make_house(headers=[HTML, header])
    replies = [ask(house.asgi), ask(house.asgi)]
    assert house.paper.renders == 2
    assert all(reply["set-cookie"] is None for reply in replies)
    assert "marked public, but" in caplog.text


def test_an_answer_no_public_view_made_is_not_kept(caplog):
    house = make_house(allowed=False)
    ask(house.asgi), ask(house.asgi)
    assert house.paper.renders == 2
    assert "no public view" in caplog.text


@pytest.mark.parametrize(
    ("status", "renders"),
    [
        ("200 OK", 1),
        ("301 Moved", 1),
        ("404 Not Found", 1),
        ("410 Gone", 1),
        ("302 Found", 2),
    ],
)
def test_only_lasting_answers_are_kept(status, renders):
    house = make_house(status=status)
    assert ask(house.asgi).status == ask(house.asgi).status == int(status[:3])
    assert house.paper.renders == renders


def test_a_reader_who_has_the_page_is_told_so():
    house = make_house(body="long " * 500)
    first = ask(house.asgi, accept_encoding="gzip")
    again = ask(house.asgi, accept_encoding="gzip", if_none_match=first["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again["etag"] == first["etag"]
    assert first["content-encoding"] == "gzip"


def test_head_tells_the_length_and_sends_nothing():
    house = make_house(body="12345")
    for _ in range(2):
        reply = ask(house.asgi, method="HEAD")
        assert (reply.status, reply.body, reply["content-length"]) == (200, b"", "5")
    assert house.paper.renders == 1


def test_after_a_purge_the_next_reader_sees_the_change():
    house = make_house(body="old")
    ask(house.asgi)
    house.paper.body = "new"
    assert ask(house.asgi).body == b"old"
    house.store.purge(["front"], time.monotonic())
    assert ask(house.asgi).body == b"new"


def test_while_the_database_is_away_kept_pages_are_served():
    """FAULTS P9, G15."""
    house = make_house(body="kept")
    ask(house.asgi)
    house.store.purge(["front"], time.monotonic())
    house.paper.status, house.paper.body = "503 Service Unavailable", "sorry"
    house.paper.headers = [HTML, ("Retry-After", "5")]
    assert [ask(house.asgi).body for _ in range(50)] == [b"kept"] * 50
    assert house.paper.renders <= 3
    uncached = ask(house.asgi, "/never-seen/")
    assert (uncached.status, uncached["retry-after"]) == (503, "5")


def test_a_page_that_breaks_is_five_hundred_and_everybody_is_told(caplog):
    def break_(environ):
        raise RuntimeError("broken view")

    house = make_house(work=break_)
    assert ask(house.asgi).status == 500
    assert "broken view" in caplog.text
    house.paper.work = None
    assert ask(house.asgi).status == 200


def test_a_view_that_knows_its_end_is_asked_again_after_it():
    from email.utils import formatdate

    ended = ("Expires", formatdate(time.time() - 1, usegmt=True))
    house = make_house(headers=[HTML, ended])
    ask(house.asgi), ask(house.asgi)
    assert house.paper.renders == 2


def test_two_hundred_threads_at_an_outdated_hot_page_make_it_once():
    """FAULTS P6."""
    house = make_house(work=lambda environ: time.sleep(0.05))
    ask(house.asgi)
    house.store.purge(["front"], time.monotonic())
    replies = in_threads(200, lambda: ask(house.asgi).status)
    assert replies == [200] * 200
    assert house.paper.renders <= 2 + 1  # the first one was before the purge


def test_two_hundred_tasks_at_a_cold_page_make_it_once():
    """FAULTS P6."""
    house = make_house(work=lambda environ: time.sleep(0.05))

    async def crowd():
        return await asyncio.gather(*(ask_asgi(house.asgi) for _ in range(200)))

    assert {reply.status for reply in run(crowd())} == {200}
    assert house.paper.renders == 1


def test_one_reader_who_leaves_does_not_cost_the_others_their_page():
    release = threading.Event()
    house = make_house(work=lambda environ: release.wait(5) and None)

    async def crowd():
        readers = [asyncio.create_task(ask_asgi(house.asgi)) for _ in range(5)]
        await asyncio.sleep(0.05)
        readers[0].cancel()
        readers[1].cancel()
        await asyncio.sleep(0.05)
        release.set()
        return await asyncio.gather(*readers, return_exceptions=True)

    left = run(crowd())
    assert [getattr(reply, "status", "gone") for reply in left] == ["gone"] * 2 + [
        200
    ] * 3
    assert house.paper.renders == 1


def test_a_reader_who_came_after_the_change_does_not_get_the_page_from_before():
    release, database = threading.Event(), ["old"]

    def read_then_render(environ):
        seen = database[0]
        release.wait(5)
        return seen

    house = make_house(work=read_then_render)

    async def crowd():
        before = asyncio.create_task(ask_asgi(house.asgi))
        await asyncio.sleep(0.05)
        database[0] = "new"
        house.store.purge(["front"], time.monotonic())
        after = asyncio.create_task(ask_asgi(house.asgi))
        await asyncio.sleep(0.05)
        release.set()
        return (await before).body, (await after).body

    assert run(crowd()) == (b"old", b"new")


@pytest.mark.parametrize("name", [b"x_forwarded_proto", b"content_length", b"cookie_"])
def test_a_header_with_an_underscore_never_reaches_django(name):
    """FAULTS P5, CVE-2026-3902."""
    house = make_house()
    run(ask_asgi(house.asgi, "/admin/", headers=[(name, b"https")]))
    (environ,) = house.paper.seen
    assert "https" not in environ.values()


def test_plain_http_is_left_to_django_where_https_is_a_must():
    house = make_house()
    ask(house.asgi)
    house.asgi._is_https = lambda scheme, headers: (
        headers.get(b"x-forwarded-proto") == b"https"
    )
    house.paper.status = "301 Moved"
    assert ask(house.asgi).status == 301
    assert ask(house.asgi, x_forwarded_proto="https").status == 200
