"""Django behind the shell: whole bodies in, whole answers out, no thread held in vain."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsroom.edge import wsgi_bridge as module
from newsroom.edge.wsgi_bridge import threaded
from newsroom.tests.edge.kit import ask_asgi, run


def answer(app, **fields):
    async def ask():
        with ThreadPoolExecutor(2) as pool:
            return await ask_asgi(threaded(app, pool), **fields)

    return run(ask())


def test_the_body_and_the_headers_arrive_and_the_answer_comes_back():
    def app(environ, start_response):
        assert environ["wsgi.input"].read() == b"a=1"
        assert environ["CONTENT_LENGTH"] == "3"
        assert environ["HTTP_COOKIE"] == "a=1; b=2"
        assert environ["PATH_INFO"] == "/é".encode().decode("latin-1")
        start_response("201 Created", [("X-Said", "yes")])
        return [b"made ", b"it"]

    cookies = [(b"cookie", b"a=1"), (b"cookie", b"b=2")]
    path = "/é"
    scope_headers = [*cookies, (b"content-length", b"3")]
    reply = answer(app, path=path, method="POST", headers=scope_headers, body=b"a=1")
    assert (reply.status, reply["x-said"], reply.body) == (201, "yes", b"made it")
    assert reply["date"]


def test_a_long_answer_is_taken_in_pieces_and_closed_once():
    closed = []

    class Long:
        def __iter__(self):
            return iter([b"x" * 100_000] * 20)

        def close(self):
            closed.append(threading.current_thread().name)

    def app(environ, start_response):
        start_response("200 OK", [])
        return Long()

    assert len(answer(app).body) == 2_000_000
    assert len(closed) == 1


def test_an_answer_that_is_not_taken_is_closed():
    closed = []

    class Endless:
        def __iter__(self):
            while True:
                yield b"x" * 300_000

        def close(self):
            closed.append(1)

    def app(environ, start_response):
        start_response("200 OK", [])
        return Endless()

    async def ask():
        with ThreadPoolExecutor(1) as pool:

            async def send(message):
                if message["type"] == "http.response.body":
                    raise ConnectionResetError

            async def receive():
                return {"type": "http.request", "body": b""}

            scope = {
                "type": "http", "method": "GET", "path": "/", "query_string": b"",
                "headers": [], "http_version": "1.1",
            }  # fmt: skip
            with pytest.raises(ConnectionResetError):
                await threaded(app, pool)(scope, receive, send)

    run(ask())
    assert closed == [1]


def test_an_error_of_the_application_is_an_answer(caplog):
    def app(environ, start_response):
        raise RuntimeError("broken desk")

    assert answer(app).status == 500
    assert "broken desk" in caplog.text


def test_more_requests_than_may_wait_are_asked_to_come_back(monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    release = threading.Event()

    def app(environ, start_response):
        release.wait(5)
        start_response("200 OK", [])
        return [b""]

    async def crowd():
        with ThreadPoolExecutor(1) as pool:
            behind = threaded(app, pool)
            asked = [asyncio.create_task(ask_asgi(behind)) for _ in range(5)]
            await asyncio.sleep(0.05)
            release.set()
            return [reply.status for reply in await asyncio.gather(*asked)]

    assert sorted(run(crowd())) == [200, 200, 200, 503, 503]


def test_bodies_that_arrive_together_do_not_slip_past_the_limit():
    release = threading.Event()

    def app(environ, start_response):
        release.wait(5)
        start_response("200 OK", [])
        return [b""]

    async def crowd():
        with ThreadPoolExecutor(1) as pool:
            behind = threaded(app, pool, most=2)
            arrived = asyncio.Event()

            async def ask():
                sent = []

                async def receive():
                    await arrived.wait()
                    return {"type": "http.request", "body": b"x"}

                async def send(message):
                    sent.append(message)

                scope = {
                    "type": "http", "method": "POST", "path": "/", "query_string": b"",
                    "headers": [], "http_version": "1.1",
                }  # fmt: skip
                await behind(scope, receive, send)
                return sent[0]["status"]

            asked = [asyncio.create_task(ask()) for _ in range(5)]
            await asyncio.sleep(0.05)
            arrived.set()
            await asyncio.sleep(0.05)
            release.set()
            return await asyncio.gather(*asked)

    assert sorted(run(crowd())) == [200, 200, 503, 503, 503]
