"""From a provider's answer to a stored price."""

import json
import random
import threading
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.leased_work import LeaseLost, NotDue
from markets.models import Feed, Quarantine, Quote, QuoteTick
from markets.providers import Batch, Rejected
from markets.refresh import prune, refresh, store
from markets.tests.factories import (
    NOON,
    give,
    make_exchange,
    make_feed,
    make_instrument,
    make_tick,
    make_week,
)
from outgoing.errors import FetchError

pytestmark = [pytest.mark.django_db, pytest.mark.urls("markets.tests.urls")]

MINUTE = timedelta(minutes=1)


@dataclass
class Answer:
    body: bytes = b""
    not_modified: bool = False
    etag: str = ""
    last_modified: str = ""


def answering(rows, **fields):
    body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    return lambda url, **asked: Answer(body=body, **fields)


def failing(url, **asked):
    raise FetchError("vendor.example did not answer.")


def row(value="734.56", symbol="SPY", as_of="2026-06-25T13:45:00Z", **fields):
    return {"symbol": symbol, "value": value, "as_of": as_of, **fields}


def test_a_price_is_stored_with_its_source_its_age_and_its_reference():
    make_instrument(exchange=make_week(make_exchange()))
    feed = make_feed(name="Vendor of prices")

    report = refresh(
        feed, now=NOON, fetch=answering([row(previous="733.53", currency="USD")])
    )

    quote = Quote.objects.get()
    assert report.stored == ("SPY",)
    assert (quote.value, quote.previous) == (Decimal("734.56"), Decimal("733.53"))
    assert quote.provider == "Vendor of prices"
    assert quote.stale_at == quote.as_of + timedelta(minutes=30)
    assert QuoteTick.objects.get().value == Decimal("734.56")


def test_a_late_tick_does_not_overwrite_a_newer_one():
    make_instrument()
    feed = make_feed()
    give(feed, make_tick(value="735", as_of=NOON - MINUTE))

    report = give(feed, make_tick(value="700", as_of=NOON - 2 * MINUTE))

    assert (report.stored, report.old) == ((), 1)
    assert Quote.objects.get().value == 735


@given(order=st.permutations(range(6)))
@settings(max_examples=15, deadline=None)
def test_in_whatever_order_ticks_come_the_newest_stands(order):
    with transaction.atomic():
        make_instrument()
        feed = make_feed()
        for n in order:
            give(feed, make_tick(value=str(700 + n), as_of=NOON - (10 - n) * MINUTE))

        assert Quote.objects.get().value == 705
        assert QuoteTick.objects.count() == 6
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("value", "currency", "reason"),
    [
        ("0", "USD", "outside its band"),
        ("-37.63", "USD", "outside its band"),
        ("73456", "USD", "outside its band"),
        ("7.3456", "USD", "outside its band"),
        ("734.56", "GBp", "priced in GBp, not in USD"),
    ],
)
def test_a_price_that_cannot_be_true_is_kept_apart_and_the_last_good_one_stays(
    value, currency, reason
):
    make_instrument()
    feed = make_feed()
    give(feed, make_tick(value="734.56", as_of=NOON - 5 * MINUTE))

    report = give(feed, make_tick(value=value, currency=currency, as_of=NOON - MINUTE))

    refused = Quarantine.objects.get()
    assert report.refused == 1
    assert reason in refused.reason
    assert refused.raw == '{"symbol": "SPY"}'
    assert Quote.objects.get().value == Decimal("734.56")


def test_a_fund_price_under_an_index_name_is_refused():
    make_instrument(
        "SPX", kind="index", low=1000, high=20000, provider_symbol="SPX", unit="points"
    )

    report = give(make_feed(), make_tick("SPX", "734.56"))

    assert report.stored == ()
    assert Quarantine.objects.get().instrument.symbol == "SPX"


@pytest.mark.parametrize("value", ["NaN", "", "n/a", None, "Infinity", True, [1]])
def test_what_is_no_number_is_kept_apart_as_it_came(value):
    make_instrument()
    fetch = answering([row(value=value)])

    report = refresh(make_feed(), now=NOON, fetch=fetch)

    assert (report.stored, report.refused) == ((), 1)
    assert json.loads(Quarantine.objects.get().raw)["value"] == value


