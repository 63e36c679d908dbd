"""Which server, and which way to Django behind the shell?

A page of 60 kB made by a trivial view each time (nothing kept) and a kept page, by
granian, gunicorn and uvicorn, over Django's WSGI handler in threads (ours, and a2wsgi if
installed) and Django's own ASGI handler; then how each stops: SIGTERM under load with 20
open streams. The server is pinned to core 0, the load to core 1.

    python -m benchmarks.bench_servers [--seconds 3] [--only words]
"""

import argparse
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

from benchmarks.load import Figures, figures, free_port, pinned, wait_for

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
STREAMS = 20
UVICORN = [
    PYTHON, "-m", "uvicorn", "--no-access-log", "--no-server-header", "--no-date-header",
    "--log-level=warning", "--timeout-graceful-shutdown=5", "--no-proxy-headers",
]  # fmt: skip
GRANIAN = [
    PYTHON, "-m", "granian", "--interface=asgi", "--no-ws", "--log-level=warning",
    "--backpressure=8192", "--workers-kill-timeout=5",
]  # fmt: skip
GUNICORN = [
    PYTHON,
    "-m",
    "gunicorn",
    "-k=asgi",
    "--log-level=warning",
    "--graceful-timeout=5",
]
SERVERS = {
    "newsroom.edge.serve": [
        PYTHON,
        "-m",
        "newsroom.edge.serve",
        "--fast-path=on",
        "--port={port}",
        "--app",
    ],
    "the same, no fast path": [
        PYTHON,
        "-m",
        "newsroom.edge.serve",
        "--fast-path=off",
        "--port={port}",
        "--app",
    ],  # fmt: skip
    "uvicorn, uvloop, httptools": [*UVICORN, "--loop=uvloop", "--port={port}"],
    "uvicorn, asyncio, h11": [
        *UVICORN,
        "--loop=asyncio",
        "--http=h11",
        "--port={port}",
    ],
    "granian, uvloop": [*GRANIAN, "--loop=uvloop", "--port={port}"],
    "granian, asyncio": [*GRANIAN, "--loop=asyncio", "--port={port}"],
    "gunicorn, uvloop": [*GUNICORN, "-b=127.0.0.1:{port}"],
}
BEHINDS = {
    "WSGI in threads, ours": "benchmarks.shell:threads",
    "WSGI in threads, a2wsgi": "benchmarks.shell:a2wsgi",
    "Django's ASGI handler": "benchmarks.shell:asgi",
}


def main() -> None:
    given = arguments()
    print("Requests a second, and a second of the server's own CPU time (cpu).")
    print(
        f"{'server':28} {'behind':24} {'kept':>6} {'cpu':>6} {'made':>6} {'cpu':>6}"
        f" {'stop s':>7}  left"
    )
    for server, command in SERVERS.items():
        for behind, app in BEHINDS.items():
            name = f"{server} / {behind}"
            if given.only and given.only not in name:
                continue
            if "a2wsgi" in app and importlib.util.find_spec("a2wsgi") is None:
                continue
            kept, made, stop, left = measure([*command, app], given.seconds)
            print(
                f"{server:28} {behind:24} {kept.rate:6.0f} {kept.per_cpu:6.0f}"
                f" {made.rate:6.0f} {made.per_cpu:6.0f} {stop:7.1f}  {left}",
                flush=True,
            )


def measure(command: list[str], seconds: int) -> tuple[Figures, Figures, float, str]:
    port = free_port()
    command = [part.format(port=port) for part in command]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        pinned(0, command), cwd=ROOT, env=environ, stderr=subprocess.DEVNULL
    )
    site = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{site}/kept/")
        kept = figures(f"{site}/kept/", seconds=seconds, pid=process.pid)
        made = figures(f"{site}/made/", seconds=seconds, pid=process.pid)
        stop, left = stop_under_load(process, port)
    finally:
        for one in family(process.pid):
            one.kill()
    return kept, made, stop, left


def stop_under_load(process: subprocess.Popen, port: int) -> tuple[float, str]:
    """Send SIGTERM while readers stream and load runs; return seconds, and what was left."""
    streams = [open_stream(port) for _ in range(STREAMS)]
    load = subprocess.Popen(
        pinned(1, ["wrk", "-t1", "-c16", "-d15", f"http://127.0.0.1:{port}/made/"]),
        stdout=subprocess.DEVNULL,
    )
    time.sleep(1)
    tree = family(process.pid)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, alive = psutil.wait_procs(tree, timeout=15)
    took = time.monotonic() - began
    load.terminate()
    load.wait()
    ended = sum(ends_in_order(stream) for stream in streams)
    return took, f"{len(alive)} processes, {ended}/{STREAMS} streams ended in order"


def open_stream(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=5)
    line.sendall(b"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    line.recv(4096)
    return line


def ends_in_order(line: socket.socket) -> bool:
    """Tell whether the last chunk of the stream came: a browser then reconnects at once."""
    line.settimeout(1)
    heard = b""
    try:
        while piece := line.recv(65536):
            heard += piece
    except OSError:
        return False
    return heard.endswith(b"0\r\n\r\n")


def family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--only", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
