"""What a source goes through, and what it must never cost: its next good document."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from outgoing import errors
from wire import ingest, polling, raw_documents
from wire.models import DeadLetter, Fetch, Item, Reading, Source
from wire.tests.factories import NINE, fetched, make_source, rss

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
GOOD = rss(("a", "Ferry sails"), ("b", "Bridge closed"))
BETTER = rss(("c", "Bridge opens"))


@pytest.fixture(autouse=True)
def _own_blobs(settings, tmp_path):
    settings.BLOB_DIR = tmp_path / "blobs"


def poll(fetch, *, now=NINE):
    return list(polling.poll_due(clock=lambda: now, fetch=fetch))


def answer(body):
    return lambda url, **validators: fetched(body, url=url)


def refuse(error):
    def fetch(url, **validators):
        raise error

    return fetch


OUTAGES = {
    "503": errors.ServerTrouble("It answered 503.", status=503),
    "404": errors.NotFound("It answered 404.", status=404),
    "429": errors.Limited("It answered 429.", status=429),
    "dns": errors.NameNotFound("There is no address for it."),
    "connection": errors.NoConnection("It cannot be reached."),
    "time-out": errors.TimedOut("It did not answer in time."),
}


@pytest.mark.parametrize("error", OUTAGES.values(), ids=list(OUTAGES))
def test_a_source_that_failed_ten_times_is_heard_again(error):
    source, now = make_source(), NINE
    for _ in range(10):
        (outcome,) = poll(refuse(error), now=now)
        source.refresh_from_db()
        assert outcome.error == str(error)
        now = source.due_at

    (outcome,) = poll(answer(GOOD), now=now)

    source.refresh_from_db()
    assert (outcome.result, outcome.report.new) == ("stored", 2)
    assert (source.failures, source.crashes, source.last_error) == (0, 0, "")
    assert source.due_at == now + source.interval
    assert not DeadLetter.objects.exists()


def test_what_failed_together_does_not_come_again_together():
    for _ in range(20):
        make_source()

    poll(refuse(OUTAGES["503"]))

    assert len(set(Source.objects.values_list("due_at", flat=True))) == 20


def test_a_source_nobody_could_reach_for_days_is_tried_every_hour():
    source, now = make_source(failures=40), NINE
    for error in (OUTAGES["dns"], OUTAGES["connection"], OUTAGES["time-out"]):
        poll(refuse(error), now=now)
        source.refresh_from_db()
        assert source.due_at - now <= timedelta(hours=1)
        now = source.due_at


def poll_in_a_child(how, document, *, now, blobs):
    """Poll what is due in another process, whose reader dies of the word "poison"."""
    return subprocess.run(
        [sys.executable, "-m", "wire.tests.killed_reader", how, now.isoformat(),
         connection.settings_dict["NAME"], connection.settings_dict["USER"],
         str(blobs)],
        cwd=ROOT, env={**os.environ, "DJANGO_SETTINGS_MODULE": "newsroom.settings"},
        input=document, capture_output=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["abort", "exit"])
def test_a_document_that_kills_its_reader_is_set_aside_and_the_next_is_read(
    how, settings
):
    poison = rss(("x", "The poison"))
    source, mate = make_source(), make_source(url="https://healthy.example/feed")
    now = NINE
    for _ in range(Reading.TRIES):
        died = poll_in_a_child(how, poison, now=now, blobs=settings.BLOB_DIR)
        assert died.returncode not in (0, 1), died.stderr.decode()
        now += timedelta(hours=1)
        Source.objects.update(due_at=now)

    lived = poll_in_a_child(how, poison, now=now, blobs=settings.BLOB_DIR)
    source.refresh_from_db()
    letter = DeadLetter.objects.get()

    assert lived.returncode == 0, lived.stderr.decode()
    assert "reading this document ended the worker 3 times" in source.last_error
    assert (letter.source, bytes(letter.raw)) == (source, poison)
    assert "reading this document ended the worker 3 times" in letter.error
    assert source.due_at == now + source.interval
    assert Item.objects.filter(source=mate).count() == 2

    now = source.due_at
    poll_in_a_child(how, BETTER, now=now, blobs=settings.BLOB_DIR)
    source.refresh_from_db()
    assert list(Item.objects.filter(source=source).values_list("headline")) == [
        ("Bridge opens",)
    ]
    assert (source.failures, source.crashes) == (0, 0)


def test_a_document_that_kills_its_reader_is_dead_once_however_often_it_comes():
    source, now = make_source(), NINE
    for _ in range(Reading.TRIES):
        Reading.objects.begin(source, raw_documents.digest(GOOD), now=now)
    for _ in range(5):
        (outcome,) = poll(answer(GOOD), now=now)
        source.refresh_from_db()
        now = source.due_at

    assert outcome.result == "failed"
    assert DeadLetter.objects.count() == 1
    assert Fetch.objects.count() == 1
    assert not Item.objects.exists()


def test_a_document_that_was_set_aside_is_read_when_the_desk_listens_again():
    source = make_source()
    for _ in range(Reading.TRIES):
        Reading.objects.begin(source, raw_documents.digest(GOOD), now=NINE)
    poll(answer(GOOD))

    source.resume(now=NINE)

    assert [o.result for o in poll(answer(GOOD))] == ["stored"]


def test_a_document_read_to_its_end_leaves_no_note():
    make_source()
    poll(answer(GOOD))
    ingest.take_in(make_source(), GOOD, now=NINE)
    make_source()
    poll(answer(b"<!doctype html><title>Log in</title>"))

    assert not Reading.objects.exists()


def test_a_source_whose_fetching_ends_the_worker_is_asked_ever_less_often():
    source, now, waits = make_source(), NINE, []
    for _ in range(5):
        Source.objects.lease(now, limit=1)  # and the worker dies while fetching
        again = now
        while not Source.objects.due(again).exists():
            again += timedelta(seconds=30)
        waits.append(again - now)
        now = again

    assert waits == sorted(waits)
    assert waits[-1] >= timedelta(minutes=10)
    assert [o.result for o in poll(answer(GOOD), now=now)] == ["stored"]
    source.refresh_from_db()
    assert (source.attempts, source.crashes) == (0, 0)


def test_a_fault_of_ours_in_one_document_costs_its_mates_nothing(monkeypatch):
    mates = [make_source() for _ in range(5)]
    odd = make_source(url="https://odd.example/feed")
    parse, now = ingest.read, NINE

    def fail_at_odd(raw, source, **said):
        if source == odd:
            raise RuntimeError("a fault of ours")
        return parse(raw, source, **said)

    monkeypatch.setattr(ingest, "read", fail_at_odd)
    for _ in range(Reading.TRIES):
        with pytest.raises(RuntimeError):
            poll(answer(GOOD), now=now)
        poll(answer(GOOD), now=now)  # the next ring
        now += timedelta(hours=1)

    poll(answer(GOOD), now=now)
    odd.refresh_from_db()
    assert "ended the worker 3 times" in odd.last_error
    for mate in mates:
        mate.refresh_from_db()
        assert (mate.failures, mate.crashes) == (0, 0)
        assert mate.last_success_at == now
