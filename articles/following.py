"""What stands around a public text changes: a post it cites, a picture it shows.

The text stays as it was. The table of sources under it says what has become of each
post, by reading the wire's ledger; a picture that got other words or another focal point
has other addresses, and the stored pages must name those.
"""

from __future__ import annotations

from django.db import connection, transaction

from articles import publishing
from articles.models import Article, Evidence, Image, Status
from articles.models.article import ArticleQuerySet
from articles.models.change import lock_ledger, ring
from articles.models.cursor import Cursor

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
    rendered = _show(moved) if moved else 0
    taken.xid, taken.event = rows[-1][:2]
    taken.save(update_fields=["xid", "event"])
    return len(rows) == AT_ONCE, rendered


def _show(items: set[int]) -> int:
    """Render what is public and cites one of the items."""
    links = Evidence.objects.filter(version__item__in=items)
    return _render(Article.objects.filter(pk__in=links.values("article")))


@transaction.atomic
def show_picture(image: Image) -> int:
    """Render what is public and shows `image`, after a change of it; return how many."""
    return _render(Article.objects.showing(image))


def _render(articles: ArticleQuerySet) -> int:
    lock_ledger()  # no page may be overwritten with an older one
    tags: list[str] = []
    live = articles.filter(status=Status.LIVE)
    for article in live.select_related("section", "issue", "live_revision__image"):
        publishing.render(article)
        tags += publishing.tags(article)
    if tags:
        ring(tags, live=False)
    return len([tag for tag in tags if tag.startswith("article:")])
