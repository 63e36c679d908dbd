"""The wire's ledger, read in the order of commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from wire.models.items import Event, EventKind

START = "0-0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One change of an item, as readers' streams tell it."""

    cursor: str  # "<xid>-<id>": pass it back to go on after this one
    kind: str  # a value of `EventKind`
    public_id: str
    public: bool  # False: it must leave the rail
    row: str  # its line on the rail, ready HTML
    at: datetime


def head() -> str:
    """Return the cursor after everything committed so far."""
    with connection.cursor() as db:
        # `e.xid`: a bare `xid` would be the text of the first column, and sort as one.
        db.execute(
            "SELECT e.xid::text, e.id FROM wire_event e"
            " WHERE e.xid < pg_snapshot_xmin(pg_current_snapshot())"
            " ORDER BY e.xid DESC, e.id DESC LIMIT 1"
        )
        row = db.fetchone()
    return f"{row[0]}-{row[1]}" if row else START


def since(cursor: str, *, limit: int = 200) -> tuple[list[Told], str]:
    """Return the changes after `cursor`, in commit order, and the cursor to go on from.

    Only rows below the oldest running transaction are told, so a row that commits late
    with a low id is never stepped over. Posts the desk holds are passed over, unless they
    were public before and were taken back. An unreadable cursor raises `ValueError`.
    """
    xid, _, number = cursor.partition("-")
    with connection.cursor() as db:
        db.execute(
            """
            SELECT e.xid::text, e.id, e.kind, i.public_id, i.public_at <= now(), i.row, e.at
              FROM wire_event e JOIN wire_item i ON i.id = e.item_id
             WHERE (e.xid, e.id) > (%s::text::xid8, %s)
               AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
             ORDER BY e.xid, e.id LIMIT %s""",
            [str(int(xid)), int(number or 0), limit],
        )
        rows = db.fetchall()
    told = [
        Told(
            cursor=f"{row_xid}-{pk}",
            kind=kind,
            public_id=str(public_id),
            public=bool(public),
            row=row,
            at=at,
        )
        for row_xid, pk, kind, public_id, public, row, at in rows
        if public or kind == "held"
    ]
    last = f"{rows[-1][0]}-{rows[-1][1]}" if rows else cursor
    return told, last


def taken_back_since(xmin: int) -> bool:
    """Tell whether a post was taken off the rail by a transaction numbered `xmin` or higher.

    One query on the ledger's index.
    """
    return Event.objects.filter(xid__gte=str(xmin), kind=EventKind.HELD).exists()