def test_the_same_refusal_is_counted_and_not_repeated():
    make_instrument()
    feed = make_feed()
    for minutes in (1, 2, 3):
        give(feed, make_tick(value="0"), now=NOON + minutes * MINUTE)

    refused = Quarantine.objects.get()
    assert refused.count == 3
    assert refused.last_at - refused.first_at == 2 * MINUTE


def test_a_refusal_with_characters_the_database_cannot_hold_is_kept_all_the_same():
    make_instrument()
    rejected = Rejected(symbol="SPY", reason="bad \ud800", raw="nul \0 here")

    store(make_feed(), Batch(rejected=(rejected,)), now=NOON)

    assert "nul ␀ here" in Quarantine.objects.get().raw


def test_a_price_from_the_future_is_refused():
    make_instrument()

    give(make_feed(), make_tick(as_of=NOON + timedelta(hours=1)))

    assert Quarantine.objects.get().reason == "made in the future"


def test_a_reference_that_cannot_be_true_becomes_unknown():
    make_instrument()

    give(make_feed(), make_tick(previous=Decimal("73353")))

    assert Quote.objects.get().previous is None


def test_symbols_nobody_asked_for_are_left_out():
    make_instrument()

    report = give(make_feed(), make_tick(), make_tick("GME"), make_tick("AMC", "0"))

    assert report.stored == ("SPY",)
    assert not Quarantine.objects.exists()


def test_a_second_vendor_can_price_the_same_instrument_by_its_own_symbol():
    make_instrument()
    second = make_feed(options={"symbols": {"US.SPY": "SPY"}}, delay="live")
    give(make_feed(), make_tick(as_of=NOON - 5 * MINUTE))

    give(second, make_tick("US.SPY", "740", as_of=NOON - MINUTE))

    quote = Quote.objects.get()
    assert (quote.value, quote.delay) == (740, "live")
    assert quote.provider_symbol == "US.SPY"


def test_an_answer_with_a_past_becomes_one_price_and_its_history():
    make_instrument()
    ticks = [make_tick(value=str(700 + n), as_of=NOON - n * MINUTE) for n in range(9)]
    random.Random(4).shuffle(ticks)

    give(make_feed(), *ticks)

    assert Quote.objects.get().value == 700
    assert QuoteTick.objects.count() == 9


