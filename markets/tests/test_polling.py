"""Many feeds of prices at once: a provider that hangs makes no other price late."""

import threading
import time
from datetime import timedelta

import pytest

from markets.models import Feed, Quote
from markets.polling import DOUBTFUL, Poller
from markets.tests.factories import NOON, make_feed, make_instrument
from markets.tests.test_refresh import Answer, answering, row
from outgoing.errors import TimedOut

pytestmark = [pytest.mark.django_db, pytest.mark.urls("markets.tests.urls")]

LIMIT = 30  # seconds a test may hang


@pytest.fixture
def silence():
    """What silent providers wait for; it comes at the end of the test at the latest."""
    event = threading.Event()
    yield event
    event.set()


def make_feeds(count, name, **fields):
    return [
        make_feed(name=f"{name} {n}", url=f"https://{name}{n}.example/", **fields)
        for n in range(count)
    ]


def world(silence):
    def fetch(url, **asked):
        if "silent" in url:
            silence.wait(LIMIT)
            raise TimedOut("It did not answer in time.")
        return answering([row()])(url)

    return fetch


def first(poller, count):
    """Run until `count` reports have come, and return them by the feed's name."""
    found, ends = {}, time.monotonic() + LIMIT
    while len(found) < count and time.monotonic() < ends:
        found |= {feed.name: report for feed, report in poller.run(seconds=0.2)}
    return found


def test_providers_that_never_answer_make_no_price_late(silence):
    make_instrument()
    make_feeds(8, "silent", due_at=NOON - timedelta(minutes=9))
    make_feeds(2, "healthy")
    poller = Poller(clock=lambda: NOON, fetch=world(silence))

    found = first(poller, 2)

    assert set(found) == {"healthy 0", "healthy 1"}
    assert Quote.objects.count() == 1
    silence.set()
    assert len(first(poller, 8)) == 8
    assert Feed.objects.filter(failures=1).count() == 8
    poller.close()


def test_feeds_that_failed_share_a_part_of_the_slots(silence):
    make_feeds(12, "silent", failures=1)
    poller = Poller(clock=lambda: NOON, fetch=world(silence))

    list(poller.run(seconds=0.1))

    assert Feed.objects.exclude(lease_token=None).count() == DOUBTFUL
    silence.set()
    poller.close()


def test_what_a_worker_that_stops_had_under_way_is_due_again_at_once(silence):
    make_feeds(3, "silent")
    poller = Poller(clock=lambda: NOON, fetch=world(silence))
    list(poller.run(seconds=0.1))
    assert not Feed.objects.due(NOON).exists()

    poller.close()

    assert Feed.objects.due(NOON).count() == 3
    silence.set()


def test_an_answer_that_ends_the_worker_is_asked_for_ever_less_often():
    feed, now, waits = make_feed(), NOON, []
    for _ in range(6):
        feed.lease(now)  # and the worker dies while reading
        again = now
        while not Feed.objects.due(again).exists():
            again += timedelta(seconds=30)
        waits.append(again - now)
        now = again

    assert waits == sorted(waits)
    assert waits[-1] >= timedelta(minutes=30)
    feed.lease(now).fail(now=now, error="It answered 503.")
    feed.refresh_from_db()
    assert feed.crashes == 0


def test_an_unchanged_answer_ends_the_count_of_failures():
    (feed,) = make_feeds(1, "well", failures=5)
    poller = Poller(
        clock=lambda: NOON, fetch=lambda url, **asked: Answer(not_modified=True)
    )

    first(poller, 1)

    feed.refresh_from_db()
    assert feed.failures == 0
    poller.close()
