"""Leased work: each row by one worker at a time, and back again whatever happens."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, models, transaction

from foundation.leased_work import (
    Backoff,
    LeasedWork,
    LeasedWorkQuerySet,
    LeaseLost,
    NotDue,
)

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class LetterQuerySet(LeasedWorkQuerySet["Letter"]):
    def active(self):
        return self.filter(held_back=False)


class Letter(LeasedWork):
    """Work of this test's own; its table is made for each test."""

    LEASE = MINUTE
    BACKOFF = Backoff(first=MINUTE, longest=timedelta(hours=1))

    address = models.TextField(unique=True)
    held_back = models.BooleanField(default=False)
    copies = models.PositiveIntegerField(default=0)

    objects = LetterQuerySet.as_manager()

    class Meta:
        app_label = "foundation"

    def __str__(self):
        return self.address

    def is_active(self):
        return not self.held_back


@pytest.fixture(autouse=True)
def _letters(transactional_db):
    """The table, and no other connection left to it when it goes."""
    with connection.schema_editor() as editor:
        editor.create_model(Letter)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Letter)


def make_letters(count=1, **fields):
    rows = [
        Letter(address=f"to {n}", **{"due_at": NINE - n * MINUTE, **fields})
        for n in range(count)
    ]
    return Letter.objects.bulk_create(rows)


def taken(now=NINE, limit=9, rows=None):
    return (Letter.objects.all() if rows is None else rows).lease(now, limit=limit)


def only():
    return Letter.objects.get()


# --- taking ---------------------------------------------------------------------------


def test_eight_workers_at_once_take_each_row_once():
    make_letters(200)
    found, lock, start = [], threading.Lock(), threading.Barrier(8)

    def work():
        start.wait()
        try:
            while letters := taken(limit=7):
                with lock:
                    found.extend(letter.address for letter in letters)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert len(found) == 200
    assert set(found) == set(Letter.objects.values_list("address", flat=True))
    assert set(Letter.objects.values_list("attempts", "crashes")) == {(1, 0)}


def test_a_row_that_another_transaction_holds_is_passed_over_without_waiting():
    make_letters(2)
    locked, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Letter.objects.select_for_update().get(address="to 1")
            locked.set()
            done.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(30)
    found = taken()
    done.set()
    holder.join(30)
    assert [letter.address for letter in found] == ["to 0"]


def test_what_waits_longest_goes_first_and_no_more_than_asked_for_are_taken():
    make_letters(5)
    assert [letter.address for letter in taken(limit=2)] == ["to 4", "to 3"]
    assert taken(limit=0) == []
    assert taken(limit=-1) == []


def test_filters_and_order_of_the_question_decide_which_rows_are_taken():
    make_letters(5)
    rows = Letter.objects.exclude(address="to 0").order_by("address")
    assert [letter.address for letter in taken(rows=rows, limit=2)] == ["to 1", "to 2"]
    assert taken(rows=Letter.objects.filter(pk__in=[])) == []


def test_what_is_not_due_is_done_with_or_is_held_back_is_not_taken():
    make_letters(1, due_at=NINE + MINUTE)
    make_letters_named = {"to done": None, "to held": NINE}
    for address, due_at in make_letters_named.items():
        Letter.objects.create(
            address=address, due_at=due_at, held_back=address == "to held"
        )
    assert taken() == []
    with pytest.raises(NotDue, match="to done is not due"):
        Letter.objects.get(address="to done").lease(NINE)


def test_a_new_row_is_due_at_once():
    Letter.objects.create(address="to all")
    assert taken(datetime.now(UTC) + MINUTE)


def test_a_lease_comes_with_the_row_as_it_is_now():
    (letter,) = make_letters()
    Letter.objects.update(copies=3)
    mine = letter.lease(NINE)
    assert (mine.copies, mine.attempts, mine.last_attempt_at) == (3, 1, NINE)
    assert mine.lease_until == NINE + MINUTE
    assert mine.lease_token == only().lease_token
    with pytest.raises(NotDue):
        letter.lease(NINE)


def test_leasing_is_one_statement(django_assert_num_queries):
    make_letters(3)
    with django_assert_num_queries(1):
        assert len(taken()) == 3


