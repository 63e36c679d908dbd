"""Many sources at once: those that are well wait for nobody, and hosts are spared."""

import threading
import time
from datetime import timedelta

import pytest

from outgoing import errors
from wire.models import Host, Item, Source
from wire.polling import Poller, poll_due
from wire.tests.factories import NINE, fetched, make_source, rss

pytestmark = pytest.mark.django_db

TWO = rss(("a", "Ferry sails"), ("b", "Bridge closed"))
LIMIT = 30  # seconds a test may hang
OUTAGE = errors.NameNotFound("There is no address for it.")
SILENT = errors.TimedOut("It did not answer in time.")


@pytest.fixture(autouse=True)
def _own_blobs(settings, tmp_path):
    settings.BLOB_DIR = tmp_path / "blobs"


@pytest.fixture
def silence():
    """What silent hosts wait for; it comes at the end of the test at the latest."""
    event = threading.Event()
    yield event
    event.set()


def make_sources(count, host, **fields):
    return [
        make_source(url=f"https://{host}/{n}.xml".replace("#", str(n)), **fields)
        for n in range(count)
    ]


def world(silence):
    """A world whose hosts called silent take a request and never answer it."""

    def fetch(url, **validators):
        if "silent" in url:
            silence.wait(LIMIT)
            raise SILENT
        return fetched(TWO, url=url)

    return fetch


def refuse(error):
    def fetch(url, **validators):
        raise error

    return fetch


def first(poller, count):
    """Run until `count` outcomes have come, and return them."""
    found, ends = [], time.monotonic() + LIMIT
    while len(found) < count and time.monotonic() < ends:
        found += poller.run(seconds=0.2)
    return found


@pytest.mark.parametrize("host", ["silent.example", "silent#.example"])
def test_sources_that_never_answer_hold_nobody_up(silence, host):
    make_sources(40, host)
    healthy = make_sources(30, "healthy#.example")
    poller = Poller(clock=lambda: NINE, fetch=world(silence))

    outcomes = first(poller, 30)

    assert {o.source for o in outcomes} == {source.name for source in healthy}
    assert Source.objects.filter(last_success_at=NINE).count() == 30
    silence.set()
    poller.close()


def test_what_answered_unchanged_is_written_down_while_others_still_hang(silence):
    make_sources(3, "silent#.example")
    (steady,) = make_sources(1, "steady.example", full_fetch_at=NINE)

    def fetch(url, **validators):
        if "steady" in url:
            return fetched(url=url, status=304)
        return world(silence)(url)

    poller = Poller(clock=lambda: NINE, fetch=fetch)
    (outcome,) = first(poller, 1)

    steady.refresh_from_db()
    assert outcome.result == "unchanged"
    assert steady.last_success_at == NINE
    assert steady.lease_until is None
    silence.set()
    poller.close()


def test_what_answers_after_the_window_is_stored_in_the_next(silence):
    make_sources(1, "silent.example")

    def fetch(url, **validators):
        silence.wait(LIMIT)
        return fetched(TWO, url=url)

    poller = Poller(clock=lambda: NINE, fetch=fetch)
    assert list(poller.run(seconds=0.05)) == []
    silence.set()

    assert [o.result for o in first(poller, 1)] == ["stored"]
    poller.close()


def test_what_a_worker_that_stops_had_under_way_is_due_again_at_once(silence):
    make_sources(3, "silent#.example")
    poller = Poller(clock=lambda: NINE, fetch=world(silence))
    list(poller.run(seconds=0.05))
    assert not Source.objects.due(NINE).exists()

    poller.close()

    assert Source.objects.due(NINE).count() == 3
    assert set(Source.objects.values_list("attempts", flat=True)) == {0}
    silence.set()


def test_a_host_has_two_of_its_sources_asked_at_once_by_all_processes_together():
    make_sources(5, "one.example")
    make_sources(1, "ONE.example")
    make_sources(2, "other.example")

    mine = Source.objects.lease(NINE, limit=64)
    theirs = Source.objects.lease(NINE, limit=64)

    assert sorted(s.host for s in mine) == ["one.example"] * 2 + ["other.example"] * 2
    assert theirs == []
    Source.objects.release(mine[:1], now=NINE)
    assert len(Source.objects.lease(NINE, limit=64)) == 1


