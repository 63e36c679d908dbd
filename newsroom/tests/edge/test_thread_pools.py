"""Who guesses, and who reads much, waits in a queue of their own."""

import asyncio
import threading

import pytest
from django.conf import settings
from django.urls import get_resolver

from newsroom.edge import thread_pools
from newsroom.edge.thread_pools import make_behind, pool_for
from newsroom.tests.edge.kit import ask_asgi, run
from newsroom.tests.test_permissions import walk


class Works:
    """An application whose passwords and API answers take until they are let go."""

    def __init__(self):
        self.close_idle = threading.Event()
        self.threads = []

    def __call__(self, environ, start_response):
        self.threads.append(threading.current_thread().name)
        slow = environ["REQUEST_METHOD"] == "POST" or "/api/" in environ["PATH_INFO"]
        if slow:
            self.close_idle.wait(20)
        start_response("200 OK", [])
        return [b"done"]


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/admin/login/", "login"),
        ("POST", "/admin/password_change/", "login"),
        ("GET", "/admin/login/", "desk"),
        ("GET", "/admin/", "desk"),
        ("POST", "/admin/articles/article/1/change/", "desk"),
        ("GET", "/api/v1/articles/", "api"),
        ("GET", "/api/nothing", "api"),
        ("GET", "/media/a/b/c.jpeg", "file"),
        ("GET", "/static/css/base.css", "file"),
        ("POST", "/", "file"),
    ],
)
def test_each_kind_of_request_has_threads_of_its_own(method, path, name):
    assert pool_for(method, path) == name
    works = Works()
    works.close_idle.set()

    async def ask():
        return await ask_asgi(make_behind(works), path, method=method)

    assert run(ask()).status == 200
    assert works.threads == [f"{name}_0"]


def test_every_door_that_asks_for_a_password_is_an_address_there_is():
    known = {f"/{route}" for route in walk(get_resolver())}
    assert set(thread_pools.ASK_FOR_A_PASSWORD) <= known


def crowd(method, path, count):
    """Ask slow things `count` times; meanwhile the desk, a picture; return the answers."""
    works = Works()

    async def ask():
        behind = make_behind(works)
        others = [
            asyncio.create_task(ask_asgi(behind, path, method=method))
            for _ in range(count)
        ]
        await asyncio.sleep(0.05)
        desk = await asyncio.wait_for(ask_asgi(behind, "/admin/"), 10)
        picture = await asyncio.wait_for(ask_asgi(behind, "/media/a/b/c.jpeg"), 10)
        works.close_idle.set()
        return desk, picture, await asyncio.gather(*others)

    return run(ask())


def test_forty_guessers_do_not_hold_up_the_desk_and_most_are_sent_away_at_once():
    desk, picture, guessers = crowd("POST", "/admin/login/", 40)
    assert (desk.status, picture.status) == (200, 200)
    away = [answer for answer in guessers if answer.status == 503]
    assert len(away) == 24
    assert away[0]["retry-after"] == "3"
    assert b"Too many people are signing in" in away[0].body


def test_a_hundred_clients_of_the_api_do_not_hold_up_the_desk():
    desk, picture, clients = crowd("GET", "/api/v1/articles/", 100)
    assert (desk.status, picture.status) == (200, 200)
    assert sum(answer.status == 503 for answer in clients) == 36


def test_operators_are_answered_while_every_page_waits():
    from newsroom.asgi import make_application

    close_idle = threading.Event()

    async def ask():
        application = make_application()
        for _ in range(settings.PAGE_THREADS):
            application._threads.submit(close_idle.wait, 20)
        try:
            host = (b"host", b"localhost")
            return await asyncio.wait_for(
                ask_asgi(application, "/metrics", headers=[host]), 10
            )
        finally:
            close_idle.set()
            application._threads.shutdown()

    assert run(ask()).status == 200
