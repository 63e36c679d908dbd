"""Rerendering public articles when a post that they cite changes or is withdrawn.

Reads the wire's ledger. The text stays as it was; the table of sources under it
says what has become of each post.
"""

from __future__ import annotations

import logging

from django.db import transaction

from articles import rerendering
from articles.models import Article, Evidence, Status
from articles.models.ledger_cursor import Cursor
from foundation.cursors import CursorReset, TransactionCursor
from foundation.ledger import TransactionOrderLedger
from foundation.notifications import article_tag, purge
from wire.models.items import Event, EventKind

log = logging.getLogger(__name__)

NAME = "moved sources"
AT_ONCE = 1_000  # rows of the wire's ledger a round
ROUNDS = 20  # a run; the next run, seconds later, goes on

_EVENTS = TransactionOrderLedger(Event.objects.only("xid", "item_id", "kind"))
_MOVED = (EventKind.CHANGED, EventKind.WITHDRAWN)


def follow_sources() -> int:
    """Render the public articles whose sources changed since the last run; return how many.

    Several may run at once: one works, the others find the cursor taken and leave.
    """
    Cursor.objects.get_or_create(name=NAME)
    done = 0
    for _ in range(ROUNDS):
        more, rendered = _round()
        done += rendered
        if not more:
            break
    return done


@transaction.atomic
def _round() -> tuple[bool, int]:
    taken = Cursor.objects.select_for_update(skip_locked=True).filter(name=NAME).first()
    if taken is None:
        return False, 0
    rows, further = _read(TransactionCursor(taken.xid, taken.event))
    if not rows:
        return False, 0
    moved = {event.item_id for event in rows if event.kind in _MOVED}
    rendered = _rerender_citing(moved) if moved else 0
    taken.xid, taken.event = further.xid, further.id
    taken.save(update_fields=["xid", "event"])
    return len(rows) == AT_ONCE, rendered


def _read(cursor: TransactionCursor) -> tuple[list[Event], TransactionCursor]:
    """Read on from `cursor`, or from the beginning if the ledger has no such row.

    A database restored from a backup may lack it; to render a page twice does no harm.
    """
    try:
        return _EVENTS.read_since(cursor, AT_ONCE)
    except CursorReset as reset:
        log.warning("%s The wire's ledger is read from its beginning.", reset)
        return _EVENTS.read_since(TransactionCursor.START, AT_ONCE)


def _rerender_citing(items: set[int]) -> int:
    """Render what is public and cites one of the items; return how many articles."""
    links = Evidence.objects.filter(version__item__in=items)
    citing = Article.objects.filter(status=Status.LIVE, pk__in=links.values("article"))
    shown = rerendering.rerender(citing)
    purge(*(article_tag(article.public_id) for article in shown))
    return len(shown)
