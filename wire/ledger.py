"""The wire's ledger, as streams and pages read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from foundation.cursors import TransactionCursor
from foundation.ledger import TransactionOrderLedger
from wire.models.items import Event, EventKind

START = str(TransactionCursor.START)
# `is_public` by the database's clock: a post the desk holds has no time.
_EVENTS = (
    Event.objects.select_related("item")
    .only("xid", "kind", "at", "item__public_id", "item__row")
    .annotate(is_public=Q(item__public_at__lte=Now()))
)
_LEDGER: TransactionOrderLedger[Any] = TransactionOrderLedger(_EVENTS)


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
    return str(_LEDGER.head())


def since(cursor: str, *, limit: int = 200) -> tuple[list[Told], str]:
    """Return the changes after `cursor`, each once, and the cursor to go on from.

    What is told of a post is its present state. A row is told once every transaction that
    began before its own has ended, so one that commits late is never stepped over. Posts
    the desk holds are passed over, unless they were public before and were taken back.
    Raises `ValueError` for an unreadable cursor, `CursorReset` for one of another history.
    """
    events, further = _LEDGER.read_since(TransactionCursor.parse(cursor), limit)
    told = [
        Told(
            cursor=f"{event.xid}-{event.pk}",
            kind=event.kind,
            public_id=str(event.item.public_id),
            public=bool(event.is_public),
            row=event.item.row,
            at=event.at,
        )
        for event in events
        if event.is_public or event.kind == EventKind.HELD
    ]
    return told, str(further)


def taken_back_since(xmin: int) -> bool:
    """Tell whether a post was taken off the rail by a transaction numbered `xmin` or higher.

    One query on the ledger's index.
    """
    return Event.objects.filter(xid__gte=str(xmin), kind=EventKind.HELD).exists()