def test_sources_that_failed_share_a_part_of_the_slots_and_go_last():
    make_sources(9, "failing#.example", failures=1, due_at=NINE - timedelta(hours=1))
    make_sources(3, "well#.example")

    taken = Source.objects.lease(NINE, limit=6, doubtful=2)

    assert [s.failures for s in sorted(taken, key=lambda s: s.failures)] == [
        *(0, 0, 0),
        *(1, 1),
    ]
    assert Source.objects.lease(NINE, limit=6, doubtful=0) == []


def test_a_host_that_never_answers_rests_with_all_its_sources():
    make_sources(20, "silent.example")
    (other,) = make_sources(1, "other.example", due_at=NINE + timedelta(seconds=1))
    asked = []

    def fetch(url, **validators):
        asked.append(url)
        raise SILENT

    list(poll_due(clock=lambda: NINE, fetch=fetch))

    assert Host.PATIENCE <= len(asked) <= Host.PATIENCE + 1
    rested = Source.objects.filter(host="silent.example")
    assert not rested.filter(due_at__lt=NINE + timedelta(minutes=1)).exists()
    assert len(set(rested.values_list("due_at", flat=True))) == 20
    assert rested.filter(failures=0).count() >= 16  # they have done nothing wrong
    other.refresh_from_db()
    assert other.due_at == NINE + timedelta(seconds=1)


def test_a_host_rests_longer_each_time_and_one_answer_ends_it():
    (source,) = make_sources(1, "silent.example")
    rests = []
    for _ in range(9):
        Source.objects.update(due_at=NINE)
        Host.objects.missed("silent.example", now=NINE)
        source.refresh_from_db()
        rests.append(source.due_at - NINE)
    assert rests[:2] == [timedelta(0)] * 2
    assert rests[2] >= timedelta(minutes=1)
    assert timedelta(minutes=15) <= rests[-1] <= timedelta(minutes=20)

    Source.objects.update(due_at=NINE)
    list(poll_due(clock=lambda: NINE, fetch=lambda url, **v: fetched(TWO, url=url)))

    assert not Host.objects.exists()
    assert Item.objects.count() == 2


def test_an_error_page_is_an_answer_and_the_host_does_not_rest():
    make_sources(9, "odd.example")
    asked = []

    def fetch(url, **validators):
        asked.append(url)
        raise errors.ServerTrouble("It answered 500.", status=500)

    list(poll_due(clock=lambda: NINE, fetch=fetch))

    assert len(asked) == 9


def test_a_host_that_says_we_ask_too_often_is_left_alone_with_all_its_sources():
    make_sources(40, "busy.example")
    asked = []

    def fetch(url, **validators):
        asked.append(url)
        raise errors.Limited("429", status=429, retry_after=timedelta(minutes=15))

    list(poll_due(clock=lambda: NINE, fetch=fetch))

    assert len(asked) <= 3
    later = NINE + timedelta(minutes=15)
    assert not Source.objects.filter(due_at__lt=later).exists()
    assert len(set(Source.objects.values_list("due_at", flat=True))) >= 38


def test_after_an_outage_of_our_own_line_all_sources_are_heard_within_a_minute():
    make_sources(12, "host#.example", interval=timedelta(seconds=15))
    poller = Poller(clock=lambda: now, fetch=refuse(OUTAGE))
    now = NINE
    while now < NINE + timedelta(hours=2):
        list(poller.run(seconds=LIMIT))
        now += timedelta(minutes=1)
    waits = [at - now for at in Source.objects.values_list("due_at", flat=True)]
    assert max(waits) > timedelta(minutes=5)

    poller._fetch = lambda url, **validators: fetched(TWO, url=url)
    now = min(Source.objects.values_list("due_at", flat=True))
    list(poller.run(seconds=LIMIT))
    now += timedelta(minutes=1)
    list(poller.run(seconds=LIMIT))

    assert Source.objects.filter(failures=0).count() == 12
    assert not Host.objects.exists()
    poller.close()


def test_some_dead_hosts_among_living_ones_are_no_outage_of_ours():
    make_sources(9, "dead#.example")
    make_sources(1, "living.example", interval=timedelta(seconds=60))

    def fetch(url, **validators):
        if "dead" in url:
            raise OUTAGE
        return fetched(TWO, url=url)

    poller, now = Poller(clock=lambda: now, fetch=fetch), NINE
    for _ in range(30):
        list(poller.run(seconds=LIMIT))
        now += timedelta(minutes=1)

    dead = Source.objects.filter(failures__gt=0)
    assert {source.failures for source in dead} <= {2, 3}
    poller.close()
