"""Ledgers restored to a server that has counted fewer transactions."""

import pytest

from articles import source_changes
from articles.models import Cursor
from articles.tests.factories import make_article, make_version
from foundation.cursors import CursorReset
from newsroom.operations.backups import xid_renumbering
from wire import ledger
from wire.models.items import Event
from wire.tests.factories import make_item, written_in

pytestmark = pytest.mark.django_db(transaction=True)
AHEAD = 10**12  # transactions; no server of a test gets there


def restored(*xids):
    """Rows of a ledger as a server left them that had counted further than this one."""
    item = make_item()
    for xid in xids:
        written_in(xid, item)
    return list(Event.objects.order_by("pk"))


def test_a_reader_goes_on_where_it_was_in_a_ledger_numbered_anew():
    rows = restored(AHEAD, AHEAD, AHEAD + 1)
    read, unread = rows[1], rows[2:]
    Cursor.objects.create(name="reader", xid=read.xid, event=read.pk)

    assert xid_renumbering.renumber()

    reader = Cursor.objects.get(name="reader")
    told, _ = ledger.since(f"{reader.xid}-{reader.event}")
    assert [row.cursor for row in told] == [f"1-{row.pk}" for row in unread]


def test_a_row_written_early_and_numbered_late_is_read_after_the_renumbering():
    """By number the second row came first; by id it comes second."""
    rows = restored(AHEAD + 5, AHEAD + 1, AHEAD + 2)
    Cursor.objects.create(name="reader", xid=AHEAD + 1, event=rows[2].pk)

    assert xid_renumbering.renumber()

    reader = Cursor.objects.get(name="reader")
    told, _ = ledger.since(f"{reader.xid}-{reader.event}")
    assert rows[1].pk in {int(row.cursor.split("-")[1]) for row in told}


def test_a_reader_that_read_nothing_yet_reads_all_of_it():
    restored(AHEAD)
    Cursor.objects.create(name="reader")

    assert xid_renumbering.renumber()

    reader = Cursor.objects.get(name="reader")
    assert (reader.xid, reader.event) == (0, 0)
    assert len(ledger.since(ledger.START)[0]) == 2


def test_a_browser_with_a_cursor_from_before_is_told_to_start_anew():
    rows = restored(AHEAD)
    assert xid_renumbering.renumber()

    with pytest.raises(CursorReset):
        ledger.since(f"{rows[1].xid}-{rows[1].pk}")


def test_pages_follow_their_sources_again_where_the_reader_s_row_is_gone():
    """Restored from an older backup than the reader's: all is read, none is left out."""
    version = make_version()
    article = make_article(status="live", evidence=version)
    source_changes.follow_sources()
    Cursor.objects.update(xid=AHEAD, event=10**9)
    item = version.item
    item.events.create(kind="changed", at=item.seen_at)

    assert source_changes.follow_sources() == 1
    reader = Cursor.objects.get()
    assert f"{reader.xid}-{reader.event}" == ledger.head()
    assert article.pk
