"""The front page: the day on one screen."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from articles import front as fronts
from markets import strip
from newsroom.edge import public
from newsroom.pages.frame import frame, page

RAIL = 40  # posts on the rail
TAGS = ("front", "wire", "markets")


@public(tags=TAGS, minute=True)
def front(request: HttpRequest) -> HttpResponse:
    """Lead, secondary stories, opinion, sections, the rail and the strip. Five queries."""
    now = timezone.now()
    sections, rail = _sections_and_rail()
    context = {
        "frame": frame(now, sections=sections),
        "front": fronts.front(),
        "rail": rail,
        "strip": strip.strip_html(now),
    }
    return page("front.html", context, now=now)


def _sections_and_rail() -> tuple[list[dict[str, str]], SafeString]:
    """The sections in order and the newest public posts as ready lines, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT json_agg(json_build_object('name', name, 'slug', slug)
                                    ORDER BY position, id) FROM articles_section),
                   (SELECT string_agg(row, E'\\n' ORDER BY public_at DESC, id DESC)
                      FROM (SELECT row, public_at, id FROM wire_item
                             WHERE public_at <= statement_timestamp()
                             ORDER BY public_at DESC, id DESC LIMIT %s) AS newest)""",
            [RAIL],
        )
        sections, rows = cursor.fetchone()
    # The lines were escaped when they were written.
    return sections or [], mark_safe(rows or "")  # noqa: S308
