"""Reading an append-only ledger from a cursor on: every row once, none stepped over.

Which class reads a ledger depends on how it is written, and says what its readers may
count on. Both answer a cursor of another history with `CursorReset`, never with silence.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThanOrEqual

from foundation.cursors import (
    HASH_LENGTH,
    ChainCursor,
    CursorReset,
    TransactionCursor,
)
from foundation.fields import OldestRunningXid


class Ledger[Row: Model, Cursor: (TransactionCursor, ChainCursor)](ABC):
    """All rows of one ledger, in the order in which they are read.

    `rows` is the whole table: a filter would hide the row that a cursor names.
    """

    def __init__(self, rows: QuerySet[Row], *, start: Cursor) -> None:
        self.start: Cursor = start
        self._rows = rows

    def head(self) -> Cursor:
        """Return the cursor after everything that can be read by now. One query."""
        newest = self._readable().reverse().first()
        return self._cursor_of(newest) if newest else self.start

    def read_since(self, cursor: Cursor, limit: int) -> tuple[list[Row], Cursor]:
        """Return up to `limit` rows after `cursor`, and the cursor to go on from.

        Raises `CursorReset` if the ledger has no row that `cursor` names. One query, for
        that row and those after it.
        """
        if cursor == self.start:
            rows = list(self._readable()[:limit])
        else:
            named_and_after = list(self._from(cursor)[: limit + 1])
            named, rows = named_and_after[:1], named_and_after[1:]
            if [self._cursor_of(row) for row in named] != [cursor]:
                raise CursorReset(cursor)
        return rows, self._cursor_of(rows[-1]) if rows else cursor

    @abstractmethod
    def _readable(self) -> QuerySet[Row]:
        """The rows that may be read by now, first to last."""

    @abstractmethod
    def _from(self, cursor: Cursor) -> QuerySet[Row]:
        """Of these, the row that `cursor` names, and those after it."""

    @abstractmethod
    def _cursor_of(self, row: Any) -> Cursor: ...  # noqa: ANN401 - a `Row`


class CommitOrderLedger[Row: Model](Ledger[Row, ChainCursor]):
    """A ledger whose ids are the order of commits; `articles_change` is one.

    Promised: complete, and in the order in which the changes came true. Every writer must
    hold one lock from before it draws an id to the end of its transaction, by a trigger.
    Needs columns `id` and `hash`, each row's hash over the row before.
    """

    def __init__(self, rows: QuerySet[Row]) -> None:
        super().__init__(rows, start=ChainCursor.START)

    def _readable(self) -> QuerySet[Row]:
        return self._rows.order_by("id")

    def _from(self, cursor: ChainCursor) -> QuerySet[Row]:
        return self._readable().filter(id__gte=cursor.id)

    def _cursor_of(self, row: Any) -> ChainCursor:  # noqa: ANN401
        return ChainCursor(row.pk, row.hash[:HASH_LENGTH])


class TransactionOrderLedger[Row: Model](Ledger[Row, TransactionCursor]):
    """A ledger whose writers take no lock, in `(xid, id)`; `wire_event` is one.

    Promised: complete, once every older transaction has ended. Not promised: the order of
    commits, for a transaction gets its number at its first write. Take what a row is about
    as it is now. Needs columns `id` and `xid` and an index on `(xid, id)`.

    A restore is noticed by the number: on the same server no later row gets the same pair,
    and on one that has counted less far all rows are renumbered (see the backups). A
    server could count up to the very pair by chance; a ledger that must exclude that has
    to be chained.
    """

    def __init__(self, rows: QuerySet[Row]) -> None:
        super().__init__(rows, start=TransactionCursor.START)

    def _readable(self) -> QuerySet[Row]:
        return self._rows.filter(xid__lt=OldestRunningXid()).order_by("xid", "id")

    def _from(self, cursor: TransactionCursor) -> QuerySet[Row]:
        here = Tuple(F("xid"), F("id"))  # one comparison of rows, by the index
        place = (cursor.xid, cursor.id)
        return self._readable().filter(TupleGreaterThanOrEqual(here, place))

    def _cursor_of(self, row: Any) -> TransactionCursor:  # noqa: ANN401
        return TransactionCursor(row.xid, row.pk)
