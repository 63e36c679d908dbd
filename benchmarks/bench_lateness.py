"""How late are polls and prices while many other hosts hang or refuse?

200 healthy sources, asked every 15 s, beside 80 on hosts that take connections and never
answer, and 40 on hosts that refuse or reset them; 10 healthy feeds of prices beside 4
silent ones. All on loopback, on hosts of their own; the workers and the timetable are
those of `make run`. Lateness is the time from when a source was due until its host saw
the request; of posts, from when they were served until they were stored. Each variant
runs for `BENCH_SECONDS` (120).
"""

import asyncio
import json
import multiprocessing
import os
import signal
import socket
import struct
import subprocess
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

SECONDS = int(os.environ.get("BENCH_SECONDS", "120"))
PORT = int(os.environ.get("BENCH_PORT", "8119"))
HEALTHY, SILENT, REFUSING = 200, 80, 40
FEEDS, SILENT_FEEDS = 10, 4
EVERY = 15  # seconds
KINDS = {"healthy": 1, "silent": 2, "reset": 3, "refused": 4, "prices": 5, "quiet": 6}


def host(kind: str, n: int) -> str:
    return f"127.0.{KINDS[kind]}.{n + 1}"


def hosts() -> list[str]:
    return [host(kind, n) for kind in KINDS for n in range(40)]


# --- the world ------------------------------------------------------------------------


