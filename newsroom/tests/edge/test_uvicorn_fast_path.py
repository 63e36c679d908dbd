"""Kept pages from a real uvicorn: the same with the fast path and without."""

import socket
import threading
import time

import pytest
import uvicorn

from newsroom.edge import uvicorn_protocol as module
from newsroom.edge.uvicorn_fast_path import FastPathProtocol
from newsroom.tests.edge.kit import HOST, make_house

LONG = "The wire said it first. " * 200


@pytest.fixture
def house():
    return make_house(body=LONG)


@pytest.fixture(params=[FastPathProtocol, module.BoundedProtocol])
def port(request, house):
    """A server of `house` on loopback, with the fast path and without."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        house.asgi, http=request.param, loop="uvloop", lifespan="off", interface="asgi3",
        proxy_headers=False, server_header=False, date_header=False, access_log=False,
        log_config=None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def talk(port, raw, *, wait=0.3):
    """Send bytes and return all that comes back until `wait` seconds of silence."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(raw)
        line.settimeout(wait)
        heard = b""
        try:
            while piece := line.recv(65536):
                heard += piece
        except TimeoutError:
            return heard, True
        return heard, False


def get(path="/", *headers, method="GET", version="1.1", host=HOST):
    lines = [f"{method} {path} HTTP/{version}", f"Host: {host}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def test_a_hit_is_the_same_as_the_answer_that_made_the_page(house, port):
    first, _ = talk(port, get())
    second, kept_open = talk(port, get())
    assert first == second
    assert first.endswith(LONG.encode())
    assert kept_open
    assert house.paper.renders == 1
    assert house.store.counts["hit"] == 1


@pytest.mark.parametrize(
    "ask",
    [
        get("/", "Accept-Encoding: gzip"),
        get("/", "Accept-Encoding: br, gzip"),
        get("/", "Connection: close"),
        get("/", 'If-None-Match: "other"'),
        get("/", "Cookie: session=1", "Authorization: Basic eA=="),
        get("/", method="HEAD"),
        get("/?utm=1"),
        get("/", version="1.0"),
        get("/", "Expect: 100-continue"),
    ],
)
def test_cold_and_kept_answers_are_the_same_bytes(house, port, ask):
    cold, open_cold = talk(port, ask)
    kept, open_kept = talk(port, ask)
    assert (cold, open_cold) == (kept, open_kept)
    assert cold.startswith((b"HTTP/1.1 200", b"HTTP/1.1 100"))
    assert house.paper.renders == 1


def test_a_reader_who_has_the_page_gets_three_hundred_and_four(house, port):
    heard, _ = talk(port, get())
    etag = next(x for x in heard.split(b"\r\n") if x.startswith(b"etag: "))[6:].decode()
    again, kept_open = talk(port, get("/", f"If-None-Match: {etag}"))
    assert again.startswith(b"HTTP/1.1 304 Not Modified\r\n")
    assert again.endswith(b"\r\n\r\n")
    assert kept_open


def test_ten_requests_sent_at_once_get_ten_answers_in_order(house, port):
    talk(port, get())
    heard, _ = talk(port, get() * 10)
    assert heard.count(b"HTTP/1.1 200 OK") == heard.count(LONG.encode()) == 10


def test_a_kept_page_does_not_overtake_a_slow_one(house, port):
    talk(port, get("/kept/"))
    house.paper.work = lambda environ: time.sleep(0.2) or "slow"
    heard, _ = talk(port, get("/slow/") + get("/kept/"), wait=1)
    assert heard.index(b"slow") < heard.index(LONG.encode())


def test_a_foreign_host_gets_no_kept_page(house, port):
    talk(port, get())
    heard, _ = talk(port, get(host="evil.example"))
    assert heard.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("path", ["/", "/admin/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("hosts", [("evil.example", HOST), (HOST, HOST), ()])
def test_two_hosts_or_none_are_refused(house, port, path, method, hosts):
    talk(port, get())
    lines = [f"{method} {path} HTTP/1.1", *(f"Host: {host}" for host in hosts), "", ""]
    heard, _ = talk(port, "\r\n".join(lines).encode())
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert house.paper.renders == 1


def test_a_body_behind_a_get_is_read_past(house, port):
    talk(port, get())
    fat = get("/", "Content-Length: 5") + b"q=oil"
    heard, _ = talk(port, fat + get())
    assert heard.count(b"HTTP/1.1 200 OK") == 2
    assert house.paper.renders == 1


def test_headers_that_never_end_are_cut_off(house, port, monkeypatch):
    """FAULTS P16."""
    monkeypatch.setattr(module, "HEADER_TIME", 0.3)
    began = time.monotonic()
    _, kept_open = talk(port, b"GET / HTTP/1.1\r\nHost: x\r\n", wait=3)
    assert not kept_open
    assert time.monotonic() - began < 2


def test_a_connection_that_says_nothing_is_cut_off(house, port, monkeypatch):
    monkeypatch.setattr(module, "HEADER_TIME", 0.3)
    _, kept_open = talk(port, b"", wait=3)
    assert not kept_open


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(house, port, rubbish):
    """FAULTS P17."""
    talk(port, get())
    heard, _ = talk(port, rubbish)
    assert heard.startswith(b"HTTP/1.1 400") or heard == b""


def test_a_reader_who_does_not_read_holds_up_nobody(house, port):
    talk(port, get())
    with socket.create_connection(("127.0.0.1", port)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(0.5)
        try:
            for _ in range(2000):
                deaf.sendall(get())
        except TimeoutError:
            pass  # the server stopped reading: its answers are not taken
        heard, _ = talk(port, get())
        assert heard.startswith(b"HTTP/1.1 200")
