"""The ledger of articles: its ids are the order of the commits, whoever writes to it."""

import secrets
import threading
import time

import pytest
from django.db import IntegrityError, connection, transaction

from articles import transitions
from articles.models import Change
from articles.models.change import FIRST, LOCK, lock_ledger
from articles.tests.factories import HOUR, NINE, make_article, make_user
from foundation.ledger import CommitOrderLedger

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20  # seconds


def write(article, kind):
    """Write a row as a program would that knows nothing of the ledger's lock."""
    return Change.objects.create(
        article=article,
        kind=kind,
        revision_n=1,
        at=NINE,
        previous=secrets.token_hex(32),
        hash=secrets.token_hex(32),
    )


def in_thread(work):
    """Run `work` with a connection of its own."""

    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def somebody_waits_for_the_ledger():
    """Whether a transaction waits for an advisory lock; wait until one does."""
    deadline = time.monotonic() + PATIENCE
    with connection.cursor() as db:
        while time.monotonic() < deadline:
            db.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                " WHERE d.datname = current_database()"
                "   AND l.locktype = 'advisory' AND NOT l.granted"
            )
            if db.fetchone()[0]:
                return True
            time.sleep(0.01)
    return False


def read_by_id():
    """Return what can be read now: ids and kinds."""
    return list(Change.objects.order_by("pk").values_list("pk", "kind"))


def test_what_is_written_first_is_read_first_though_it_is_committed_late():
    """The second writer knows nothing of the lock, and has to wait all the same."""
    article = make_article()
    written, may_commit = threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            write(article, "published")
            written.set()
            may_commit.wait(PATIENCE)

    def second():
        with transaction.atomic():
            write(article, "updated")

    slow = in_thread(first)
    written.wait(PATIENCE)
    quick = in_thread(second)
    waited = somebody_waits_for_the_ledger()
    early = read_by_id()
    may_commit.set()
    slow.join()
    quick.join()

    assert waited
    assert early == []
    assert [kind for _, kind in read_by_id()] == ["published", "updated"]


def test_a_number_is_drawn_after_the_wait_and_not_before():
    """The first has the lock and no number yet: the one who waits must get the higher."""
    article = make_article()
    locked, may_write = threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            lock_ledger()
            locked.set()
            may_write.wait(PATIENCE)
            write(article, "published")

    def second():
        with transaction.atomic():
            write(article, "updated")

    holder = in_thread(first)
    locked.wait(PATIENCE)
    waiter = in_thread(second)
    assert somebody_waits_for_the_ledger()
    may_write.set()
    holder.join()
    waiter.join()

    assert [kind for _, kind in read_by_id()] == ["published", "updated"]


def test_a_kill_by_a_transaction_that_began_first_is_read_last():
    """Its number is the lowest; in the order of `(xid, id)` an update would follow it."""
    editor = make_user("chief")
    article = make_article(status="live")
    ledger = CommitOrderLedger(Change.objects.all())
    began, may_kill = threading.Event(), threading.Event()

    def kill():
        with transaction.atomic(), connection.cursor() as db:
            db.execute("SELECT pg_current_xact_id()")
            began.set()
            may_kill.wait(PATIENCE)
            transitions.move(article, "kill", by=editor, now=NINE + HOUR, note="Untrue")

    killer = in_thread(kill)
    began.wait(PATIENCE)
    with transaction.atomic():
        write(article, "updated")
        updated = Change.objects.get(kind="updated")
    may_kill.set()
    killer.join()

    kinds = ["published", "updated", "killed"]
    assert [change.kind for change in ledger.read_since(ledger.start, 9)[0]] == kinds
    by_transaction = Change.objects.order_by("xid", "pk").values_list("kind", flat=True)
    assert [*by_transaction] == ["published", "killed", "updated"]
    assert Change.objects.get(kind="killed").previous == updated.hash


def test_eight_writers_at_once_leave_no_reader_by_number_behind():
    article = make_article()
    gate, done = threading.Barrier(9), threading.Event()
    seen = []

    def write_often():
        gate.wait()
        for n in range(12):
            with transaction.atomic():
                write(article, "updated")
                time.sleep(0.001 * (n % 3))

    def read():
        ledger = CommitOrderLedger(Change.objects.all())
        cursor = ledger.start
        gate.wait()
        while True:
            last_look = done.is_set()
            while (page := ledger.read_since(cursor, 5))[0]:
                seen.extend((row.pk, row.kind) for row in page[0])
                cursor = page[1]
            if last_look:
                return

    reader = in_thread(read)
    writers = [in_thread(write_often) for _ in range(8)]
    for writer in writers:
        writer.join()
    done.set()
    reader.join()

    assert len(seen) == 8 * 12
    assert seen == read_by_id()


def test_who_adds_to_an_old_end_of_the_chain_is_refused():
    """Without the lock, two may read the same end; the ledger has no fork all the same."""
    articles = [make_article() for _ in range(8)]
    gate, refused = threading.Barrier(8), []

    def append(article):
        revision = article.revisions.get()
        gate.wait()
        try:
            with transaction.atomic():
                article.changes.append(article, "published", revision=revision, at=NINE)
        except IntegrityError:
            refused.append(article)

    writers = [in_thread(lambda a=article: append(a)) for article in articles]
    for writer in writers:
        writer.join()

    chain = list(Change.objects.order_by("pk"))
    assert len(chain) + len(refused) == 8
    assert [change.previous for change in chain] == [
        FIRST,
        *(c.hash for c in chain[:-1]),
    ]


def test_the_trigger_and_the_program_take_the_same_lock():
    with connection.cursor() as db:
        db.execute(
            "SELECT prosrc FROM pg_proc p JOIN pg_trigger t ON t.tgfoid = p.oid"
            " WHERE t.tgname = 'articles_change_lock'"
        )
        assert f"pg_advisory_xact_lock({LOCK})" in db.fetchone()[0]
