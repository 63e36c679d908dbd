"""PostgreSQL dies under a serving paper, and comes back (FAULTS P9, G15)."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newsroom.tests.test_edge_serve import family, served

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
OUTAGE = 4  # seconds; the copies last a day, the road is the same


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