def test_a_vendor_that_is_down_costs_nothing_but_time():
    make_instrument()
    feed = make_feed()
    give(feed, make_tick())
    waits, now = [], NOON
    for _ in range(6):
        report = refresh(feed, now=now, fetch=failing)
        feed.refresh_from_db()
        waits.append((feed.due_at - now) // MINUTE)
        now = feed.due_at

    assert report.error == "vendor.example did not answer."
    for wait, least in zip(waits, [5, 10, 20, 40, 60, 60], strict=True):
        assert least <= wait <= least * 1.25
    assert (feed.failures, feed.last_error) == (6, "vendor.example did not answer.")
    assert Quote.objects.get().value == Decimal("734.56")


def test_a_vendor_that_asks_for_patience_gets_it():
    def busy(url, **asked):
        raise FetchError("Too many.", retry_after=timedelta(hours=3))

    feed = make_feed()
    refresh(feed, now=NOON, fetch=busy)

    feed.refresh_from_db()
    assert feed.due_at == NOON + timedelta(hours=3)


def test_a_quota_sentence_with_status_200_is_a_failure_that_quotes_it():
    make_instrument()
    feed = make_feed()

    report = refresh(feed, now=NOON, fetch=answering(b"Exceeded the daily hits limit"))

    feed.refresh_from_db()
    assert "Exceeded the daily hits limit" in report.error
    assert feed.failures == 1


def test_an_unchanged_answer_is_a_success_without_prices():
    feed = make_feed(etag='"v1"')

    report = refresh(
        feed, now=NOON, fetch=lambda url, **asked: Answer(not_modified=True)
    )

    feed.refresh_from_db()
    assert report.unchanged
    assert (feed.etag, feed.last_success_at) == ('"v1"', NOON)


def test_the_feed_sends_its_validators_and_its_key():
    feed = make_feed(etag='"v1"', options={"headers": {"X-Key": "k"}})
    asked = {}

    def fetch(url, **given):
        asked.update(given, url=url)
        return Answer(not_modified=True)

    refresh(feed, now=NOON, fetch=fetch)

    assert asked["etag"] == '"v1"'
    assert asked["headers"] == {"X-Key": "k"}


def test_a_feed_under_lease_or_not_yet_due_is_nobody_elses():
    feed = make_feed()
    feed.lease(NOON)

    with pytest.raises(NotDue):
        feed.lease(NOON + MINUTE / 2)
    assert feed.lease(NOON + 2 * MINUTE)
    with pytest.raises(NotDue):
        make_feed(due_at=NOON + MINUTE).lease(NOON)


def test_a_worker_that_was_too_slow_stores_nothing():
    make_instrument()
    feed = make_feed()

    def slow(url, **asked):
        Feed.objects.get(pk=feed.pk).lease(NOON + 2 * MINUTE)
        return answering([row()])(url)

    with pytest.raises(LeaseLost):
        refresh(feed, now=NOON, fetch=slow)

    assert not Quote.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_five_workers_who_ring_at_once_one_asks_the_vendor():
    make_instrument()
    feed = make_feed()
    asked, taken = [], []
    start = threading.Barrier(5)

    def fetch(url, **given):
        asked.append(url)
        return answering([row()])(url)

    def work():
        try:
            start.wait(timeout=10)
            refresh(Feed.objects.get(pk=feed.pk), now=NOON, fetch=fetch)
        except NotDue:
            taken.append(True)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=20)

    assert (len(asked), len(taken)) == (1, 4)


@pytest.mark.django_db(transaction=True)
def test_edge_and_live_stream_hear_of_a_new_price_and_of_no_old_one():
    make_instrument()
    feed = make_feed()
    heard = []
    with connection.cursor() as cursor:
        cursor.execute("LISTEN edge; LISTEN live")
        give(feed, make_tick())
        give(feed, make_tick())
        for note in connection.connection.notifies(timeout=0.2):
            heard.append((note.channel, note.payload))
        cursor.execute("UNLISTEN *")

    assert heard == [("edge", "markets instrument:SPY"), ("live", '{"kind":"quotes"}')]


def test_the_database_itself_refuses_what_is_no_number():
    instrument = make_instrument()
    give(make_feed(), make_tick())

    for field in ("value", "previous"):
        update = f"UPDATE markets_quote SET {field} = 'NaN' WHERE instrument_id = %s"
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(update, [instrument.pk])


def test_a_storm_of_ticks_is_one_write_for_each_instrument(
    django_assert_max_num_queries,
):
    for n in range(20):
        make_instrument(f"S{n}", exchange=make_week(make_exchange()))
    ticks = [
        make_tick(f"S{n}", str(700 + k), as_of=NOON - timedelta(seconds=600 - k))
        for n in range(20)
        for k in range(500)
    ]
    feed = make_feed()

    with django_assert_max_num_queries(20):
        give(feed, *ticks)

    assert Quote.objects.count() == 20
    assert QuoteTick.objects.count() == 20 * 400


def test_old_prices_and_refusals_are_forgotten():
    instrument = make_instrument()
    feed = make_feed()
    give(feed, make_tick(), make_tick(as_of=NOON - timedelta(days=300)))
    give(feed, make_tick(value="0"), now=NOON - timedelta(days=100))
    QuoteTick.objects.bulk_create(
        QuoteTick(instrument=instrument, as_of=NOON - n * MINUTE, value=700)
        for n in range(30, QuoteTick.MOST + 50)
    )

    prune(NOON)

    assert QuoteTick.objects.count() == QuoteTick.MOST
    assert not Quarantine.objects.exists()
    assert Quote.objects.count() == 1
