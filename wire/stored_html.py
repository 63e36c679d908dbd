"""The wire's stored HTML, for `manage.py render`."""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet

from foundation.notifications import WIRE, purge
from foundation.stored_html import Kind
from wire import rail_html
from wire.models import Item

STORE = """
UPDATE wire_item i SET row = t.row, rendered_with = %s
  FROM unnest(%s::bigint[], %s::text[]) AS t(id, row) WHERE i.id = t.id"""


def render_rail_rows(rows: QuerySet[Item]) -> int:
    """Render the `<li>` of these items again; return of how many.

    Those that somebody is writing at this moment are passed over: their writer renders
    them. Whoever comes after waits for us, so none is overwritten with an older text.
    """
    locked = rows.select_for_update(of=["self"], skip_locked=True)
    items = list(locked.select_related("source"))
    if items:
        keys = [item.pk for item in items]
        made = [item.rail_row() for item in items]
        with connection.cursor() as cursor:
            cursor.execute(STORE, [rail_html.stamp(), keys, made])
        purge(WIRE)
    return len(items)


RAIL_ROWS = Kind(
    name="rail rows",
    rows=Item.objects.all,
    stamp=rail_html.stamp,
    render=render_rail_rows,
    batch_size=500,
)