# --- workers that die, and workers that are slow --------------------------------------


def test_the_row_of_a_dead_worker_comes_back_when_its_lease_ends():
    make_letters()
    taken()  # and the worker dies
    assert taken(NINE + MINUTE / 2) == []
    (again,) = taken(NINE + MINUTE)
    assert (again.attempts, again.crashes, again.failures) == (2, 1, 0)


def test_a_row_that_ends_its_workers_is_taken_ever_less_often_and_within_an_hour():
    make_letters()
    now, waits = NINE, []
    for _ in range(9):
        taken(now)  # and the worker dies
        again = now
        while not Letter.objects.due(again).exists():
            again += MINUTE
        waits.append((again - now) // MINUTE)
        now = again
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_worker_that_was_too_slow_is_refused_by_its_token():
    make_letters()
    (slow,) = taken()
    (quick,) = taken(NINE + MINUTE)

    with transaction.atomic():
        assert not slow.still_held()
    assert not slow.renew(now=NINE + MINUTE)
    for late in (
        lambda: slow.succeed(now=NINE),
        lambda: slow.fail(now=NINE, error="no"),
        lambda: slow.give_up(now=NINE, error="no"),
    ):
        with pytest.raises(LeaseLost, match="to 0 took too long"):
            late()
    Letter.objects.release([slow], now=NINE)
    Letter.objects.succeed_all([slow], now=NINE)
    with transaction.atomic():
        assert quick.still_held()
        quick.succeed(now=NINE + MINUTE)
    assert only().last_success_at == NINE + MINUTE


def test_what_a_worker_stored_under_a_lost_lease_is_rolled_back():
    make_letters(2)
    first, second = taken()
    Letter.objects.filter(pk=first.pk).update(lease_token=None)

    def store():
        with transaction.atomic():
            Letter.objects.filter(pk=second.pk).update(copies=7)
            first.succeed(now=NINE)

    with pytest.raises(LeaseLost):
        store()
    assert not Letter.objects.filter(copies=7).exists()


def test_asking_whether_a_lease_holds_keeps_others_out_until_the_transaction_ends():
    make_letters()
    (mine,) = taken()
    found = []

    def other():
        found.extend(taken(NINE + MINUTE))
        connection.close()

    with transaction.atomic():
        assert mine.still_held()
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(30)
        mine.succeed(now=NINE)
    assert found == []


def test_a_row_that_was_never_leased_cannot_be_given_back():
    (letter,) = make_letters()
    assert not letter.still_held()
    with pytest.raises(LeaseLost):
        letter.succeed(now=NINE)
    assert only().due_at == NINE


def test_a_lease_can_be_held_for_longer():
    make_letters()
    (mine,) = taken()
    assert mine.renew(now=NINE + MINUTE / 2)
    assert taken(NINE + MINUTE) == []
    assert only().lease_until == NINE + MINUTE * 1.5


# --- giving back ----------------------------------------------------------------------


def test_tries_that_failed_and_tries_that_never_came_back_are_counted_apart():
    make_letters()
    now = NINE
    for _ in range(2):
        taken(now)[0].fail(now=now, error="It answered 503.")
        now = only().due_at
    assert (only().failures, only().crashes, only().attempts) == (2, 0, 2)
    taken(now)  # and the worker dies
    now += timedelta(hours=1)
    (letter,) = taken(now)
    assert (letter.failures, letter.crashes, letter.attempts) == (2, 1, 4)

    letter.fail(now=now, error="It answered 503.")
    assert (only().failures, only().crashes, only().attempts) == (3, 0, 4)
    taken(only().due_at)[0].succeed(now=now, copies=1)
    done = only()
    assert (done.failures, done.crashes, done.attempts, done.last_error) == (
        0,
        0,
        0,
        "",
    )
    assert (done.due_at, done.copies, done.lease_token) == (None, 1, None)


def test_what_comes_again_is_due_again_when_it_says():
    make_letters()
    taken()[0].succeed(now=NINE, due_at=NINE + MINUTE)
    assert only().due_at == NINE + MINUTE


def test_many_are_given_back_in_one_statement(django_assert_num_queries):
    make_letters(3)
    rows = taken()
    for n, letter in enumerate(rows):
        letter.due_at, letter.copies = NINE + n * MINUTE, n
    with django_assert_num_queries(1):
        Letter.objects.succeed_all(rows, now=NINE, columns=["copies"])
    found = Letter.objects.order_by("due_at").values_list(
        "due_at", "copies", "attempts"
    )
    assert list(found) == [(NINE + n * MINUTE, n, 0) for n in range(3)]
    assert not Letter.objects.exclude(lease_token=None).exists()
    with django_assert_num_queries(0):
        Letter.objects.succeed_all([], now=NINE)


def test_what_is_released_is_due_again_at_once_and_counts_as_no_try():
    make_letters()
    Letter.objects.release(taken(), now=NINE)
    (again,) = taken()
    assert (again.attempts, again.crashes) == (1, 0)


def test_what_is_given_up_is_not_tried_again():
    make_letters()
    taken()[0].give_up(now=NINE, error="No such address.")
    assert (only().due_at, only().failures) == (None, 1)
    assert taken(NINE + timedelta(days=9)) == []


def test_what_is_restarted_has_a_clean_record_and_refuses_whoever_was_at_it():
    make_letters(failures=4)
    (old,) = taken()
    assert Letter.objects.restart(now=NINE, copies=2) == 1
    assert (only().failures, only().attempts, only().copies) == (0, 0, 2)
    with pytest.raises(LeaseLost):
        old.succeed(now=NINE)
    assert [letter.crashes for letter in taken()] == [0]


def test_what_is_cancelled_is_nobody_s_work_any_more():
    make_letters()
    (old,) = taken()
    assert Letter.objects.cancel() == 1
    with pytest.raises(LeaseLost):
        old.fail(now=NINE, error="no")
    assert taken(NINE + timedelta(days=9)) == []


def test_an_error_is_kept_to_a_length():
    make_letters()
    taken()[0].fail(now=NINE, error="x" * 9000)
    assert only().last_error == "x" * 2000


# --- waiting --------------------------------------------------------------------------


def test_waits_double_between_bounds_and_differ_by_chance():
    backoff = Backoff(first=MINUTE, longest=timedelta(hours=1))
    for failures, least in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (900, 60)]:
        waits = {backoff.wait(failures) for _ in range(200)}
        assert min(waits) >= least * MINUTE
        assert max(waits) <= least * 1.25 * MINUTE
        assert len(waits) > 100


