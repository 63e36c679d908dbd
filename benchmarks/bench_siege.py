"""What do readers notice while somebody attacks, and what does it cost in memory?

A real server of one kept page, in quiet and under 500 connections that (a) send headers
without end, (b) send bodies a byte at a time, (c) take seats at `/live/`; with the limit
of open files of this machine and with 1,024. Readers open a connection for each page. The
attackers come from five addresses of loopback. The server is pinned to core 0, readers
and attackers to core 1.

    python -m benchmarks.bench_siege [--seconds 5] [--connections 500]
"""

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.load import LOAD_CORE, SERVER_CORE, free_port, pinned, wait_for

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
SIZE = 60_000  # bytes of the page; see benchmarks/shell.py
READERS = 4  # at once
PATIENCE = 5.0  # seconds a reader waits for a page
PAUSE = 0.1  # seconds between two pieces of 16 kB: 500 senders fill a gigabit line
AGAIN = 0.2  # seconds after which an attacker who was cut off comes back
HOST = b"Host: 127.0.0.1\r\n"
PAGE = b"GET /kept/ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
HEADERS = b"GET /kept/ HTTP/1.1\r\n" + HOST
LINES = b"X-Filler: " + b"x" * 1012 + b"\r\n"
BODY = b"POST /made/ HTTP/1.1\r\n" + HOST + b"Content-Length: 60000\r\n\r\n"
STREAM = b"GET /live/ HTTP/1.1\r\n" + HOST + b"\r\n"
ATTACKS = ("quiet", "headers", "bodies", "streams")


@dataclass
class Report:
    """What readers saw in one phase."""

    took: list[float] = field(default_factory=list)  # milliseconds, of pages served
    failed: int = 0

    def line(self) -> str:
        took = sorted(self.took) or [float("nan")]
        p99 = took[int(len(took) * 0.99) - 1] if len(took) > 1 else took[0]
        served = 100 * len(self.took) / max(1, len(self.took) + self.failed)
        return (
            f"{statistics.median(took):8.1f} {p99:8.1f} {took[-1]:8.1f}"
            f" {len(self.took):7d} {served:7.2f}%"
        )


def main() -> None:
    given = arguments()
    if given.attack:
        asyncio.run(attack(given.attack, given.port, given.connections))
        return
    os.sched_setaffinity(0, {LOAD_CORE})
    print("Readers in milliseconds, memory (RSS) of the server in MB.")
    print(
        f"{'files':>7} {'attack':9} {'p50':>8} {'p99':>8} {'max':>8} {'pages':>7}"
        f" {'served':>8} {'before':>7} {'most':>7} {'after':>7}"
    )
    own = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for files in (own, 1024):
        for name in ATTACKS:
            measure(files, name, given)


def measure(files: int, name: str, given: argparse.Namespace) -> None:
    """Serve, attack, read, and print a line."""
    port = free_port()
    server = subprocess.Popen(
        pinned(SERVER_CORE, [
            PYTHON, "-m", "newsroom.edge.serve", f"--port={port}",
            "--app=benchmarks.shell:threads",
        ]),
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
    )  # fmt: skip
    attacker = None
    try:
        wait_for(f"http://127.0.0.1:{port}/kept/")
        process = psutil.Process(server.pid)
        before = megabytes(process)
        if name != "quiet":
            attacker = subprocess.Popen(
                [PYTHON, "-m", "benchmarks.bench_siege", f"--attack={name}",
                 f"--port={port}", f"--connections={given.connections}"],
                cwd=ROOT,
            )  # fmt: skip
            time.sleep(2)
        report, most = asyncio.run(read(port, given.seconds, process))
        if attacker is not None:
            attacker.kill()
            attacker.wait()
        time.sleep(1)
        print(
            f"{files:7d} {name:9} {report.line()} {before:7.0f} {most:7.0f}"
            f" {megabytes(process):7.0f}",
            flush=True,
        )
    finally:
        if attacker is not None:
            attacker.kill()
            attacker.wait()
        server.kill()
        server.wait()


def megabytes(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6


async def read(
    port: int, seconds: float, process: psutil.Process
) -> tuple[Report, float]:
    """Read for some seconds; return what readers saw and the most memory in MB."""
    report, most, end = Report(), 0.0, time.monotonic() + seconds

    async def reader() -> None:
        while time.monotonic() < end:
            began = time.monotonic()
            if await page(port):
                report.took.append((time.monotonic() - began) * 1000)
            else:
                report.failed += 1
            await asyncio.sleep(0.01)

    reading = [asyncio.create_task(reader()) for _ in range(READERS)]
    while not all(task.done() for task in reading):
        most = max(most, megabytes(process))
        await asyncio.sleep(0.1)
    return report, most


async def page(port: int) -> bool:
    """Tell whether the page comes whole."""
    try:
        async with asyncio.timeout(PATIENCE):
            reading, writing = await asyncio.open_connection("127.0.0.1", port)
            try:
                writing.write(PAGE)
                heard = await reading.read(-1)
            finally:
                writing.close()
    except (OSError, TimeoutError):
        return False
    head, _, body = heard.partition(b"\r\n\r\n")
    return head.startswith(b"HTTP/1.1 200") and len(body) == SIZE


async def attack(name: str, port: int, size: int) -> None:
    """Attack until the process is ended, or for a minute."""
    one = {"headers": endless, "bodies": slowly, "streams": sit}[name]
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            await asyncio.gather(*(over_and_over(one, port, n) for n in range(size)))


async def over_and_over(one, port: int, number: int) -> None:
    source = (f"127.0.1.{1 + number % 5}", 0)
    while True:
        with suppress(OSError):
            lines = await asyncio.open_connection("127.0.0.1", port, local_addr=source)
            try:
                await one(*lines)
            finally:
                lines[1].close()
        await asyncio.sleep(AGAIN)


async def endless(reading, writing) -> None:
    writing.write(HEADERS)
    while not writing.is_closing() and not reading.at_eof():
        writing.write(LINES * 16)
        await writing.drain()
        await asyncio.sleep(PAUSE)


async def slowly(reading, writing) -> None:
    writing.write(BODY)
    while not writing.is_closing() and not reading.at_eof():
        writing.write(b"x")
        await writing.drain()
        await asyncio.sleep(1)


async def sit(reading, writing) -> None:
    writing.write(STREAM)
    await reading.read(-1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=500)
    parser.add_argument("--attack", default="", choices=["", *ATTACKS[1:]])
    parser.add_argument("--port", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
