"""Search over the stories readers can see."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from articles.models import Article
from articles.models.article import ArticleQuerySet
from foundation.notifications import SEARCH
from newsroom.edge import public
from newsroom.site.pages.layout import frame, page
from newsroom.site.pages.lists import PER_PAGE, ready
from newsroom.site.pages.paging import before, cut

LONGEST = 200  # characters of a query that are looked at
ORDERS = {"newest": "Newest first", "best": "Best match first"}
MOST_BEST = 40  # stories shown by match; beyond them order by date is of more use


@public(
    tags=[SEARCH],
    params=["q", "section", "since", "order", "before"],
    minute=True,
)
def search(request: HttpRequest) -> HttpResponse:
    """Stories that match the reader's words, newest or best first."""
    now = timezone.now()
    surround = frame(now)
    asked = request.GET
    query = " ".join(asked.get("q", "").replace("\0", "").split())[:LONGEST]
    order = asked.get("order", "") if asked.get("order") in ORDERS else "newest"
    since = _day(asked.get("since", ""))
    slugs = {s["slug"] for s in surround["sections"]}
    section = asked.get("section", "") if asked.get("section") in slugs else ""
    context: dict[str, Any] = {
        "frame": surround,
        "query": query,
        "orders": ORDERS,
        "order": order,
        "since": since,
        "section": section,
        "cards": [],
    }
    if query:
        rows = Article.objects.live().search(query)
        if section:
            rows = rows.in_section(section)
        if since:
            rows = rows.filter(published_on__gte=since)
        start = "" if order == "best" else asked.get("before", "")
        context |= _found(rows, order, start)
    return page("pages/search.html", context, now=now)


def _found(rows: ArticleQuerySet, order: str, start: str) -> dict[str, Any]:
    """A page of cards: the best, which have no next page, or the newest. One query."""
    if order == "best":
        best = rows.best_first().values_list("card_picture", flat=True)[:MOST_BEST]
        return {"cards": [ready(card) for card in best]}
    newest = before(rows.newest_first(), start, at="public_at")
    found = list(newest.values_list("public_id", "card_picture")[: PER_PAGE + 1])
    shown, last = cut(found, PER_PAGE, start=start)
    return {"cards": [ready(card) for _, card in shown], "next": last and last[0]}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
