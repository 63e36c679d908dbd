"""Hearing commits, on a real PostgreSQL and from another process."""

import socket
import statistics
import subprocess
import sys
import threading
import time

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from articles import transitions
from articles.tests.factories import make_article, make_user
from newsroom.database import patience
from newsroom.edge import factory
from newsroom.edge.listener import Listener, SnapshotPosition
from newsroom.edge.page_store import PageStore
from newsroom.tests.edge.test_page_store import keep

pytestmark = pytest.mark.django_db(transaction=True)


class Ears:
    """A listener, and what it said."""

    def __init__(self, **fields):
        self.heard, self.ups, self.downs, self.marks = [], 0, 0, []
        self.listener = Listener(
            factory.connect, heard=self.hear, up=self.up, down=self.down, **fields
        )

    def hear(self, channel, payload):
        self.heard.append((time.monotonic(), channel, payload))

    def up(self, since, here):
        self.ups += 1
        self.marks.append((since, here))

    def down(self):
        self.downs += 1

    @property
    def payloads(self):
        return [payload for _, _, payload in self.heard]

    def __enter__(self):
        self.listener.start()
        until(lambda: self.ups)
        return self

    def __exit__(self, *_):
        self.listener.stop()
        self.listener.join(5)
        assert not self.listener.is_alive()


def until(true, *, seconds=5):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def notify(payload, channel="edge"):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])


def cut_all():
    """End every listening connection, as a restart of PostgreSQL would."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'newsroom edge' AND datname = current_database()"
        )


def test_what_a_commit_says_is_heard_and_what_is_rolled_back_is_not():
    with Ears() as ears:
        with transaction.atomic():
            notify("front")
            notify("wire")
            time.sleep(0.05)
            assert ears.payloads == []
        with transaction.atomic():
            notify("never")
            transaction.set_rollback(True)
        notify('{"kind":"wire"}', "live")
        until(lambda: len(ears.heard) == 3)
    assert [(c, p) for _, c, p in ears.heard] == [
        ("edge", "front"), ("edge", "wire"), ("live", '{"kind":"wire"}'),
    ]  # fmt: skip


def test_a_thousand_rings_in_one_go_are_all_heard_in_order():
    with Ears() as ears:
        with transaction.atomic():
            for n in range(1000):
                notify(str(n))
        until(lambda: len(ears.heard) == 1000)
    assert ears.payloads == [str(n) for n in range(1000)]


def test_rings_during_the_proof_of_life_are_heard(monkeypatch):
    from newsroom.edge import listener as module

    monkeypatch.setattr(module, "PROOF", 0.0)
    monkeypatch.setattr(module, "TICK", 0.001)
    with Ears() as ears:
        for n in range(300):
            notify(str(n))
        until(lambda: len(ears.heard) == 300)


def test_after_the_connection_was_cut_it_listens_again_by_itself():
    with Ears() as ears:
        cut_all()
        until(lambda: ears.downs == 1 and ears.ups == 2)
        notify("front")
        until(lambda: ears.payloads == ["front"])


def test_a_publication_in_another_process_is_seen_here_at_once():
    """DESIGN §5: seen by every process p99 ≤ 250 ms. The figure is printed, not judged."""
    publish = """
import sys, time, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as db:
    for n in range(100):
        db.execute("SELECT pg_notify('edge', %s)", [repr(time.monotonic())])
        time.sleep(0.005)
