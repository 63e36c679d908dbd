"""Renumber the transactions named in ledgers after a restore to another server.

Every row of a ledger holds the number of the transaction that wrote it, and every server
counts its own. Readers take rows below the oldest running transaction, in that order. On
a server that has not counted as far, old rows would never be read, and new ones would come
before them.
"""

from __future__ import annotations

from django.db import connection, transaction

from articles.models import Change, Cursor
from foundation.cursors import MAX_ID
from wire.models import Event

LEDGERS = (Event._meta.db_table, Change._meta.db_table)
BEFORE_ALL = 1  # no transaction of any server has a number so low

# A reader goes on at the first row it has not read; reading one twice does no harm. Its
# cursor must name a row there is: the last one before that, or none of all.
MOVE_READERS = f"""
WITH come AS (
  SELECT reader.id, (
    SELECT max(e.id) FROM {Event._meta.db_table} e
     WHERE e.id < coalesce((
       SELECT min(unread.id) FROM {Event._meta.db_table} unread
        WHERE (unread.xid, unread.id) > (reader.xid::text::xid8, reader.event)),
       {MAX_ID})
  ) AS event
    FROM {Cursor._meta.db_table} reader)
UPDATE {Cursor._meta.db_table} reader
   SET xid = CASE WHEN come.event IS NULL THEN 0 ELSE %s END,
       event = coalesce(come.event, 0)
  FROM come WHERE come.id = reader.id"""  # noqa: S608 - our tables


def renumber() -> bool:
    """Let all rows of the ledgers come before any to be written here, in their order.

    False where this server has counted further than they: then they stay as they are.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not any(_is_ahead(ledger) for ledger in LEDGERS):
            return False
        cursor.execute(MOVE_READERS, [BEFORE_ALL])
        for ledger in LEDGERS:
            cursor.execute(f"ALTER TABLE {ledger} DISABLE TRIGGER USER")  # append-only
            cursor.execute(
                f"UPDATE {ledger} SET xid = %s::text::xid8",  # noqa: S608
                [str(BEFORE_ALL)],
            )
            cursor.execute(f"ALTER TABLE {ledger} ENABLE TRIGGER USER")
    return True


def _is_ahead(ledger: str) -> bool:
    """Whether a row is of a transaction that this server has not come to yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {ledger}"  # noqa: S608
            " WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) LIMIT 1"
        )
        return cursor.fetchone() is not None
