"""The wire under fire: workers killed, the broker wiped, PostgreSQL stopped at once.

Small by default. For the full proof:
`NEWSROOM_CHAOS=20000 NEWSROOM_CHAOS_KILLS=10 make test ARGS="-k under_fire -s"`.
"""

import http.server
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psutil
import psycopg
import pytest

from newsroom.embedded.places import database_url, redis_url

ROOT = Path(__file__).resolve().parents[2]
ITEMS = int(os.environ.get("NEWSROOM_CHAOS", "2400"))
KILLS = int(os.environ.get("NEWSROOM_CHAOS_KILLS", "4"))
PER_FEED = 200
FEEDS = max(ITEMS // PER_FEED, 4)
STAGES = 4  # each feed grows in so many steps; one item in ten is edited later
PATIENCE = 240  # seconds


class World:
    """Loopback feeds that grow and are edited while they are read."""

    def __init__(self, feeds: int, per_feed: int) -> None:
        self.feeds, self.per_feed, self.stage = feeds, per_feed, 1
        world = self

        class Door(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = world.document(int(self.path.strip("/")))
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def document(self, feed: int) -> bytes:
        shown = self.per_feed * self.stage // STAGES
        entries = "".join(
            f"<item><guid isPermaLink='false'>{feed}-{n}</guid>"
            f"<title>Report {feed}-{n}{self.edit(n)}</title>"
            f"<link>https://feeds.example/{feed}/{n}</link>"
            f"<description>What report {n} of feed {feed} says.</description></item>"
            for n in reversed(range(shown))
        )
        return (
            "<?xml version='1.0'?><rss version='2.0'><channel>"
            f"<title>Feed {feed}</title>{entries}</channel></rss>"
        ).encode()

    def edit(self, n: int) -> str:
        return " (corrected)" if n % 10 == 0 and self.stage == STAGES else ""

    def versions(self, n: int) -> set[str]:
        """What may have been seen of item `n`: its last state always, its first maybe."""
        return {"", " (corrected)"} if n % 10 == 0 else {""}


class Stack:
    """Servers and workers of its own, under a folder of its own."""

    def __init__(self, var: Path, port: int) -> None:
        self.var = var
        self.env = {
            **{
                k: v
                for k, v in os.environ.items()
                if k not in ("DATABASE_URL", "REDIS_URL")
            },
            "NEWSROOM_VAR": str(var),
            "NEWSROOM_DEBUG": "1",
            "NEWSROOM_FETCH_ALLOW": f"127.0.0.1:{port}",
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        }
        self.children: list[subprocess.Popen] = []
        self.log = (var / "celery.log").open("ab")

    def embedded(self, verb: str) -> None:
        self.python("-m", "newsroom.embedded", verb)

    def python(self, *words: str) -> None:
        subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self.env, check=True, timeout=120,
            stdout=self.log, stderr=self.log,
        )  # fmt: skip

    def celery(self, *words: str) -> subprocess.Popen:
        child = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "newsroom", *words],
            cwd=ROOT, env=self.env, start_new_session=True,
            stdout=self.log, stderr=self.log,
        )  # fmt: skip
        self.children.append(child)
        return child

    def worker(self) -> subprocess.Popen:
        return self.celery("worker", "-Q", "ingest", "-c", "2", "--loglevel=WARNING")

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(database_url(self.var), autocommit=True)

    def kill_a_worker(self, dice: random.Random) -> None:
        """`kill -9` of one process of the workers, parent or child; then a fresh one."""
        workers = [c for c in self.children if "worker" in c.args and c.poll() is None]
        victim = dice.choice(workers)
        group = [victim.pid, *(p.pid for p in psutil.Process(victim.pid).children())]
        chosen = dice.choice(group)
        os.kill(chosen, signal.SIGKILL)
        if chosen == victim.pid:
            time.sleep(0.2)
            os.killpg(victim.pid, signal.SIGKILL)
            victim.wait()
            self.worker()

    def wipe_the_broker(self) -> None:
        import redis

        redis.Redis.from_url(redis_url(self.var)).flushall()

    def stop_postgres_at_once(self) -> None:
        """An immediate stop, as a power cut would be to PostgreSQL; then start again."""
        pid = int((self.var / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], 10)
        self.embedded("start")

    def end(self) -> None:
        for child in self.children:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self.embedded("stop")
        self.log.close()