"""
    params = connection.get_connection_params()
    kept = {
        k: params[k]
        for k in ("dbname", "host", "port", "user", "password")
        if k in params
    }
    address = psycopg.conninfo.make_conninfo(**{k: v for k, v in kept.items() if v})
    with Ears() as ears:
        subprocess.run([sys.executable, "-c", publish, address], check=True)
        until(lambda: len(ears.heard) == 100)
    late = sorted((at - float(said)) * 1000 for at, _, said in ears.heard)
    print(  # noqa: T201
        f"notify to drop: p50 {statistics.median(late):.1f} ms, p99 {late[98]:.1f} ms"
    )
    assert late[-1] < 5000  # heard by the ring, not by the next tick of something


def make_listening(store):
    return factory.make_listener(store, lambda payload: None)


@pytest.fixture
def listening():
    """A store and the listener that keeps it true."""
    store = PageStore()
    listener = make_listening(store)
    listener.start()
    until(lambda: store.is_listening)
    yield store
    listener.stop()
    listener.join(5)


def test_a_commit_outdates_the_pages_that_show_its_tags(listening):
    now = time.monotonic()
    keep(listening, "/", now=now, tags=("front", "wire"))
    keep(listening, "/world/", now=now, tags=("section:world",))
    notify("wire item:1")
    until(lambda: listening.fresh("/", time.monotonic()) is None)
    assert listening.fresh("/world/", time.monotonic()) is not None


def test_while_the_listener_is_deaf_no_page_is_trusted_and_all_go_when_it_hears_again(
    monkeypatch,
):
    real, let_in = factory.connect, threading.Event()

    def connect():
        if not let_in.wait(5):
            raise psycopg.OperationalError("still away")
        return real()

    monkeypatch.setattr(factory, "connect", connect)
    store = PageStore()
    listener = make_listening(store)
    let_in.set()
    listener.start()
    try:
        until(lambda: store.is_listening)
        let_in.clear()
        cut_all()
        until(lambda: not store.is_listening)
        keep(store, "/", now=time.monotonic())
        assert store.fresh("/", time.monotonic() + 1.1) is None
        let_in.set()
        until(lambda: store.is_listening)
        assert store.fresh("/", time.monotonic()) is None
    finally:
        let_in.set()
        listener.stop()
        listener.join(5)


def test_at_the_next_embargo_every_page_is_outdated(monkeypatch):
    from datetime import timedelta

    from django.utils import timezone

    ends = [timezone.now() + timedelta(seconds=0.6)]
    monkeypatch.setattr(
        factory,
        "import_string",
        lambda path: lambda now: ends[0] if ends[0] > now else None,
    )
    store = PageStore()
    listener = make_listening(store)
    listener.start()
    try:
        until(lambda: store.is_listening and store.boundary)
        keep(store, "/", now=time.monotonic())
        assert store.fresh("/", time.monotonic()) is not None
        until(lambda: store.fresh("/", time.monotonic()) is None)
        assert timezone.now() >= ends[0] - timedelta(milliseconds=50)
        until(lambda: store.boundary is None)
        keep(store, "/", now=time.monotonic())
        assert store.fresh("/", time.monotonic() + 30) is not None
    finally:
        listener.stop()
        listener.join(5)


def test_a_story_scheduled_after_the_page_was_kept_bounds_the_page(monkeypatch):
    from datetime import timedelta

    from django.utils import timezone

    ends = [None]
    monkeypatch.setattr(factory, "import_string", lambda path: lambda now: ends[0])
    store = PageStore()
    listener = make_listening(store)
    listener.start()
    try:
        until(lambda: store.is_listening)
        keep(store, "/", now=time.monotonic(), tags=("front",))
        ends[0] = timezone.now() + timedelta(seconds=10)
        notify("article:1")
        until(lambda: store.boundary is not None)
        assert store.fresh("/", time.monotonic()) is not None
        assert store.fresh("/", time.monotonic() + 11) is None
    finally:
        listener.stop()
        listener.join(5)


class Roads:
    """How the listener gets to the database: as it is, or as the test says."""

    def __init__(self, monkeypatch):
        self.error, self.outage, self.tries = None, False, 0
        self.real = factory.connect
        monkeypatch.setattr(factory, "connect", self.connect)
        monkeypatch.setattr(factory, "is_outage", lambda error: self.outage)

    def connect(self):
        self.tries += 1
        if self.error is not None:
            raise self.error
        return self.real()

    def block(self, *, outage=False):
        self.outage = outage
        self.error = psycopg.OperationalError("no way")
        tries = self.tries
        cut_all()
        until(lambda: self.tries > tries + 1)

    def open(self):
        self.error = None


@pytest.fixture
def roads(monkeypatch):
    return Roads(monkeypatch)


def kept_keys(store):
    return {key for key in ("/", "/other/") if store.stale_copy(key, time.monotonic())}


def test_what_was_killed_while_the_listener_was_cut_off_is_gone_when_it_hears_again(
    roads, listening
):
    article = make_article(status="live", now=timezone.now())
    keep(listening, "/", now=time.monotonic())
    roads.block()
    transitions.move(article, "kill", by=make_user(), now=timezone.now(), note="Wrong.")
    assert kept_keys(listening) == set()  # nobody knows: nothing is shown
    roads.open()
    until(lambda: listening.is_listening)
    assert len(listening) == 0


def test_what_was_only_outdated_meanwhile_may_still_stand_in(roads, listening):
    make_article(status="killed", now=timezone.now())
    roads.block()
    roads.open()
    until(lambda: listening.is_listening)
    keep(listening, "/", now=time.monotonic())
    roads.block()
    make_article(status="live", now=timezone.now())
    assert kept_keys(listening) == set()
    roads.open()
    until(lambda: listening.is_listening)
    assert kept_keys(listening) == {"/"}
    assert listening.fresh("/", time.monotonic()) is None


def test_copies_stand_in_while_the_database_itself_is_away_and_not_a_moment_longer(
    roads, listening
):
    keep(listening, "/", now=time.monotonic())
    roads.block(outage=True)
    until(lambda: kept_keys(listening) == {"/"})
    roads.outage = False  # somebody answers there, and does not let us in
    until(lambda: kept_keys(listening) == set())
    roads.outage = True  # too late: it was there meanwhile
    tries = roads.tries
    until(lambda: roads.tries > tries + 1)
    assert kept_keys(listening) == set()
    roads.open()
    until(lambda: listening.is_listening)


def test_a_database_that_is_met_and_lost_before_the_ledger_was_read_is_no_outage(
    roads, listening, monkeypatch
):
    keep(listening, "/", now=time.monotonic())

    def broken(since, here):
        roads.outage, roads.error = True, psycopg.OperationalError("gone")
        raise psycopg.OperationalError("gone in the middle")

    monkeypatch.setattr(factory, "was_taken_back", broken)
    tries = roads.tries
    cut_all()
    until(lambda: roads.tries > tries + 2)
    assert kept_keys(listening) == set()


def test_a_mark_holds_only_once_a_later_answer_came_on_the_same_line(monkeypatch):
    from newsroom.edge import listener as module

    monkeypatch.setattr(module, "PROOF", 0.0)
    monkeypatch.setattr(module, "TICK", 0.01)
    with Ears() as ears:
        make_article(now=timezone.now())
        time.sleep(0.3)
        cut_all()
        until(lambda: ears.ups == 2)
    (nothing, first), (heard_to, second) = ears.marks
    assert nothing is None
    assert first.xmin < heard_to.xmin <= second.xmin
    assert first.database == heard_to.database == second.database


@pytest.mark.parametrize(
    ("since", "taken_back"),
    [
        (None, True),
        (SnapshotPosition(1, 5), True),
        (SnapshotPosition(2, 9), True),
        (SnapshotPosition(2, 5), False),
    ],
    ids=["never heard", "another database", "numbered anew", "the same"],
)
def test_what_cannot_be_told_is_taken_for_a_kill(since, taken_back, settings):
    settings.EDGE_TAKEN_BACK = []
    assert factory.was_taken_back(since, SnapshotPosition(2, 8)) is taken_back


def test_a_machine_that_refuses_is_an_outage_and_one_that_says_nothing_is_none(
    monkeypatch, tmp_path
):
    refused = psycopg.OperationalError("connection refused")
    assert not factory.is_outage(refused)  # it is there: it answers the question
    here = {"host": str(tmp_path), "dbname": "x"}
    monkeypatch.setattr(factory, "_address", lambda: here)
    assert factory.is_outage(refused)
    silence = psycopg.errors.ConnectionTimeout("connection timeout")
    assert factory.is_outage(silence)  # of a server on this machine: it hangs, for all
    assert factory.is_outage(patience.Silent("the database does not take a connection"))
    assert not factory.is_outage(psycopg.OperationalError("No route to host"))
    there = {"host": "db.example", "dbname": "x"}
    monkeypatch.setattr(factory, "_address", lambda: there)
    assert not factory.is_outage(silence)  # perhaps we alone cannot reach it
    monkeypatch.setattr(factory, "_address", lambda: here)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = {"host": "127.0.0.1", "port": silent.getsockname()[1]}
        monkeypatch.setattr(factory, "_address", lambda: address)
        assert not factory.is_outage(refused)
