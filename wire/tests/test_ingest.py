"""From a source that is due to stored items, through faults of all kinds."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from outgoing import errors
from wire import ingest, polling, raw_documents
from wire.models import DeadLetter, Fetch, Item, Source, Version
from wire.tests.factories import NINE, fetched, make_source, rss

pytestmark = pytest.mark.django_db

TWO = rss(("a", "Ferry sails"), ("b", "Bridge closed"))


@pytest.fixture(autouse=True)
def _own_blobs(settings, tmp_path):
    settings.BLOB_DIR = tmp_path / "blobs"


def answer(body=TWO, **fields):
    return lambda url, **validators: fetched(body, url=url, **fields)


def poll(*, fetch=None, now=NINE):
    return list(polling.poll_due(clock=lambda: now, fetch=fetch or answer()))


def refuse(error):
    def fetch(url, **validators):
        raise error

    return fetch


def test_a_due_source_is_polled_and_its_posts_are_stored():
    source = make_source()
    (outcome,) = poll()
    source.refresh_from_db()
    assert (outcome.result, outcome.report.new) == ("stored", 2)
    assert Item.objects.count() == 2
    assert source.last_success_at == NINE
    assert source.due_at == NINE + source.interval
    assert source.lease_token is None


def test_a_source_that_is_not_due_is_left_alone():
    make_source(due_at=NINE + timedelta(seconds=1))
    assert poll() == []


def test_every_stored_version_names_the_bytes_it_came_in():
    make_source()
    poll()
    for version in Version.objects.all():
        assert raw_documents.read(version.blob) == TWO


def test_validators_are_sent_back_and_an_unchanged_answer_stores_nothing():
    source = make_source()
    asked = []

    def fetch(url, *, etag="", last_modified=""):
        asked.append((etag, last_modified))
        if etag:
            return fetched(status=304, url=url)
        return fetched(TWO, url=url, etag='"v1"', last_modified="Mon")

    poll(fetch=fetch)
    later = NINE + timedelta(minutes=5)
    (outcome,) = poll(fetch=fetch, now=later)
    source.refresh_from_db()
    assert asked == [("", ""), ('"v1"', "Mon")]
    assert outcome.result == "unchanged"
    assert source.last_success_at == later
    assert Fetch.objects.count() == 1


def test_identical_bytes_are_not_parsed_again(monkeypatch):
    make_source()
    poll()
    monkeypatch.setattr(ingest, "read", None)  # calling it would fail
    (outcome,) = poll(now=NINE + timedelta(minutes=5))
    assert outcome.result == "unchanged"


def test_a_lying_etag_hides_a_change_for_a_day_at_most():
    make_source()

    def fetch(url, *, etag="", last_modified=""):
        if etag:
            return fetched(status=304, url=url)
        return fetched(rss(("a", "Anew")) if seen else TWO, url=url, etag='"same"')

    seen = []
    poll(fetch=fetch)
    seen.append(True)
    assert poll(fetch=fetch, now=NINE + timedelta(hours=1))[0].result == "unchanged"
    assert poll(fetch=fetch, now=NINE + timedelta(hours=25))[0].result == "stored"


def test_a_document_that_cannot_be_read_moves_no_validator_and_keeps_its_bytes():
    source = make_source()
    page = b"<!doctype html><html><title>Log in</title><p>Please log in</html>"
    (outcome,) = poll(fetch=answer(page, etag='"v1"', content_type="text/html"))
    source.refresh_from_db()
    assert outcome.result == "failed"
    assert (source.etag, source.body_hash, source.failures) == ("", "", 1)
    assert bytes(DeadLetter.objects.get().raw) == page
    assert Fetch.objects.get().reason == "unreadable"


def test_a_failing_source_is_asked_less_and_less_often_and_logged_once():
    source = make_source()
    now, waits = NINE, []
    for _ in range(12):
        poll(fetch=refuse(errors.NotFound("Not found.", status=404)), now=now)
        source.refresh_from_db()
        waits.append(source.due_at - now)
        now = source.due_at
    assert timedelta(minutes=5) <= waits[0] <= timedelta(minutes=6.25)
    assert waits[:9] == sorted(waits[:9])
    assert timedelta(hours=24) <= waits[-1] <= timedelta(hours=30)
    assert Fetch.objects.count() == 1


def test_a_server_that_asks_us_to_wait_is_given_its_time():
    source = make_source()
    busy = errors.HttpStatus("Busy.", status=503, retry_after=timedelta(minutes=42))
    poll(fetch=refuse(busy))
    source.refresh_from_db()
    assert source.due_at == NINE + timedelta(minutes=42)


def test_a_source_gone_for_good_is_paused():
    source = make_source()
    poll(fetch=refuse(errors.Gone("Gone.", status=410)))
    source.refresh_from_db()
    assert not source.enabled


def test_one_failing_source_costs_the_others_nothing():
    bad, good = make_source(), make_source()

    def fetch(url, **validators):
        if url == bad.url:
            raise errors.TimedOut("Too slow.")
        return fetched(TWO, url=url)

    results = {o.source: o.result for o in poll(fetch=fetch)}
    assert results == {bad.name: "failed", good.name: "stored"}


def test_a_full_disk_fails_the_poll_and_stores_no_item(monkeypatch):
    def full(raw):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(raw_documents, "keep", full)
    make_source()
    (outcome,) = poll()
    assert outcome.result == "failed"
    assert "No space left" in outcome.error
    assert not Item.objects.exists()


def test_a_worker_that_was_too_slow_writes_nothing():
    source = make_source()

    def clock():
        """Storing asks the time last: by then another worker has taken the source."""
        calls.append(NINE)
        if len(calls) == 3:
            Source.objects.update(lease_token=uuid4())
        return NINE

    calls = []
    (outcome,) = polling.poll_due(clock=clock, fetch=answer())
    source.refresh_from_db()
    assert outcome.result == "lost"
    assert not Item.objects.exists()
    assert source.last_success_at is None


def test_the_lease_of_a_dead_worker_ends_and_another_finishes():
    make_source()
    assert Source.objects.lease(NINE, limit=8)  # taken, then the worker dies
    assert poll(now=NINE + timedelta(seconds=30)) == []
    (outcome,) = poll(now=NINE + Source.LEASE + timedelta(seconds=1))
    assert outcome.result == "stored"


def test_a_file_is_stored_like_a_poll():
    source = make_source()
    report = ingest.take_in(source, TWO, now=NINE)
    assert report.new == 2
    assert ingest.take_in(source, TWO, now=NINE).unchanged == 2


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_who_poll_at_once_each_source_is_fetched_once():
    for _ in range(20):
        make_source()
    fetches, lock = [], threading.Lock()

    def fetch(url, **validators):
        with lock:
            fetches.append(url)
        return fetched(TWO, url=url)

    def work():
        try:
            poll(fetch=fetch)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(fetches) == len(set(fetches)) == 20
    assert Item.objects.count() == 40


@pytest.mark.django_db(transaction=True)
def test_the_same_document_stored_by_eight_threads_at_once_is_stored_once():
    source = make_source()

    def work():
        try:
            ingest.take_in(source, TWO, now=timezone.now())
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Item.objects.count() == Version.objects.count() == 2
