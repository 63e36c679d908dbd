"""What one fetch does: validators, redirects, keys, turns, kept connections."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from outgoing.errors import (
    BadContent,
    Empty,
    Gone,
    Limited,
    NoConnection,
    RedirectLoop,
    ServerTrouble,
    TimedOut,
    TooLarge,
)

from .badserver import BadServer
from .behaviours import BODY
from .conftest import make_client

ROOT = Path(__file__).resolve().parents[2]


def sent(server: BadServer, index: int = -1) -> dict[str, str]:
    """Return the headers of a request as the server got them."""
    lines = server.heads[index].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines if line)


# Conditional GET


def test_a_second_fetch_with_the_validators_learns_that_nothing_changed(server, client):
    first = client.fetch(server.url("well"))
    assert (first.status, first.body, first.etag) == (200, BODY, '"v1"')
    assert first.last_modified == "yesterday"

    again = client.fetch(
        server.url("well"), etag=first.etag, last_modified=first.last_modified
    )
    assert (again.status, again.body, again.not_modified) == (304, b"", True)
    assert again.etag == '"v1"'
    assert sent(server)["If-None-Match"] == '"v1"'
    assert sent(server)["If-Modified-Since"] == "yesterday"


def test_a_304_with_a_body_is_unchanged_and_its_body_answers_nothing(server, client):
    before = server.connections
    for _ in range(3):
        assert client.fetch(server.url("forged_304"), etag='"v1"').not_modified
        assert client.fetch(server.url("well")).body == BODY
    assert server.connections - before == 4


def test_what_follows_an_answer_is_never_the_next_answer(server, client):
    for name in ("more_than_its_length", "more_after_the_last_chunk") * 3:
        assert client.fetch(server.url(name)).body == BODY
        assert client.fetch(server.url("well")).body == BODY


def test_an_unasked_304_is_no_answer(server, client):
    with pytest.raises(BadContent, match="no copy"):
        client.fetch(server.url("unasked_304"))


def test_a_dangerous_validator_is_not_sent(server, client):
    answer = client.fetch(server.url("well"), etag='"v1"\r\nX-Evil: 1')
    assert answer.status == 200
    assert "If-None-Match" not in sent(server)
    assert "X-Evil" not in sent(server)


# Redirects


@pytest.mark.parametrize(
    ("path", "asked", "permanent"),
    [
        ("well", ["well"], ""),
        ("moved_for_good", ["moved_for_good", "well"], "well"),
        ("moved_for_now", ["moved_for_now", "well"], ""),
        (
            "moved_for_good_then_for_now",
            ["moved_for_good_then_for_now", "moved_for_now", "well"],
            "moved_for_now",
        ),
        (
            "moved_for_now_then_for_good",
            ["moved_for_now_then_for_good", "moved_for_good", "well"],
            "",
        ),
    ],
)
def test_only_the_permanent_beginning_of_a_chain_counts_as_moved(
    path, asked, permanent, server, client
):
    answer = client.fetch(server.url(path))
    assert answer.chain == tuple(server.url(name) for name in asked)
    assert answer.url == server.url("well")
    assert answer.permanent_url == (server.url(permanent) if permanent else "")


def test_five_redirects_are_followed_and_not_six(server, client):
    for n in range(6):
        server.behave(f"step{n}", "302 Found", f"Location: /step{n + 1}")
    server.behave("step6", "200 OK", body=BODY)
    assert client.fetch(server.url("step1")).status == 200
    with pytest.raises(RedirectLoop, match="more than 5"):
        client.fetch(server.url("step0"))


def test_a_fragment_is_not_sent_and_does_not_hide_a_loop(server, client):
    server.behave("fragments", "302 Found", "Location: /fragments#again")
    with pytest.raises(RedirectLoop, match="circle"):
        client.fetch(server.url("fragments"))
    assert server.paths[-2:] != ["/fragments", "/fragments"]
    client.fetch(server.url("well#part"))
    assert server.paths[-1] == "/well"


def test_a_key_is_sent_to_the_first_origin_alone(server, client):
    other = server.url("well", host="other.example")
    server.behave("elsewhere", "302 Found", f"Location: {other}")
    client.fetch(server.url("elsewhere"), headers={"X-Api-Key": "secret"})
    assert sent(server, -2)["X-Api-Key"] == "secret"
    assert "X-Api-Key" not in sent(server)
    assert sent(server)["Host"] == f"other.example:{server.port}"


# What is sent, kept and refused


def test_no_cookie_is_ever_sent_back(server, client):
    for _ in range(2):
        client.fetch(server.url("setting_cookies"))
    assert "Cookie" not in sent(server)


def test_a_request_says_who_asks_and_what_is_wanted(server, client):
    client.fetch(server.url("well?q=ü"), accept="application/rss+xml")
    assert server.paths[-1] == "/well?q=%C3%BC"
    assert sent(server) == {
        "Host": f"127.0.0.1:{server.port}",
        "User-Agent": "tests",
        "Accept": "application/rss+xml",
        "Accept-Encoding": "gzip, deflate, br, zstd",
    }


def test_only_the_types_asked_for_are_read(server, client):
    accepted = client.fetch(server.url("well"), content_types=["application/", "text/"])
    assert accepted.content_type == "application/rss+xml"
    with pytest.raises(BadContent, match="another type"):
        client.fetch(server.url("well"), content_types=["image/"])


def test_the_cap_is_exact(server, client):
    assert client.fetch(server.url("well"), max_bytes=len(BODY)).body == BODY
    for name in ("well", "brotli", "gzip_twice", "http_1_0_until_the_end"):
        with pytest.raises(TooLarge):
            client.fetch(server.url(name), max_bytes=len(BODY) - 1)


@pytest.mark.parametrize(
    ("path", "error", "status", "wait"),
    [
        ("gone_410", Gone, 410, None),
        ("limited_429", Limited, 429, 120),
        ("busy_503", ServerTrouble, 503, 86400),
        ("broken_500", ServerTrouble, 500, None),
        ("nothing_204", Empty, 204, None),
    ],
)
def test_an_error_carries_status_and_wait(path, error, status, wait, server, client):
    with pytest.raises(error) as caught:
        client.fetch(server.url(path))
    assert caught.value.status == status
    asked = caught.value.retry_after
    assert (asked and asked.total_seconds()) == wait
    assert caught.value.lasting is (error is Gone)


def test_a_closed_port_is_no_connection(client):
    dead = BadServer()
    dead.close()
    with pytest.raises(NoConnection):
        make_client(dead).fetch(dead.url("well"))


def test_the_answer_tells_how_it_came(server, client):
    answer = client.fetch(server.url("well"))
    assert answer.peer == "127.0.0.1"
    assert 0 < answer.elapsed.total_seconds() < 5
    assert answer.retry_after is None
    assert answer.max_age is None


# Kept connections


def test_connections_are_kept_and_shared_between_threads(server, client):
    before = server.connections

    def ask():
        for _ in range(10):
            client.fetch(server.url("well"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.connections - before <= 2


def test_redirects_and_304s_keep_their_connection(server, client):
    before = server.connections
    for _ in range(5):
        client.fetch(server.url("moved_for_now"))
        client.fetch(server.url("well"), etag='"v1"')
    assert server.connections - before == 1


def test_a_kept_connection_that_died_is_replaced_without_a_word():
    answered = []

    def hang_up_on_the_second(connection, head):
        while connection.read_head():
            if answered and answered[-1] == connection.sock:
                return
            answered.append(connection.sock)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell")

    server = BadServer(only=hang_up_on_the_second)
    client = make_client(server)
    for _ in range(4):
        assert client.fetch(server.url("x")).body == b"well"
    assert server.connections == 4
    server.close()


def test_a_client_that_was_closed_can_be_used_again(server, client):
    client.fetch(server.url("well"))
    client.close()
    assert client.fetch(server.url("well")).status == 200


def test_a_child_process_leaves_its_parents_connections_alone(server):
    script = f"""
