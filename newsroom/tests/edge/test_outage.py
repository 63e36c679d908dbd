"""PostgreSQL ends or hangs under a serving paper, and comes back (FAULTS P9, G15)."""

import http.client
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsroom.tests.edge.test_serve import family, served

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
OUTAGE = 4  # seconds; the copies last a day, the road is the same
HANG = int(os.environ.get("NEWSROOM_CHAOS_HANG", "10"))  # seconds


@pytest.fixture
def place(tmp_path_factory):
    """A database of its own, which this test may kill."""
    var = tmp_path_factory.mktemp("var")
    environ = {
        k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")
    }
    environ |= {"NEWSROOM_VAR": str(var), "NEWSROOM_DEBUG": "1", "NEWSROOM_HTTPS": "0"}

    def run(*arguments):
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environ, check=True)

    run("-m", "newsroom.launcher.embedded", "start")
    run("manage.py", "migrate", "--verbosity=0")
    yield var, environ, run
    run("-m", "newsroom.launcher.embedded", "stop")


LIVE_STORY = """
from articles.tests.factories import make_article
article = make_article(status="live", headline="A ferry that must be forgotten")
open("{file}", "w").write(article.get_absolute_url())
"""
KILL_IT = """
from django.utils import timezone
from articles import transitions
from articles.models import Article
from articles.tests.factories import make_user
vera = make_user(username="vera")
transitions.move(Article.objects.get(), "kill", by=vera, now=timezone.now(), note="Wrong.")
"""
# Until it is ended: no connection that listens lives longer than a moment
DEAFEN = """
import time
from django.db import connection
with connection.cursor() as cursor:
    while True:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'newsroom edge'"
        )
        print("cut", flush=True)
        time.sleep(0.002)
"""


def shell(code):
    return ("manage.py", "shell", "--verbosity=0", "-c", code)