def serve(pipe) -> None:
    """Answer for all hosts until told to stop; then send what was asked and when."""
    asked: dict[str, list[float]] = defaultdict(list)

    async def answer(reader, writer) -> None:
        here = writer.get_extra_info("sockname")[0]
        kind = next(k for k, n in KINDS.items() if here.startswith(f"127.0.{n}."))
        if kind == "reset":
            linger = struct.pack("ii", 1, 0)
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.close()
            return
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if kind in {"silent", "quiet"}:
                    await asyncio.sleep(3600)
                path = head.split(b" ", 2)[1].decode()
                asked[here + path].append(time.time())
                body = document(path) if kind == "healthy" else prices()
                size = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(size.encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def run() -> None:
        for kind in KINDS:
            for n in range(40):
                if kind != "refused":
                    await asyncio.start_server(answer, host(kind, n), PORT)
        pipe.send("ready")
        await asyncio.to_thread(pipe.recv)
        pipe.send(dict(asked))
        os._exit(0)

    asyncio.run(run())


def document(path: str) -> bytes:
    """A feed with one new post each time it is asked for, which says when it was made."""
    now = time.time()
    return (
        "<rss version='2.0'><channel><title>A</title><item>"
        f"<guid isPermaLink='false'>{path} {now:.6f}</guid><title>At {now:.3f}</title>"
        f"<link>https://example.org/{now}</link></item></channel></rss>"
    ).encode()


def prices() -> bytes:
    now = datetime.now(UTC).isoformat()
    return json.dumps([{"symbol": "X", "value": "1", "as_of": now}]).encode()


# --- the paper ------------------------------------------------------------------------


def listen(spread: int) -> tuple[datetime, str]:
    """Make sources and feeds, all due over the next few seconds; return when, and whose."""
    from markets.models import Feed
    from wire.models import Publisher, Source

    Source.objects.update(enabled=False)
    Feed.objects.update(active=False)
    run = f"{time.time():.0f}"
    bench, _ = Publisher.objects.get_or_create(name="Lateness", slug="lateness")
    start = datetime.now(UTC) + timedelta(seconds=12)  # workers are up by then
    addresses = [
        *((host("healthy", n % spread), f"h{n}") for n in range(HEALTHY)),
        *((host("silent", n % 40), f"s{n}") for n in range(SILENT)),
        *((host("reset", n % 20), f"r{n}") for n in range(REFUSING // 2)),
        *((host("refused", n % 20), f"f{n}") for n in range(REFUSING // 2)),
    ]
    Source.objects.bulk_create(
        Source(
            publisher=bench,
            name=f"{name} of {run}",
            slug=f"{name}-{run}",
            url=f"http://{where}:{PORT}/{run}/{name}",
            format="rss",
            release="auto",
            interval=timedelta(seconds=EVERY),
            due_at=start + timedelta(seconds=EVERY * (n * 7919 % 320) / 320),
        )
        for n, (where, name) in enumerate(addresses)
    )
    Feed.objects.bulk_create(
        Feed(
            name=f"{kind} {n} of {run}",
            provider="table",
            url=f"http://{host(kind, n)}:{PORT}/{run}/{n}",
            interval=timedelta(seconds=EVERY),
            active=True,
            due_at=start,
        )
        for kind, count in (("prices", FEEDS), ("quiet", SILENT_FEEDS))
        for n in range(count)
    )
    return start, run


def workers(var: Path) -> list[subprocess.Popen]:
    """Start all that `make run` starts but the site; what they say goes to a log."""
    from newsroom.launcher.run import Installation, commands

    allowed = ",".join(f"{name}:{PORT}" for name in hosts())
    surroundings = {**os.environ, "NEWSROOM_FETCH_ALLOW": allowed}
    log = (var / "lateness.log").open("ab")
    return [
        subprocess.Popen(
            argv, env=surroundings, stdout=log, stderr=log, start_new_session=True
        )
        for name, argv in commands(
            Installation("127.0.0.1", 0, var), demo=False
        ).items()
        if name != "web"
    ]


def measure(spread: int, var: Path) -> None:
    from django.db import connection

    from wire.models import Item, Source

    ours, theirs = multiprocessing.Pipe()
    world = multiprocessing.get_context("fork").Process(target=serve, args=(theirs,))
    world.start()
    assert ours.recv() == "ready"
    start, run = listen(spread)
    due = dict(Source.objects.filter(slug__endswith=run).values_list("url", "due_at"))
    connection.close()
    children = workers(var)
    try:
        time.sleep(12 + SECONDS)
        ours.send("stop")
        asked = ours.recv()
    finally:
        for child in children:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        world.kill()
        world.join()
    first = {url.removeprefix("http://").replace(f":{PORT}", ""): at.timestamp()
             for url, at in due.items() if f":{PORT}/{run}/h" in url}  # fmt: skip
    first |= {f"{host('prices', n)}/{run}/{n}": start.timestamp() for n in range(FEEDS)}
    ends = start.timestamp() + SECONDS
    late = {key: lateness(asked.get(key, []), at, ends) for key, at in first.items()}
    items = Item.objects.filter(source__slug__endswith=run)
    stored = [
        seen.timestamp() - float(guid.split()[-1])
        for guid, seen in items.values_list("external_id", "seen_at")
    ]
    polls = [s for key, found in late.items() if "/h" in key for s in found]
    quotes = [s for key, found in late.items() if "/h" not in key for s in found]
    print(f"{HEALTHY} healthy sources on {spread} hosts, {SECONDS} s")
    for words, found in (
        ("polls", polls),
        ("posts, until stored", stored),
        ("prices", quotes),
    ):
        print(f"  {words:22}{len(found):6} {percentiles(found)}")
    Source.objects.update(enabled=False)


def lateness(asked: list[float], due: float, ends: float) -> list[float]:
    """Return by how many seconds each poll was late; the one that never came too."""
    found = []
    for at in asked:
        found.append(max(at - due, 0))
        due = at + EVERY
    if due < ends:
        found.append(ends - due)
    return found


def percentiles(found: list[float]) -> str:
    found = sorted(found) or [float("nan")]
    at = {"median": 0.5, "p99": 0.99, "max": 1.0}
    return "  ".join(
        f"{name} {found[min(int(len(found) * part), len(found) - 1)]:7.2f} s"
        for name, part in at.items()
    )


def main() -> None:
    import django

    django.setup()
    var = Path(os.environ["NEWSROOM_VAR"])
    for spread in (20, 4):
        measure(spread, var)


if __name__ == "__main__":
    main()