import os, sys, threading
from outgoing.client import Client
client = Client(user_agent="parent", allow=["127.0.0.1:{server.port}"])
url = {server.url("well")!r}
client.fetch(url)
client._lock.acquire()  # a thread of the parent may hold any lock while it forks
pid = os.fork()
if pid == 0:
    for _ in range(3):
        assert client.fetch(url).status == 200
    os._exit(0)
client._lock.release()
_, status = os.waitpid(pid, 0)
for _ in range(3):
    assert client.fetch(url).status == 200
sys.exit(status)
"""
    before = server.connections
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, timeout=30, capture_output=True
    )
    assert run.returncode == 0, run.stderr
    assert server.connections - before == 2


# Turns


def test_no_more_than_two_requests_are_open_at_one_host():
    server = BadServer()
    client = make_client(server)
    threads = [
        threading.Thread(target=client.fetch, args=[server.url("taking_its_time")])
        for _ in range(6)
    ]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.most_inside == 2
    assert time.monotonic() - started >= 0.45
    server.close()


def test_who_gets_no_turn_is_told_in_time(server, client):
    slow = [
        threading.Thread(target=fetch_quietly, args=(client, server.url("silence")))
        for _ in range(2)
    ]
    for thread in slow:
        thread.start()
    time.sleep(0.2)
    with pytest.raises(TimedOut, match="requests of ours"):
        client.fetch(server.url("well"), deadline=0.3)
    for thread in slow:
        thread.join()
    assert client.fetch(server.url("well")).status == 200


def test_a_slow_host_does_not_hold_up_another(server, client):
    other = BadServer()
    both = make_client(server, other)
    slow = [
        threading.Thread(target=fetch_quietly, args=(both, server.url("silence")))
        for _ in range(8)
    ]
    for thread in slow:
        thread.start()
    started = time.monotonic()
    assert both.fetch(other.url("well")).status == 200
    assert time.monotonic() - started < 0.5
    for thread in slow:
        thread.join()
    other.close()


def fetch_quietly(client, url):
    with pytest.raises(TimedOut):
        client.fetch(url, deadline=1.0)
