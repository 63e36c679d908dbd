"""Reading ledgers from any cursor on: the same rows each time, or a plain "reset"."""

import hashlib
import threading

import pytest
from django.db import connection, models, transaction

from foundation.cursors import ChainCursor, CursorReset, TransactionCursor
from foundation.fields import CurrentXid, XidField
from foundation.ledger import CommitOrderLedger, TransactionOrderLedger


class Link(models.Model):
    """A row of a ledger chained by hash; its table is made for each test."""

    hash = models.TextField()

    class Meta:
        app_label = "foundation"

    def __str__(self):
        return self.hash


class Happening(models.Model):
    """A row of a ledger without a lock; its table is made for each test."""

    xid = XidField(db_default=CurrentXid())
    name = models.TextField()

    class Meta:
        app_label = "foundation"

    def __str__(self):
        return self.name


@pytest.fixture(autouse=True)
def tables(transactional_db):
    with connection.schema_editor() as editor:
        editor.create_model(Link)
        editor.create_model(Happening)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Happening)
        editor.delete_model(Link)


@pytest.fixture
def chain():
    return CommitOrderLedger(Link.objects.all())


@pytest.fixture
def happenings():
    return TransactionOrderLedger(Happening.objects.all())


def add_links(*names):
    for name in names:
        Link.objects.create(hash=hashlib.sha256(name.encode()).hexdigest())


def add_happenings(*names):
    for name in names:
        Happening.objects.create(name=name)


def read_all(ledger, cursor, limit):
    """Return the ids after `cursor`, and the cursors passed on the way."""
    ids, cursors = [], [cursor]
    while True:
        rows, cursor = ledger.read_since(cursor, limit)
        if not rows:
            return ids, cursors
        ids += [row.pk for row in rows]
        cursors.append(cursor)


@pytest.mark.parametrize(
    ("add", "model"), [(add_links, Link), (add_happenings, Happening)]
)
def test_from_any_cursor_the_same_rows_follow_whatever_the_page(
    add, model, chain, happenings
):
    ledger = chain if model is Link else happenings
    add(*"abcdefg")
    ids, cursors = read_all(ledger, ledger.start, 1)
    assert ids == [*model.objects.order_by("pk").values_list("pk", flat=True)]
    assert cursors[-1] == ledger.head()

    for read, cursor in enumerate(cursors):
        again = type(cursor).parse(str(cursor))
        for limit in (1, 2, 3, 100):
            assert read_all(ledger, again, limit)[0] == ids[read:]


def test_an_empty_ledger_has_a_head_to_go_on_from(chain, happenings):
    for ledger in (chain, happenings):
        assert ledger.head() == ledger.start
        assert ledger.read_since(ledger.start, 5) == ([], ledger.start)


def test_a_page_costs_one_query(chain, django_assert_num_queries):
    add_links("a", "b", "c")
    middle = chain.read_since(chain.start, 2)[1]
    with django_assert_num_queries(1):
        chain.read_since(middle, 2)


def test_a_cursor_of_a_row_that_a_restore_lost_is_told_to_start_anew(chain, happenings):
    add_links("a", "b", "c")
    add_happenings("a", "b", "c")
    lost, lost_too = chain.head(), happenings.head()
    Link.objects.filter(pk=lost.id).delete()
    Happening.objects.filter(pk=lost_too.id).delete()

    with pytest.raises(CursorReset, match=str(lost)):
        chain.read_since(lost, 5)
    with pytest.raises(CursorReset, match=str(lost_too)):
        happenings.read_since(lost_too, 5)


def test_an_id_given_again_after_a_restore_does_not_pass_for_the_old_row(
    chain, happenings
):
    """The same ids, written after an older backup came back: another history."""
    add_links("a", "b")
    add_happenings("a", "b")
    old, old_too = chain.head(), happenings.head()
    Link.objects.filter(pk=old.id).delete()
    Happening.objects.filter(pk=old_too.id).delete()
    Link.objects.create(pk=old.id, hash=hashlib.sha256(b"other").hexdigest())
    Happening.objects.create(pk=old_too.id, name="other")
    add_links("c")
    add_happenings("c")

    with pytest.raises(CursorReset):
        chain.read_since(old, 5)
    with pytest.raises(CursorReset):
        happenings.read_since(old_too, 5)


def test_a_ledger_numbered_anew_tells_old_cursors_to_start_anew(happenings):
    add_happenings("a", "b", "c")
    _, cursors = read_all(happenings, happenings.start, 1)
    Happening.objects.update(xid=1)

    for cursor in cursors[1:]:
        with pytest.raises(CursorReset):
            happenings.read_since(cursor, 5)
    assert len(read_all(happenings, happenings.start, 2)[0]) == 3


def test_an_unlocked_ledger_holds_back_what_an_older_transaction_may_precede(
    happenings,
):
    written, may_commit = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            add_happenings("began first")
            written.set()
            may_commit.wait(10)
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    written.wait(10)
    add_happenings("committed first")
    early, cursor = happenings.read_since(happenings.start, 5)
    may_commit.set()
    writer.join()

    late, _ = happenings.read_since(cursor, 5)
    assert early == []
    assert [row.name for row in late] == ["began first", "committed first"]


def test_of_many_writers_without_a_lock_each_row_is_read_once(happenings):
    gate, done, seen = threading.Barrier(9), threading.Event(), []

    def write(name):
        gate.wait()
        for n in range(15):
            with transaction.atomic():
                add_happenings(f"{name}-{n}", f"{name}-{n}-too")
        connection.close()

    def read():
        cursor = happenings.start
        gate.wait()
        while True:
            last_look = done.is_set()
            while (page := happenings.read_since(cursor, 7))[0]:
                seen.extend(row.pk for row in page[0])
                cursor = page[1]
            if last_look:
                break
        connection.close()

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=[name]) for name in range(8)]
    for thread in (reader, *writers):
        thread.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()

    assert len(seen) == len(set(seen)) == 8 * 15 * 2


@pytest.mark.parametrize(
    "text",
    ["", "-", "rubbish", "1", "1-", "-1", "1-x", "１-１", "1-1\n", f"{2**63}-1", "9" * 30],
)  # fmt: skip
def test_a_malformed_cursor_is_refused_and_named(text):
    for kind in (ChainCursor, TransactionCursor):
        with pytest.raises(ValueError, match="is no cursor of this ledger") as refused:
            kind.parse(text)
        assert f"“{text}”" in str(refused.value)


def test_a_cursor_is_read_as_it_is_written():
    for text in ("0-0", "3354-76", f"{2**63 - 1}-{2**63 - 1}"):
        assert str(TransactionCursor.parse(text)) == text
    for text in (str(ChainCursor.START), "123-9f3a5c0d11e2b784"):
        assert str(ChainCursor.parse(text)) == text
    for hashes in ("9f3a", "9F3A5C0D11E2B784", "9f3a5c0d11e2b7849"):
        with pytest.raises(ValueError, match="16 hex digits"):
            ChainCursor.parse(f"123-{hashes}")
