"""What a client may send before it is heard: with the fast path and without."""

import logging
import socket
import struct
import threading
import time

import pytest
import uvicorn

from newsroom.edge import uvicorn_fast_path, uvicorn_protocol
from newsroom.tests.edge.kit import make_house
from newsroom.tests.edge.test_uvicorn_fast_path import LONG, get, talk

pytestmark = pytest.mark.slow

KB = 1024
FILLER = "X-Filler: " + "x" * 990


@pytest.fixture
def house():
    return make_house(body=LONG)


@pytest.fixture(
    params=[uvicorn_fast_path.FastPathProtocol, uvicorn_protocol.BoundedProtocol]
)
def port(request, house):
    """A server of `house` on loopback, by either protocol."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        house.asgi, http=request.param, loop="uvloop", lifespan="off",
        interface="asgi3", proxy_headers=False, server_header=False,
        date_header=False, access_log=False, log_config=None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def with_headers(kilobytes, path="/", **more):
    return get(path, *[FILLER] * kilobytes, **more)


def send_until_cut(port, first, more, *, most):
    """Send `first`, then `more` over and over; return what came back and what was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(first)
        sent = 0
        line.settimeout(0.01)
        heard = b""
        while sent < most and not heard:
            try:
                sent += line.send(more)
                heard = line.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                break
        line.settimeout(5)
        try:
            while piece := line.recv(65536):
                heard += piece
        except ConnectionError:
            pass
    return heard, sent


def test_headers_without_end_are_refused_and_the_connection_ends(house, port):
    heard, sent = send_until_cut(
        port, b"GET / HTTP/1.1\r\nHost: paper.example\r\n",
        f"{FILLER}\r\n".encode() * 16, most=20_000 * KB,
    )  # fmt: skip
    assert heard.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in heard
    assert sent < 10_000 * KB
    assert house.paper.renders == 0


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1\r\nHost: paper.example\r\nX-One: ",
        b"GET / HTTP/1.1\r\nHost: paper.example\r\nX-Name-",
        b"GET /",
        b"POST /admin/ HTTP/1.1\r\nHost: paper.example\r\nContent-Length: 1\r\nX-One: ",
    ],
)
def test_one_part_of_a_header_without_end_is_refused(house, port, start):
    heard, sent = send_until_cut(port, start, b"x" * 64 * KB, most=20_000 * KB)
    assert heard.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))
    assert sent < 10_000 * KB
    assert house.paper.renders == 0


def test_a_header_that_comes_in_one_piece_is_measured_too(house, port):
    big = get("/", "X-One: " + "x" * 200 * KB)
    heard, kept_open = talk(port, big, wait=3)
    assert heard.startswith(b"HTTP/1.1 431 ")
    assert not kept_open


def test_who_goes_on_sending_after_a_refusal_is_not_read_any_further(house, port):
    start = b"GET / HTTP/1.1\r\nHost: paper.example\r\nX-One: "
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(start + b"x" * 64 * KB)
        assert line.recv(65536).startswith(b"HTTP/1.1 431 ")
        with pytest.raises((ConnectionError, TimeoutError)):
            line.sendall(b"x" * 50_000 * KB)


@pytest.mark.parametrize("kilobytes", [1, 15, 16, 17, 31])
def test_headers_within_the_bound_are_served(house, port, kilobytes):
    for _ in range(2):
        heard, kept_open = talk(port, with_headers(kilobytes))
        assert heard.startswith(b"HTTP/1.1 200 ")
        assert kept_open


@pytest.mark.parametrize("kilobytes", [33, 40, 48, 64])
def test_headers_beyond_the_bound_are_not(house, port, kilobytes):
    heard, kept_open = talk(port, with_headers(kilobytes), wait=3)
    assert heard.startswith(b"HTTP/1.1 431 ")
    assert not kept_open
    assert house.paper.renders == 0


def test_of_requests_sent_at_once_each_is_measured_by_itself(house, port):
    heard, kept_open = talk(port, with_headers(20) * 12, wait=1)
    assert heard.count(b"HTTP/1.1 200 OK") == 12
    assert kept_open


def test_a_body_is_no_header(house, port):
    body = b"x" * 60 * KB
    post = get("/admin/", f"Content-Length: {len(body)}", method="POST") + body
    heard, kept_open = talk(port, (post + with_headers(25)) * 4, wait=1)
    assert heard.count(b"HTTP/1.1 200 OK") == 8
    assert kept_open


