"""Delayed posts reach the stream when their time comes.

That they are visible needs no job: the rail asks `Item.objects.public(now)`. This only
tells the streams and the kept pages.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Least, Now

from foundation.notifications import WIRE, PushKind, purge
from wire.models import Event, Item
from wire.models.items import EventKind

AT_ONCE = 500  # posts announced in one transaction


@transaction.atomic
def announce_due(*, now: datetime) -> int:
    """Write a ledger row for each post whose delay is over; return how many.

    Not before the database's own clock says so: told early by a worker whose clock is
    fast, a post would be passed over by the streams and never told again.
    """
    instant = Least(Value(now), Now())
    due = Item.objects.to_announce(instant).select_for_update(skip_locked=True)  # type: ignore[arg-type]
    ids = list(due.order_by("public_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    if not ids:
        return 0
    Event.objects.bulk_create(
        Event(item_id=pk, kind=EventKind.RELEASED, at=now) for pk in ids
    )
    Item.objects.filter(pk__in=ids).update(announced=True)
    purge(WIRE, also_push=PushKind.WIRE)
    return len(ids)
