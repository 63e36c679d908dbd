"""What stands around every page, and how a page is put together.

Pages are rendered without the request: nothing of a reader can come into a page that all
readers share, and no context processor costs time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString, mark_safe

from articles.masthead import masthead
from foundation.notifications import Tag
from markets import exchange_status
from markets.clocks import clocks_html
from markets.models.exchange import HOURS

DESCRIPTION = (
    "A daily paper reported from the wire. Every claim shows where it came from."
)

# One question for three things that every page shows: they share columns by position.
_REST = ", ".join(["NULL"] * len(HOURS))
_AROUND = f"""
({exchange_status.AROUND})
UNION ALL
SELECT '', name, slug, position, id, {_REST} FROM articles_section
UNION ALL
SELECT NULL, string_agg(row, E'\\n' ORDER BY public_at DESC, id DESC), '', 0, 0, {_REST}
  FROM (SELECT row, public_at, id FROM wire_item
         WHERE public_at <= statement_timestamp()
         ORDER BY public_at DESC, id DESC LIMIT %s) AS newest
"""  # noqa: S608  # built of constants alone


def frame(now: datetime, *, rail: int = 0) -> dict[str, Any]:
    """Return the masthead, the sections, the clocks and the exchange at `now`.

    With `rail` also that many of the newest public posts, as ready lines. Two queries.
    """
    sections, sessions, rows = _around(now, rail)
    home = exchange_status.openings(sessions, now).get(
        exchange_status.HOME
    ) or exchange_status.unknown(now)
    head = masthead(now)
    return {
        **_fixed(settings.PAPER_NAME, head.date.year),
        "name": settings.PAPER_NAME,
        "url": settings.PAPER_URL,
        "description": DESCRIPTION,
        "masthead": head,
        "sections": sections,
        "clocks": clocks_html(now),
        "opening": exchange_status.opening_html(home),
        # The lines were escaped when they were written.
        "rail": mark_safe(rows),  # noqa: S308
    }


@cache
def _fixed(name: str, year: int) -> dict[str, SafeString]:
    """What is the same on every page for as long as this process lives."""
    return {
        part: render_to_string(f"parts/{part}.html", {"name": name, "year": year})
        for part in ("assets", "icons", "footer")
    }


def _around(
    now: datetime, rail: int
) -> tuple[list[dict[str, str]], list[tuple[Any, ...]], str]:
    """Read the sections, the sessions of the exchange and the rail, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _AROUND, [*exchange_status.around(now, exchange_status.HOME), rail]
        )
        found = cursor.fetchall()
    named = sorted((row[3], row[4], row[1], row[2]) for row in found if row[0] == "")
    sections = [{"name": name, "slug": slug} for *_, name, slug in named]
    sessions = sorted((row for row in found if row[0]), key=lambda row: row[5])
    rows = next((row[1] for row in found if row[0] is None), "")
    return sections, sessions, rows or ""


def page(
    template: str,
    context: Mapping[str, Any],
    *,
    now: datetime,
    tags: Iterable[Tag] = (),
    status: int = 200,
) -> HttpResponse:
    """Render one public page in its frame; `tags` say what it shows."""
    surround = context.get("frame") or frame(now)
    text = render_to_string(template, {**context, "frame": surround, "now": now})
    headers = {"Surrogate-Key": " ".join(tags)} if tags else {}
    return HttpResponse(text, status=status, headers=headers)


def in_every_page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the frame for pages that apps render; unread, it costs nothing."""
    return {"frame": SimpleLazyObject(lambda: frame(timezone.now()))}