def test_a_chunked_body_of_small_chunks_is_no_header(house, port):
    chunks = b"1\r\nx\r\n" * 30_000 + b"0\r\n\r\n"
    post = get("/admin/", "Transfer-Encoding: chunked", method="POST") + chunks
    heard, kept_open = talk(port, post + with_headers(25), wait=1)
    assert heard.count(b"HTTP/1.1 200 OK") == 2
    assert kept_open


@pytest.mark.parametrize(
    "start",
    [b"0\r\nX-One: ", b"0\r\n", b"1;", b"5\r\nhello\r\n0;"],
    ids=["one trailer", "many trailers", "a chunk's extension", "the last chunk's"],
)
def test_a_chunked_body_whose_frame_never_ends_is_refused(house, port, start):
    head = get("/admin/", "Transfer-Encoding: chunked", method="POST")
    more = f"{FILLER}\r\n".encode() * 16 if start == b"0\r\n" else b"x" * 16 * KB
    heard, sent = send_until_cut(port, head + start, more, most=20_000 * KB)
    assert heard.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))
    assert sent < 10_000 * KB
    assert house.paper.renders == 0


def test_a_trailer_does_not_pass_for_a_header(house, port):
    post = get("/admin/", "Transfer-Encoding: chunked", method="POST")
    talk(port, post + b"1\r\nx\r\n0\r\nX-Forwarded-Proto: https\r\nCookie: a=1\r\n\r\n")
    (environ,) = house.paper.seen
    assert "HTTP_X_FORWARDED_PROTO" not in environ
    assert "HTTP_COOKIE" not in environ


@pytest.mark.parametrize("path", ["/", "/admin/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("size", [10_000_000_000, 70_000])
def test_a_body_that_is_too_large_is_refused_at_its_header(
    house, port, path, method, size
):
    talk(port, get())
    head = get(path, f"Content-Length: {size}", method=method)
    heard, _ = talk(port, head)
    assert heard.startswith(b"HTTP/1.1 413 ")
    assert heard.count(b"HTTP/1.1 ") == 1
    heard, sent = send_until_cut(port, head, b"x" * 64 * KB, most=20_000 * KB)
    assert heard.startswith(b"HTTP/1.1 413 ")
    assert house.paper.renders == 1


@pytest.mark.parametrize("second", [with_headers(60), b"rubbish\r\n\r\n"])
def test_a_refusal_does_not_cut_into_the_answer_before_it(house, port, second):
    house.paper.work = lambda environ: time.sleep(0.3) or "slow, but whole"
    heard, kept_open = talk(port, get("/slow/") + second, wait=3)
    assert heard.count(b"HTTP/1.1 ") == 1
    assert heard.endswith(b"slow, but whole")
    assert not kept_open


def test_line_breaks_between_requests_hold_no_connection(house, port, monkeypatch):
    monkeypatch.setattr(uvicorn_protocol, "HEADER_TIME", 0.3)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(get())
        assert line.recv(65536).startswith(b"HTTP/1.1 200")
        with pytest.raises(ConnectionError):
            send_over_and_over(line, b"\r\n")


def test_a_body_behind_a_kept_page_that_never_ends_is_cut_off(house, port, monkeypatch):
    monkeypatch.setattr(uvicorn_protocol, "HEADER_TIME", 0.3)
    talk(port, get())
    heard, kept_open = talk(port, get("/", "Content-Length: 100") + b"x", wait=3)
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert not kept_open


def test_a_reader_who_hangs_up_in_mid_answer_is_no_error(house, port, caplog):
    house.paper.work = lambda environ: "x" * 300_000
    caplog.set_level(logging.INFO, logger="newsroom")
    for raw in (get(), get("/?a"), get("/admin/"), get("/other/")):
        for wait in (0, 0.01, 0.05):
            hang_up_behind(port, raw * 20, wait)
    heard, _ = talk(port, get("/admin/"), wait=1)
    assert heard.startswith(b"HTTP/1.1 200")
    said = [one for one in caplog.records if one.name.startswith("newsroom")]
    said += [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert said == []


def hang_up_behind(port, raw, wait):
    """Ask, and be gone without a goodbye: the connection is reset."""
    line = socket.create_connection(("127.0.0.1", port), timeout=5)
    line.sendall(raw)
    time.sleep(wait)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def send_over_and_over(line, raw):
    for _ in range(100):
        line.sendall(raw)
        time.sleep(0.05)
