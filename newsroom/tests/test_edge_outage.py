"""PostgreSQL ends or hangs under a serving paper, and comes back (FAULTS P9, G15)."""

import http.client
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from newsroom.tests.test_edge_serve import family, served

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
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

    run("-m", "newsroom.embedded", "start")
    run("manage.py", "migrate", "--verbosity=0")
    yield var, environ, run
    run("-m", "newsroom.embedded", "stop")


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
        pid = int((var / "postgres" / "postmaster.pid").read_text().split()[0])
        tree = family(pid)
        for process in tree:
            process.send_signal(signal.SIGKILL)
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

        run("-m", "newsroom.embedded", "start")
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
