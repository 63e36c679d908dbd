"""An editor at her list of articles, while others guess passwords or read the API.

Four rounds beside one server: alone; beside guessers from one address; beside guessers who
each come from a new address with a new name, so that no count slows them; beside clients
of the API. The server is on core 0, all clients on core 1.

    python -m benchmarks.bench_guessers [--seconds 15] [--others 40]
"""

import argparse
import http.client
import os
import secrets
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlencode

import django

from benchmarks.bench_front import SERVE, furnish, served

LIST = "/admin/articles/article/"
TOKEN = "b" * 32  # cookie and form agree: all that the check of a form asks for
WORDS = {"content-type": "application/x-www-form-urlencoded"}


def main() -> None:
    given = arguments()
    furnish()
    django.setup()
    os.sched_setaffinity(0, {1})
    editor = sign_in()
    print(
        f"{'beside':34} {'p50 ms':>7} {'max ms':>8} {'pages':>6}  what the others got"
    )
    rounds: dict[str, Callable[[http.client.HTTPConnection], int] | None] = {
        "nobody": None,
        "guessers, one address": lambda line: guess(line, "192.0.2.1", "olga"),
        "guessers, always another address": lambda line: guess(line, *stranger()),
        "API clients": read_api,
    }
    for name, other in rounds.items():
        with served(SERVE, {"NEWSROOM_BEHIND_PROXY": "1"}, "/readyz") as (site, _):
            host = site.removeprefix("http://")
            look(host, editor, seconds=2)  # warm
            took, got = beside(host, editor, other, given)
        told = ", ".join(f"{count} × {status}" for status, count in sorted(got.items()))
        print(
            f"{name:34} {statistics.median(took):7.0f} {max(took):8.0f} {len(took):6}"
            f"  {told}",
            flush=True,
        )


def beside(
    host: str,
    editor: str,
    other: Callable[[http.client.HTTPConnection], int] | None,
    given: argparse.Namespace,
) -> tuple[list[float], Counter[int]]:
    """Return the editor's waits in ms, and how often the others got which status."""
    got: Counter[int] = Counter()
    end = threading.Event()
    others = [
        threading.Thread(target=keep_on, args=(host, other, end, got))
        for _ in range(given.others if other else 0)
    ]
    for thread in others:
        thread.start()
    time.sleep(1)
    took = look(host, editor, seconds=given.seconds)
    end.set()
    for thread in others:
        thread.join(60)
    return took, got


def keep_on(
    host: str,
    other: Callable[[http.client.HTTPConnection], int],
    end: threading.Event,
    got: Counter[int],
) -> None:
    line = http.client.HTTPConnection(host, timeout=60)
    while not end.is_set():
        got[other(line)] += 1
    line.close()


def look(host: str, editor: str, *, seconds: float) -> list[float]:
    """Open the list again and again; return how long each took, in ms."""
    line = http.client.HTTPConnection(host, timeout=120)
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        line.request("GET", LIST, headers={"cookie": f"session={editor}"})
        answer = line.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"the editor got {answer.status}")
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.05)
    line.close()
    return took


def guess(line: http.client.HTTPConnection, address: str, name: str) -> int:
    form = {"username": name, "password": "wrong", "csrfmiddlewaretoken": TOKEN}
    told = {**WORDS, "cookie": f"csrf={TOKEN}", "x-forwarded-for": address}
    line.request("POST", "/admin/login/", urlencode(form), told)
    return done(line)


def stranger() -> tuple[str, str]:
    address = ".".join(str(1 + secrets.randbelow(250)) for _ in range(4))
    return address, f"guess-{secrets.token_hex(4)}"


def read_api(line: http.client.HTTPConnection) -> int:
    line.request("GET", "/api/v1/articles/")
    return done(line)


def done(line: http.client.HTTPConnection) -> int:
    answer = line.getresponse()
    answer.read()
    return answer.status


def sign_in() -> str:
    """Make an editor with a session; return its key."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from staff.models import Role, User

    editor, _ = User.objects.get_or_create(
        username="bench-editor", defaults={"role": Role.EDITOR, "is_staff": True}
    )
    session = SessionStore()
    session[SESSION_KEY] = str(editor.pk)
    session[BACKEND_SESSION_KEY] = "staff.roles.RoleBackend"
    session[HASH_SESSION_KEY] = editor.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--others", type=int, default=40)
    return parser.parse_args()


if __name__ == "__main__":
    main()
