"""The front page: the day on one screen."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from articles import front as fronts
from foundation.notifications import FRONT, MARKETS, WIRE
from markets import ticker
from newsroom.edge import public
from newsroom.site.pages.layout import frame, page

RAIL = 40  # posts on the rail


@public(tags=[FRONT, WIRE, MARKETS], minute=True)
def front(request: HttpRequest) -> HttpResponse:
    """Lead, secondary stories, opinion, sections, rail and strip. Five queries."""
    now = timezone.now()
    context = {
        "frame": frame(now, rail=RAIL),
        "front": fronts.front(),
        "strip": ticker.strip_html(now),
    }
    return page("front.html", context, now=now)