@contextmanager
def deafened(environ):
    """Cut the listeners off for as long as the block runs."""
    cutting = subprocess.Popen(
        [sys.executable, *shell(DEAFEN)], cwd=ROOT, env=environ,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        cutting.stdout.readline()
        yield
    finally:
        cutting.kill()
        cutting.wait()
        cutting.stdout.close()


def end_database(var):
    """End PostgreSQL at once and whole, as a power cut would."""
    pid = int((var / "postgres" / "postmaster.pid").read_text().split()[0])
    for process in family(pid):
        process.send_signal(signal.SIGKILL)


def ask(port, path):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", path, headers={"Host": f"127.0.0.1:{port}"})
        answer = line.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        line.close()


def until_ready(port, seconds):
    began = time.monotonic()
    while ask(port, "/readyz")[0] != 200:
        assert time.monotonic() - began < seconds, "not ready"
        time.sleep(0.05)
    return time.monotonic() - began


def test_kept_pages_are_served_through_an_outage_and_the_rest_recovers_by_itself(place):
    var, environ, run = place
    with served(app="newsroom.asgi:application", environ=environ) as (_, port):
        until_ready(port, 20)
        status, _, page = ask(port, "/")
        assert status == 200
        end_database(var)
        end, answers = time.monotonic() + OUTAGE, []
        while time.monotonic() < end:
            answers.append(ask(port, "/"))
            time.sleep(0.01)
        assert {answer[0] for answer in answers} == {200}
        assert {answer[2] for answer in answers} == {page}
        assert ask(port, "/readyz")[0] == 503
        assert ask(port, "/healthz")[0] == 200
        uncached = ask(port, "/wire/")
        assert uncached[0] == 503
        assert uncached[1]["retry-after"]

        run("-m", "newsroom.launcher.embedded", "start")
        took = until_ready(port, 5)
        assert ask(port, "/wire/")[0] == 200
        print(f"{len(answers)} answers in the outage; ready {took:.1f} s after it")  # noqa: T201


def test_a_database_that_hangs_is_503_in_time_and_costs_no_kept_page(place):
    var, environ, _ = place
    environ = environ | {"NEWSROOM_DB_PATIENCE": "3"}
    with served(app="newsroom.asgi:application", environ=environ) as (_, port):
        until_ready(port, 20)
        assert ask(port, "/")[0] == 200
        warm = [
            ask(port, f"/never-{n}/")[0] for n in range(12)
        ]  # every thread connects
        assert set(warm) == {404}
        pid = int((var / "postgres" / "postmaster.pid").read_text().split()[0])
        tree = family(pid)
        kept, made = [], []
        for process in tree:
            process.suspend()
        try:
            readers = [
                reading(port, lambda n: "/", kept),
                *(reading(port, f"/at-{k}-{{}}/".format, made) for k in range(4)),
                reading(port, lambda n: "/api/v1/articles/", made),
                reading(port, lambda n: "/readyz", []),
            ]
            time.sleep(HANG)
            assert ask(port, "/healthz")[0] == 200
        finally:
            for process in tree:
                process.resume()
        took = until_ready(port, 15)
        for stop in readers:
            stop()
        assert ask(port, "/at-last/")[0] == 404
        assert ask(port, "/api/v1/articles/")[0] == 200

    assert {status for status, _, _ in kept} == {200}
    in_time = [one for one in made if one[0] == 503]
    assert {status for status, _, _ in made} <= {503, 404, 200}
    assert all(headers["retry-after"] for _, headers, _ in in_time)
    slowest = max(seconds for *_, seconds in made)
    assert slowest < 8, "somebody waited for ever"
    # Threads are not held by those who could know: far more answers than threads.
    assert len(in_time) > 3 * HANG
    print(  # noqa: T201
        f"{len(kept)} kept pages, {len(in_time)} answers 503, slowest {slowest:.1f} s;"
        f" ready {took:.1f} s after it"
    )


def reading(port, path, answers):
    """Ask again and again in a thread; return what ends it.

    `path` is given a number that grows; `answers` gets status, headers and seconds.
    """
    ended = threading.Event()

    def run():
        for n in itertools.count():
            if ended.is_set():
                return
            began = time.monotonic()
            status, headers, _ = ask(port, path(n))
            answers.append((status, headers, time.monotonic() - began))
            time.sleep(0.02)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def stop():
        ended.set()
        thread.join(15)
        assert not thread.is_alive()

    return stop


@pytest.mark.parametrize("caught_up", [True, False])
def test_a_story_killed_while_nobody_heard_it_is_not_shown_when_the_database_goes(
    place, tmp_path, caught_up
):
    """FAULTS E14. It may have been cut off until the very end, or have heard again."""
    var, environ, run = place
    file = tmp_path / "address"
    run(*shell(LIVE_STORY.format(file=file)))
    story = file.read_text()
    with served(app="newsroom.asgi:application", environ=environ) as (_, port):
        until_ready(port, 20)
        pages = [
            story,
            f"{story}history/",
            f"{story}provenance.json",
            "/",
            "/feed.atom",
        ]
        kept = {path: ask(port, path) for path in pages}
        assert all(answer[0] == 200 for answer in kept.values())
        with deafened(environ):
            run(*shell(KILL_IT))
            if not caught_up:
                end_database(var)
        if caught_up:
            until_ready(port, 10)
            end_database(var)
        end = time.monotonic() + OUTAGE
        while time.monotonic() < end:
            for path in pages:
                status, _, body = ask(port, path)
                assert status in (410, 503) or b"must be forgotten" not in body, path
            time.sleep(0.05)
        run("-m", "newsroom.launcher.embedded", "start")
        until_ready(port, 10)
        assert ask(port, story)[0] == 410


def test_a_database_that_is_started_again_costs_no_reader_his_page(place):
    """A restart in good order says the same to the listener as a connection cut off."""
    var, environ, run = place
    with served(app="newsroom.asgi:application", environ=environ) as (_, port):
        until_ready(port, 20)
        assert ask(port, "/")[0] == 200
        run("-m", "newsroom.launcher.embedded", "stop")
        end = time.monotonic() + OUTAGE
        while time.monotonic() < end:
            assert ask(port, "/")[0] == 200
            time.sleep(0.05)
        run("-m", "newsroom.launcher.embedded", "start")
        until_ready(port, 10)
        assert ask(port, "/")[0] == 200
