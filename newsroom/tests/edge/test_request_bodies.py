"""RequestBodies of requests: little from anybody, much from the desk, and bounded in sum."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError

from newsroom.edge import desk_sessions
from newsroom.edge import request_bodies as module
from newsroom.edge.desk_sessions import Sessions
from newsroom.edge.request_bodies import RequestBodies, declared_size
from newsroom.edge.wsgi_bridge import threaded
from newsroom.tests.edge.kit import ask_asgi, make_house, run
from staff.models import User

pytestmark = pytest.mark.slow


def count(environ, start_response):
    """Answer with the size of the body, in bytes."""
    start_response("200 OK", [])
    return [b"%d" % len(environ["wsgi.input"].read())]


async def everybody(scope):
    return True


def answer(bodies, app=count, **fields):
    async def ask():
        with ThreadPoolExecutor(2) as pool:
            return await ask_asgi(threaded(app, pool, bodies=bodies), **fields)

    return run(ask())


class Sender:
    """A request whose body comes as it is told, in chunks."""

    def __init__(self, bodies, app=count, *, headers=(), address="1.2.3.4", path="/"):
        self.pieces, self.sent = asyncio.Queue(), []
        self.received = 0
        scope = {
            "type": "http", "method": "POST", "path": path, "query_string": b"",
            "headers": [*headers, (b"transfer-encoding", b"chunked")],
            "http_version": "1.1", "client": (address, 5),
        }  # fmt: skip
        self.pool = ThreadPoolExecutor(1)
        behind = threaded(app, self.pool, bodies=bodies)
        self.task = asyncio.create_task(behind(scope, self.receive, self.send))

    async def receive(self):
        message = await self.pieces.get()
        self.received += len(message.get("body", b""))
        return message

    async def send(self, message):
        self.sent.append(message)

    def bring(self, body, *, more=True):
        piece = {"type": "http.request", "body": body, "more_body": more}
        self.pieces.put_nowait(piece)

    def leave(self):
        self.pieces.put_nowait({"type": "http.disconnect"})

    async def status(self):
        async with asyncio.timeout(5):
            while not self.sent:
                await asyncio.sleep(0.005)
        return self.sent[0]["status"]


def test_anybody_may_send_a_little_and_not_one_byte_more(monkeypatch):
    monkeypatch.setattr(module, "SMALL", 1000)
    assert answer(RequestBodies(), method="POST", body=b"x" * 1000).body == b"1000"
    refused = answer(RequestBodies(), method="POST", body=b"x" * 1001)
    assert refused.status == 413
    assert refused["connection"] == "close"


def test_who_may_send_much_has_a_limit_too(monkeypatch):
    monkeypatch.setattr(module, "SMALL", 10)
    monkeypatch.setattr(module, "LARGE", 1000)
    bodies = RequestBodies(may_be_large=everybody)
    assert answer(bodies, method="POST", body=b"x" * 1000).body == b"1000"
    assert answer(bodies, method="POST", body=b"x" * 1001).status == 413


@pytest.mark.parametrize("size", [b"65537", b"10000000000", b"9" * 5000])
def test_a_size_beyond_the_limit_is_refused_before_a_byte_is_read(size):
    async def test():
        read = []

        async def receive():
            read.append(1)
            return {"type": "http.disconnect"}

        sent = []

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/", "http_version": "1.1",
            "headers": [(b"content-length", size)],
        }  # fmt: skip
        with ThreadPoolExecutor(1) as pool:
            behind = threaded(count, pool)
            task = asyncio.create_task(behind(scope, receive, send))
            await task
        assert sent[0]["status"] == 413
        assert (b"connection", b"close") in sent[0]["headers"]
        assert sent[1]["body"]
        assert len(read) == 1  # after the answer: what still comes is read past

    run(test())


def test_in_chunks_a_small_sender_is_stopped_and_a_large_one_is_asked_who_he_is():
    asked = []

    async def only_with_a_badge(scope):
        asked.append(scope["path"])
        return any(name == b"badge" for name, _ in scope["headers"])

    async def test():
        bodies = RequestBodies(may_be_large=only_with_a_badge)
        stranger = Sender(bodies)
        known = Sender(bodies, headers=[(b"badge", b"1")])
        little = Sender(bodies)
        for one in (stranger, known):
            for _ in range(3):
                one.bring(b"x" * 40_000)
        known.bring(b"", more=False)
        little.bring(b"x", more=False)
        assert await stranger.status() == 413
        assert await known.status() == 200
        assert await little.status() == 200
        assert asked == ["/", "/"]
        stranger.leave()
        await stranger.task
        await known.task
        await little.task
        assert not bodies.held_now
        assert not bodies.read_now

    run(test())


def test_the_last_piece_of_a_large_body_may_be_the_large_one():
    async def test():
        known = Sender(RequestBodies(may_be_large=everybody))
        known.bring(b"x" * 100_000, more=False)
        assert await known.status() == 200

    run(test())


def test_all_bodies_together_are_bounded_and_room_comes_back(monkeypatch):
    monkeypatch.setattr(module, "MAX_HELD", 100_000)

    async def test():
        bodies = RequestBodies(may_be_large=everybody)
        first, second = Sender(bodies), Sender(bodies)
        first.bring(b"x" * 60_000)
        await asyncio.sleep(0.02)
        second.bring(b"x" * 60_000)
        assert await second.status() == 503
        second.leave()
        await second.task
        first.bring(b"x" * 30_000, more=False)
        assert await first.status() == 200
        await first.task
        third = Sender(bodies)
        third.bring(b"x" * 90_000, more=False)
        assert await third.status() == 200
        await third.task
        assert not bodies.held_now

    run(test())


def test_one_address_cannot_take_the_room_of_all(monkeypatch):
    monkeypatch.setattr(module, "MAX_HELD_OF_ONE", 100_000)

    async def test():
        bodies = RequestBodies(
            may_be_large=everybody, address_of=lambda scope: scope["client"][0]
        )
        greedy = [Sender(bodies) for _ in range(2)]
        other = Sender(bodies, address="5.6.7.8")
        for one in (*greedy, other):
            one.bring(b"x" * 60_000)
            await asyncio.sleep(0.02)
        assert await greedy[1].status() == 503
        other.bring(b"", more=False)
        assert await other.status() == 200
        for one in greedy:
            one.leave()
            await one.task

    run(test())


@pytest.mark.parametrize("limit", ["MAX_READ", "MAX_READ_OF_ONE"])
def test_more_slow_bodies_than_may_be_read_at_once_are_asked_to_come_back(
    monkeypatch, limit
):
    monkeypatch.setattr(module, limit, 2)

    async def test():
        bodies = RequestBodies(address_of=lambda scope: scope["client"][0])
        slow = [Sender(bodies) for _ in range(2)]
        await asyncio.sleep(0.02)
        third = Sender(bodies)
        assert await third.status() == 503
        third.leave()
        # who brings nothing, and another address if it is one that is full, are served
        with ThreadPoolExecutor(1) as pool:
            reply = await ask_asgi(threaded(count, pool, bodies=bodies))
        assert reply.status == 200
        other = Sender(bodies, address="5.6.7.8")
        other.bring(b"x", more=False)
        assert await other.status() == (503 if limit == "MAX_READ" else 200)
        for one in (*slow, other):
            one.leave()
            await one.task
        await third.task
        assert not bodies.read_now

    run(test())


def test_a_body_that_never_ends_holds_no_thread_and_is_refused(monkeypatch):
    """FAULTS P16."""
    monkeypatch.setattr(module, "BODY_TIME", 0.05)
    asked = []

    async def test():
        slow = Sender(RequestBodies(), lambda *given: asked.append(given))
        for _ in range(3):
            slow.bring(b"x")
        assert await slow.status() == 408
        slow.leave()
        await slow.task

    run(test())
    assert asked == []


def test_while_nobody_can_say_who_sends_it_a_large_body_is_asked_to_come_back():
    async def away(scope):
        raise ConnectionError("the database is away")

    reply = answer(RequestBodies(may_be_large=away), method="POST", body=b"x" * 70_000)
    assert reply.status == 503
    assert reply["retry-after"]


@pytest.mark.parametrize(
    ("headers", "size"),
    [
        ([], 0),
        ([(b"content-length", b"0")], 0),
        ([(b"content-length", b"7")], 7),
        ([(b"content-length", b"rubbish")], None),
        ([(b"transfer-encoding", b"chunked")], None),
    ],
)
def test_what_a_request_says_of_its_size(headers, size):
    assert declared_size({"headers": headers, "http_version": "1.1"}) == size


def test_a_page_is_not_asked_for_with_a_large_body():
    house = make_house()
    large = [(b"content-length", b"70000")]
    assert run(ask_asgi(house.asgi, headers=large)).status == 413
    little = run(ask_asgi(house.asgi, headers=[(b"content-length", b"7")], body=b"q=1"))
    assert little.body == b"page"


# Who may send much


def make_user(name):
    return User.objects.create_user(name, password="a long enough password")


def log_in(user):
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "staff.roles.RoleBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return store.session_key


def asks(path="/admin/articles/image/add/", *cookies):
    return {"path": path, "headers": [(b"cookie", c.encode()) for c in cookies]}


def may(who, *given):
    async def ask():
        return await who.may_send_much(asks(*given))

    return run(ask())


@pytest.fixture
def known():
    with ThreadPoolExecutor(1) as pool:
        yield Sessions(pool)
        from django.db import connections

        pool.submit(connections.close_all).result()


@pytest.mark.django_db(transaction=True)
def test_only_a_live_session_at_the_desk_may_send_much(known):
    user = make_user("ines")
    key = log_in(user)
    path = "/admin/articles/image/add/"
    assert may(known, path, f"theme=dark; session={key}")
    assert may(known, path, "theme=dark", f"session={key}")
    assert not may(known, "/api/v1/articles/", f"session={key}")
    assert not may(known, "/", f"session={key}")
    assert not may(known, path)
    for forged in ("", "x", "z" * 32, key[:-1] + ("a" if key[-1] != "a" else "b")):
        assert not may(known, path, f"session={forged}")


@pytest.mark.django_db(transaction=True)
def test_who_was_logged_out_or_sent_away_may_not(known):
    path = "/admin/articles/image/add/"
    gone, inactive = log_in(make_user("gone")), make_user("inactive")
    key = log_in(inactive)
    SessionStore(gone).delete()
    inactive.is_active = False
    inactive.save(update_fields=["is_active"])
    stranger = SessionStore()
    stranger["basket"] = 1
    stranger.create()
    for cookie in (gone, key, stranger.session_key):
        assert not may(known, path, f"session={cookie}")


def test_a_session_that_was_found_is_not_looked_up_again_for_a_while(monkeypatch):
    looked = []
    monkeypatch.setattr(desk_sessions, "is_live", lambda key: not looked.append(key))
    monkeypatch.setattr(desk_sessions, "MAX_BELIEVED", 2)
    with ThreadPoolExecutor(1) as pool:
        known = Sessions(pool)
        keys = [letter * 32 for letter in "abc"]
        for key in (*keys, keys[2], keys[1], keys[0]):
            assert may(known, "/admin/x/", f"session={key}")
        monkeypatch.setattr(desk_sessions, "monotonic", lambda: 1e12)
        assert may(known, "/admin/x/", f"session={keys[0]}")
    assert looked == [*keys, keys[0], keys[0]]


def test_when_the_database_is_away_nobody_is_taken_for_a_stranger(monkeypatch):
    def broken(request):
        raise OperationalError("no route")

    monkeypatch.setattr(desk_sessions, "get_user", broken)
    monkeypatch.setattr(desk_sessions, "close_old_connections", lambda: None)
    with ThreadPoolExecutor(1) as pool, pytest.raises(ConnectionError):
        may(Sessions(pool), "/admin/x/", f"session={'a' * 32}")