def test_a_wait_is_never_shorter_than_the_other_side_asked_for():
    backoff = Backoff(first=MINUTE, longest=timedelta(hours=1))
    assert backoff.wait(1, at_least=timedelta(hours=3)) == timedelta(hours=3)
    slow = Backoff(first=MINUTE, longest=timedelta(hours=1), shortest=timedelta(days=1))
    assert slow.wait(1) >= timedelta(days=1)


def test_a_failed_try_waits_longer_each_time_or_as_long_as_it_is_told():
    make_letters()
    taken()[0].fail(now=NINE, error="no", wait=MINUTE * 7)
    assert only().due_at == NINE + MINUTE * 7
    taken(NINE + MINUTE * 7)[0].fail(now=NINE, error="no")
    assert NINE + MINUTE * 2 <= only().due_at <= NINE + MINUTE * 2.5
    taken(NINE + MINUTE * 9)[0].fail(now=NINE, error="no", at_least=MINUTE * 90)
    assert only().due_at == NINE + MINUTE * 90


# --- for people -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "state", "words"),
    [
        ({"held_back": True, "failures": 1}, "paused", "Paused"),
        ({"failures": 2, "last_error": "503 {x}"}, "failing", "Failing: 503 {x}"),
        ({}, "new", "Not tried yet"),
        ({"last_success_at": NINE}, "good", "Good"),
    ],
)
def test_its_health_is_told_in_one_word_and_in_a_sentence(fields, state, words):
    found = Letter(address="to 0", **fields).health(NINE)
    assert (found.state, found.words) == (state, words)


def test_rows_tell_when_any_was_last_taken():
    make_letters()
    assert Letter.objects.last_taken_at() is None
    taken()
    assert Letter.objects.last_taken_at() == NINE
