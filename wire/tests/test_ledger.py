"""The ledger tells every change once, in the order of commits."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from staff.models import Role, User
from wire import delayed_release, ledger
from wire.models import Item
from wire.tests.factories import NINE, make_item, make_source, written_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def editor():
    return User.objects.create_user("wanda", role=Role.WIRE)


def test_a_new_post_is_told_with_its_line():
    item = make_item()
    told, cursor = ledger.since(ledger.START)
    assert [(t.kind, t.public_id) for t in told] == [("new", str(item.public_id))]
    assert told[0].row == item.row
    assert ledger.since(cursor) == ([], cursor)


def test_a_held_post_is_not_told_until_the_desk_lets_it_through(editor):
    item = make_item(make_source(release="desk"))
    told, cursor = ledger.since(ledger.START)
    assert told == []
    item.let_through(by=editor, now=NINE)
    told, _ = ledger.since(cursor)
    assert [t.kind for t in told] == ["released"]


def test_a_post_taken_off_the_rail_is_told_so(editor):
    item = make_item()
    cursor = ledger.head()
    item.hold(by=editor, now=NINE, note="Shows a child.")
    (told,), _ = ledger.since(cursor)
    assert (told.kind, told.public) == ("held", False)
    assert not Item.objects.public(NINE).exists()


def test_no_kept_copy_stands_in_for_a_post_that_was_taken_back(editor):
    """By the desk, or by an embargo that its source sets late."""
    source, now = make_source(), timezone.now()
    item = make_item(source, external_id="a", text="One.", now=now)
    late = {"text": "Two.", "embargo_until": now + timedelta(hours=1)}
    for take_back in (
        lambda: make_item(source, external_id="a", now=now, **late),
        lambda: item.hold(by=editor, now=now),
    ):
        before = current_xid()
        assert not ledger.taken_back_since(before)
        assert f"!wire !item:{item.public_id}" in rung("edge", take_back)
        assert ledger.taken_back_since(before)
    before = current_xid()
    assert rung("edge", lambda: item.let_through(by=editor, now=now)) == [
        f"wire item:{item.public_id}"
    ]
    assert not ledger.taken_back_since(before)


def current_xid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return cursor.fetchone()[0] + 1


def rung(channel, work) -> list[str]:
    """Do `work`; return what it rang for."""
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {channel}")
        work()
        notes = [n.payload for n in connection.connection.notifies(timeout=0.2)]
        cursor.execute(f"UNLISTEN {channel}")
    return notes


def test_a_mark_of_the_desk_is_told_and_shown(editor):
    item = make_item()
    cursor = ledger.head()
    item.mark("confirmed", by=editor, now=NINE)
    (told,), _ = ledger.since(cursor)
    assert "Confirmed" in told.row
    assert "Confirmed" in Item.objects.get().row


def test_a_delayed_post_is_told_once_its_time_has_come():
    item = make_item(make_source(release="delay"))
    assert delayed_release.announce_due(now=NINE) == 0
    later = item.public_at
    assert delayed_release.announce_due(now=later) == 1
    assert delayed_release.announce_due(now=later) == 0


def test_a_worker_whose_clock_is_fast_announces_no_delayed_post_early():
    """Told before the database's time, it would be passed over and never told again."""
    now = timezone.now()
    make_item(make_source(release="delay", delay=timedelta(hours=1)), now=now)
    assert delayed_release.announce_due(now=now + timedelta(hours=6)) == 0
    assert Item.objects.to_announce(now + timedelta(hours=6)).count() == 1


def test_a_slow_transaction_is_not_stepped_over():
    """The first to write commits last: a reader in between must still see both."""
    source, other = make_source(), make_source()
    written, go_on = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            make_item(source, external_id="slow")
            written.set()
            go_on.wait(10)
        connection.close()

    worker = threading.Thread(target=slow)
    worker.start()
    written.wait(10)
    make_item(other, external_id="quick")
    early, cursor = ledger.since(ledger.START)
    go_on.set()
    worker.join()
    late, _ = ledger.since(cursor)
    ids = set(Item.objects.values_list("public_id", flat=True))
    assert {t.public_id for t in [*early, *late]} == {str(i) for i in ids}
    assert len(early) + len(late) == 2


def test_a_page_of_the_ledger_ends_where_it_is_told_to():
    source = make_source()
    for n in range(5):
        make_item(source, external_id=str(n))
    first, cursor = ledger.since(ledger.START, limit=3)
    rest, _ = ledger.since(cursor, limit=3)
    assert len(first) == 3
    assert len(rest) == 2


def test_the_end_of_the_ledger_is_found_where_transaction_numbers_grow_longer():
    """“99” comes after “100” in a dictionary, and before it in the ledger."""
    item = make_item()
    written_in(99, item)
    written_in(100, item)
    newest = item.events.get(kind="new")
    assert ledger.head() == f"{newest.xid}-{newest.pk}"
    assert ledger.since(ledger.head()) == ([], ledger.head())


def test_every_change_is_told_once_where_transaction_numbers_grow_longer():
    item = make_item()
    for xid in (9, 10, 99, 100):
        written_in(xid, item)
    cursor, told = ledger.START, []
    while True:
        page, further = ledger.since(cursor, limit=1)
        if further == cursor:
            break
        told, cursor = told + page, further
    xids = [int(one.cursor.split("-")[0]) for one in told]
    assert xids[:4] == [9, 10, 99, 100]
    assert len(xids) == 5
    assert cursor == ledger.head()


def test_a_cursor_from_nowhere_is_refused():
    with pytest.raises(ValueError):
        ledger.since("'; DROP TABLE wire_item; --")
