"""What stands around every page, and how a page is put together.

Pages are rendered without the request: nothing of a reader can come into a page that all
readers share, and no context processor costs time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from articles.masthead import masthead
from articles.models import Section
from markets import opening
from markets.clocks import clocks_html

DESCRIPTION = (
    "A daily paper reported from the wire. Every claim shows where it came from."
)


def frame(
    now: datetime, *, sections: Iterable[Mapping[str, str]] | None = None
) -> dict[str, Any]:
    """Return the masthead, the sections, the clocks and the exchange at `now`.

    Three queries; two where the caller has read the sections already.
    """
    return {
        "name": settings.PAPER_NAME,
        "url": settings.PAPER_URL,
        "description": DESCRIPTION,
        "masthead": masthead(now),
        "sections": list(sections or Section.objects.in_order().values("name", "slug")),
        "clocks": clocks_html(now),
        "opening": opening.opening_html(opening.read(now)),
    }


def page(
    template: str,
    context: Mapping[str, Any],
    *,
    now: datetime,
    tags: Iterable[str] = (),
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
