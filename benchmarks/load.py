"""Load on one core, the server on the other: wrk and what it says."""

import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

import psutil

SERVER_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True)
class Figures:
    rate: float  # requests a second
    p50: float  # milliseconds
    p99: float
    errors: str = ""
    per_cpu: float = 0.0  # requests a second of the server's own CPU time


def pinned(core: int, command: list[str]) -> list[str]:
    """Return a command that runs on one core alone."""
    return ["taskset", "-c", str(core), *command]


def figures(
    url: str,
    *,
    seconds: int = 5,
    connections: int = 32,
    headers: tuple[str, ...] = (),
    pid: int = 0,
) -> Figures:
    """Ask `url` for some seconds after a short warm-up.

    With the server's `pid` the CPU time it took is counted too: that figure holds on a
    machine that does other work besides.
    """
    asked = [part for header in headers for part in ("-H", header)]
    common = ["wrk", "-t1", f"-c{connections}", "--latency", *asked]
    subprocess.run(
        pinned(LOAD_CORE, [*common, "-d1", url]), capture_output=True, check=True
    )
    before = cpu_seconds(pid)
    told = subprocess.run(
        pinned(LOAD_CORE, [*common, f"-d{seconds}", url]),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    used = cpu_seconds(pid) - before
    count = int(re.search(r"(\d+) requests in", told)[1])
    bad = re.search(r"(Non-2xx.*|Socket errors.*)", told)
    return Figures(
        float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1]),
        _milliseconds(told, 50),
        _milliseconds(told, 99),
        bad[1] if bad else "",
        count / used if used else 0.0,
    )


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its children so far."""
    if not pid:
        return 0.0
    parent = psutil.Process(pid)
    times = [one.cpu_times() for one in (parent, *parent.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def _milliseconds(told: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)\b", told)
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_for(url: str, *, seconds: float = 15) -> None:
    """Return when `url` answers."""
    until = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).read()
            return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
