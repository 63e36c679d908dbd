"""More clients than descriptors: the paper goes on for the others."""

import http.client
import os
import resource
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import psutil
import pytest

from newsroom.edge import connection_limit as module
from newsroom.edge.connection_limit import Connections, most_connections, most_live
from newsroom.tests.edge.kit import server_command
from newsroom.tests.edge.test_serve import family

LIMIT = 1024  # descriptors: what most systems give


class Line:
    """A connection that may be idle."""

    def __init__(self, idle=False):
        self.idle, self.closed = idle, False

    def is_idle(self):
        return self.idle

    def close_idle(self):
        self.closed = True


def test_one_more_connection_than_there_is_room_for_is_not_let_in():
    house = Connections(2)
    lines = [Line(), Line()]
    assert [house.admit(one, "a") for one in (*lines, Line())] == [True, True, False]
    house.leave(lines[0])
    house.leave(lines[0])
    assert house.admit(Line(), "a")


def test_when_all_are_taken_the_oldest_idle_ones_make_room(monkeypatch):
    monkeypatch.setattr(module, "PAUSE", 0)
    house = Connections(4)
    lines = [Line(), Line(idle=True), Line(idle=True), Line()]
    assert all(house.admit(one, "a") for one in lines)
    assert house.admit(Line(), "b")
    assert [one.closed for one in lines] == [False, True, False, False]
    assert house.admit(Line(), "b")
    assert not house.admit(Line(), "b")
    assert len(house) == 4


def test_one_address_has_its_share():
    house = Connections(10, per_address=2)
    mine = [Line(), Line()]
    assert [house.admit(one, "a") for one in (*mine, Line())] == [True, True, False]
    assert house.admit(Line(), "b")
    house.leave(mine[0])
    assert house.admit(Line(), "a")


@pytest.mark.parametrize("files", [64, 256, 1024, 20_000, 1 << 20])
def test_there_is_always_room_for_pages_and_files_beside_the_streams(files):
    streams, lines = most_live(files, 5000), most_connections(files)
    assert 0 <= streams < lines < files or files == 64
    assert streams <= 5000
    assert most_live(files, 3) in (0, 3)


def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be():
    """In a process of its own: the limit is the whole process's."""
    code = (
        "import resource; from newsroom.edge.connection_limit import raise_limit;"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 700));"
        "print(raise_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert told.stdout.split() == [b"700", b"700", b"700"]


@contextmanager
def limited(app="newsroom.tests.edge.app:application", files=LIMIT):
    """The server under a hard limit of open files; yields its process and port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        server_command(port, app=app),
        env=os.environ | {"NEWSROOM_DEBUG": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
    )
    try:
        for _ in range(200):
            if ask(port) == 200:
                break
            time.sleep(0.05)
        yield process, port
    finally:
        for one in family(process.pid):
            one.kill()
        process.wait()


def ask(port, source="127.0.0.1"):
    line = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=5, source_address=(source, 0)
    )
    try:
        line.request("GET", "/", headers={"Connection": "close"})
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()


def crowd(stack, port, size, *, said, of_each=100):
    """Open connections from many addresses of this machine, each saying the same."""
    lines = []
    for number in range(size):
        source = f"127.0.1.{1 + number // of_each}"
        try:
            line = socket.create_connection(
                ("127.0.0.1", port), timeout=5, source_address=(source, 0)
            )
            line.sendall(said)
        except OSError:
            continue
        lines.append(stack.enter_context(line))
    return lines


LIVE = b"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PAGE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "of_each"),
    [(LIVE, 1300), (LIVE, 100), (PAGE, 100), (b"", 1300), (b"", 450)],
    ids=["streams of one", "streams", "idle readers", "silent ones", "silent many"],
)
def test_thirteen_hundred_connections_cost_no_other_reader_his_page(said, of_each):
    with limited() as (process, port), ExitStack() as stack:
        lines = crowd(stack, port, 1300, said=said, of_each=of_each)
        assert len(lines) > 1000
        time.sleep(2.5)  # who says nothing is given up when room is needed
        answers = [ask(port) for _ in range(100)]
        assert answers == [200] * 100
        assert psutil.Process(process.pid).num_fds() < LIMIT
        busy = psutil.Process(process.pid)
        before, began = sum(busy.cpu_times()[:2]), time.monotonic()
        time.sleep(1)
        used = sum(busy.cpu_times()[:2]) - before
        assert used < 0.8 * (time.monotonic() - began), "it spins"


@pytest.mark.slow
def test_a_full_house_refuses_streams_with_when_to_come_back():
    with limited() as (process, port), ExitStack() as stack:
        lines = crowd(stack, port, 250, said=LIVE, of_each=250)
        heard = [line.recv(4096) for line in lines]
        served = [one for one in heard if one.startswith(b"HTTP/1.1 200")]
        refused = [one for one in heard if one.startswith(b"HTTP/1.1 503")]
        assert len(served) == 100
        assert len(refused) == 150
        assert all(b"retry-after: " in one for one in refused)
