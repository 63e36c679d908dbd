"""The server starts and, above all, stops."""

import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import psutil
import pytest

from newsroom.tests.edge.kit import server_command

pytestmark = pytest.mark.slow
STREAMS = 20


@contextmanager
def served(*, workers=1, app="newsroom.tests.edge.app:application", environ=None):
    """The server as `make run` starts it; yields its process and port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = server_command(port, workers=workers, app=app)
    environ = (environ or os.environ) | {"NEWSROOM_DEBUG": "1"}
    environ["NEWSROOM_URL"] = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(command, env=environ)
    try:
        for _ in range(200):
            if answers(port, "/healthz"):
                break
            time.sleep(0.05)
        yield process, port
    finally:
        for one in family(process.pid):
            one.kill()
        process.wait()


def family(pid):
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def answers(port, path):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", path)
        return line.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()


def open_stream(port):
    line = socket.create_connection(("127.0.0.1", port), timeout=5)
    line.sendall(b"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert line.recv(4096).startswith(b"HTTP/1.1 200")
    return line


def rest_of(stream):
    stream.settimeout(5)
    heard = b""
    with stream:
        while piece := stream.recv(65536):
            heard += piece
    return heard


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("fast_path", ["0", "1"])
def test_told_to_stop_under_load_with_open_streams_nothing_is_left(
    workers, sign, fast_path
):
    """DESIGN §5: within 10 s, streams ended so that browsers come back."""
    environ = os.environ | {"NEWSROOM_FAST_PATH": fast_path}
    with served(workers=workers, environ=environ) as (process, port):
        streams = [open_stream(port) for _ in range(STREAMS)]
        stop = threading.Event()

        def load():
            while not stop.is_set():
                answers(port, "/")
                answers(port, "/admin/")

        loaders = [threading.Thread(target=load) for _ in range(4)]
        for loader in loaders:
            loader.start()
        time.sleep(0.5)
        tree = family(process.pid)
        began = time.monotonic()
        process.send_signal(sign)
        _, alive = psutil.wait_procs(tree, timeout=10)
        took = time.monotonic() - began
        stop.set()
        for loader in loaders:
            loader.join()
        assert not alive, f"left after {took:.1f} s"
        ends = [rest_of(stream) for stream in streams]
    assert all(b"retry: " in end and end.endswith(b"0\r\n\r\n") for end in ends)


def test_a_request_under_way_is_finished_before_the_server_stops():
    with served(app="newsroom.tests.edge.app_slow:application") as (process, port):
        got = []
        asking = threading.Thread(
            target=lambda: got.append(answers(port, "/admin/slow"))
        )
        asking.start()
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        asking.join(10)
        process.wait(10)
    assert got[0] == b"slow, but whole"