@pytest.fixture
def stack(tmp_path_factory):
    var = tmp_path_factory.mktemp("chaos")
    var.chmod(0o755)
    world = World(FEEDS, PER_FEED)
    stack = Stack(var, world.port)
    try:
        stack.embedded("start")
        stack.python("manage.py", "migrate", "--verbosity=0")
        yield stack, world
    finally:
        stack.end()
        world.server.shutdown()
        world.server.server_close()


def listen(stack: Stack, world: World) -> None:
    address = f"http://127.0.0.1:{world.port}"
    stack.python("manage.py", "shell", "-v", "0", "-c", f"""
from datetime import timedelta
from wire.models import Publisher, Source
fire = Publisher.objects.create(name="Fire", slug="fire")
Source.objects.bulk_create(
    Source(publisher=fire, name=f"Feed {{n}}", slug=f"feed-{{n}}", format="rss",
           url=f"{address}/{{n}}", release="auto", interval=timedelta(seconds=15))
    for n in range({world.feeds}))
""")  # fmt: skip


def stored(stack: Stack) -> int:
    try:
        with stack.connect() as db:
            row = db.execute("SELECT count(*) FROM wire_item").fetchone()
            return row[0]
    except psycopg.OperationalError:
        return -1


def settled(stack: Stack, world: World) -> bool:
    """Every item is there, and every edited one in its last state."""
    try:
        with stack.connect() as db:
            items, edited = db.execute(
                "SELECT count(*), count(*) FILTER (WHERE headline LIKE '%(corrected)')"
                " FROM wire_item"
            ).fetchone()
    except psycopg.OperationalError:
        return False
    wanted = world.feeds * world.per_feed
    return items == wanted and edited == world.feeds * -(-world.per_feed // 10)


@pytest.mark.slow
def test_under_fire_nothing_is_lost_and_nothing_doubled(stack):
    stack, world = stack
    dice = random.Random(176)
    listen(stack, world)
    stack.celery("beat", "-s", str(stack.var / "beat"), "--loglevel=WARNING")
    stack.worker()
    stack.worker()
    began = time.monotonic()
    faults = ["kill"] * KILLS
    faults.insert(KILLS // 3, "wipe")
    faults.insert(2 * KILLS // 3 + 1, "stop")
    for number, fault in enumerate(faults, start=1):
        world.stage = max(world.stage, min(STAGES, 1 + STAGES * number // len(faults)))
        time.sleep(dice.uniform(1.0, 4.0))
        print(f"{time.monotonic() - began:6.1f} s  {stored(stack):6} stored; {fault}")
        if fault == "kill":
            stack.kill_a_worker(dice)
        elif fault == "wipe":
            stack.wipe_the_broker()
        else:
            stack.stop_postgres_at_once()
    world.stage = STAGES
    while not settled(stack, world):
        assert time.monotonic() - began < PATIENCE, (
            stack.var / "celery.log"
        ).read_text()[-3000:]
        time.sleep(1)
    took = time.monotonic() - began
    count = account(stack, world)
    print(f"{took:6.1f} s  settled: {dict(count)}")
    assert count["lost"] == count["doubled"] == count["half"] == count["bare"] == 0


def account(stack: Stack, world: World) -> Counter:
    """Compare the database with the world, item by item and version by version."""
    count = Counter(lost=0, doubled=0, half=0, bare=0)
    with stack.connect() as db:
        rows = db.execute(
            "SELECT i.external_id, i.version_count, i.current_n, i.headline,"
            " array_agg(v.headline ORDER BY v.n), array_agg(DISTINCT v.blob),"
            " (SELECT count(*) FROM wire_event e WHERE e.item_id = i.id)"
            " FROM wire_item i JOIN wire_version v ON v.item_id = i.id GROUP BY i.id"
        ).fetchall()
    seen = Counter(row[0] for row in rows)
    wanted = {f"{f}-{n}" for f in range(world.feeds) for n in range(world.per_feed)}
    count["items"] = len(rows)
    count["lost"] = len(wanted - set(seen))
    count["doubled"] = sum(seen.values()) - len(seen)
    for external_id, versions, current, headline, headlines, blobs, events in rows:
        n = int(external_id.split("-")[1])
        states = [h.removeprefix(f"Report {external_id}") for h in headlines]
        count["versions"] += len(states)
        if len(set(states)) != len(states) or not set(states) <= world.versions(n):
            count["doubled"] += 1
        if not (
            versions == current == len(states) == events and headline == headlines[-1]
        ):
            count["half"] += 1
        for blob in blobs:
            if not (stack.var / "blobs" / blob[:2] / blob[2:4] / blob).exists():
                count["bare"] += 1
    return count
