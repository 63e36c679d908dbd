"""From a commit to the last of 5,000 readers of one process; and what a reader weighs.

newsroom.edge.serve on core 0, the readers on core 1, PostgreSQL where the system puts it.
Each event is a post stored by the wire; the clock starts when its commit returned.

    python -m benchmarks.bench_live [--readers 5000] [--events 20]
"""

import argparse
import os
import resource
import select
import socket
import subprocess
import sys
import time

import django
import psutil
from django.utils.text import slugify

from benchmarks.bench_front import ROOT
from benchmarks.load import free_port, pinned, wait_for

GREETING = b"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def main() -> None:
    given = arguments()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {1})
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    environ = {"NEWSROOM_URL": site, "NEWSROOM_LIVE_READERS": str(given.readers)}
    command = [sys.executable, "-m", "newsroom.edge.serve", f"--port={port}"]
    server = subprocess.Popen(
        pinned(0, command),
        cwd=ROOT,
        env={**os.environ, **environ, "NEWSROOM_HTTPS": "0"},
    )
    try:
        wait_for(f"{site}/readyz")
        run(server.pid, port, given)
    finally:
        server.terminate()
        server.wait(15)


def run(pid: int, port: int, given: argparse.Namespace) -> None:
    django.setup()
    from wire.tests.factories import make_item, make_publisher, make_source

    name = f"Bench {time.time_ns()}"
    publisher = make_publisher(name=name, slug=slugify(name))
    source = make_source(
        name=name, publisher=publisher, url=f"https://x.example/{name}"
    )
    process = psutil.Process(pid)
    make_item(source, external_id=str(time.time_ns()))
    before = process.memory_info().rss
    began = time.monotonic()
    crowd = Crowd(port, given.readers)
    print(f"{given.readers} readers came in {time.monotonic() - began:.1f} s")
    time.sleep(1)
    weight = (process.memory_info().rss - before) / given.readers / 1024
    first, last = [], []
    for _ in range(given.events):
        make_item(source, external_id=str(time.time_ns()))
        committed = time.monotonic()
        times = crowd.hear()
        first.append((times[0] - committed) * 1000)
        last.append((times[-1] - committed) * 1000)
        time.sleep(0.2)
    after = (process.memory_info().rss - before) / given.readers / 1024
    print(
        f"a reader weighs {weight:.1f} kB, after {given.events} events {after:.1f} kB"
    )
    for name, took in (("first", sorted(first)), ("last", sorted(last))):
        p50, p99 = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.99))]
        print(f"commit to {name} reader: p50 {p50:.1f} ms, p99 {p99:.1f} ms")


class Crowd:
    """Many open streams, watched by one epoll."""

    def __init__(self, port: int, count: int) -> None:
        self.poll, self.lines = select.epoll(), {}
        for n in range(count):
            line = socket.create_connection(("127.0.0.1", port), timeout=10)
            line.sendall(GREETING)
            line.setblocking(False)
            self.lines[line.fileno()] = line
            self.poll.register(line.fileno(), select.EPOLLIN)
            if n % 100 == 99:
                self.drain(0.02)
        self.drain(2)

    def drain(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for number, _ in self.poll.poll(0.05, maxevents=1000):
                self.lines[number].recv(65536)

    def hear(self) -> list[float]:
        """Return when each reader heard the next post, in order."""
        waiting, times = set(self.lines), []
        until = time.monotonic() + 10
        while waiting and time.monotonic() < until:
            for number, _ in self.poll.poll(1, maxevents=1000):
                if b"event: wire" in self.lines[number].recv(65536):
                    waiting.discard(number)
                    times.append(time.monotonic())
        if waiting:
            raise SystemExit(f"{len(waiting)} readers heard nothing")
        return times


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--readers", type=int, default=5000)
    parser.add_argument("--events", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    main()
