"""Rerendering public articles when a post that they cite changes or is withdrawn.

Reads the wire's ledger. The text stays as it was; the table of sources under it
says what has become of each post.
"""

from __future__ import annotations

from django.db import connection, transaction

from articles import rerendering
from articles.models import Article, Evidence, Status
from articles.models.ledger_cursor import Cursor
from foundation.notifications import article_tag, purge

NAME = "moved sources"
AT_ONCE = 1_000  # rows of the wire's ledger a round
ROUNDS = 20  # a run; the next run, seconds later, goes on

# In the order of commits, below the oldest running transaction: none is stepped over.
_NEWS = """
SELECT e.xid::text::bigint, e.id, e.item_id, e.kind IN ('changed', 'withdrawn')
  FROM wire_event e
 WHERE (e.xid, e.id) > (%s::text::xid8, %s)
   AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
 ORDER BY e.xid, e.id LIMIT %s
"""


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
    with connection.cursor() as db:
        db.execute(_NEWS, [str(taken.xid), taken.event, AT_ONCE])
        rows = db.fetchall()
    if not rows:
        return False, 0
    moved = {item for _, _, item, has_moved in rows if has_moved}
    rendered = _rerender_citing(moved) if moved else 0
    taken.xid, taken.event = rows[-1][:2]
    taken.save(update_fields=["xid", "event"])
    return len(rows) == AT_ONCE, rendered


def _rerender_citing(items: set[int]) -> int:
    """Render what is public and cites one of the items; return how many articles."""
    links = Evidence.objects.filter(version__item__in=items)
    citing = Article.objects.filter(status=Status.LIVE, pk__in=links.values("article"))
    shown = rerendering.rerender(citing)
    purge(*(article_tag(article.public_id) for article in shown))
    return len(shown)
