"""The wire as readers see it: the list of posts, and one post with all its versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from articles.models import Article
from articles.text_diff import diff
from foundation.notifications import WIRE, item_tag
from newsroom.edge import public
from newsroom.site.pages.layout import page
from newsroom.site.pages.paging import before, cut
from wire.models import Item, Version
from wire.models.items import Status
from wire.rail_html import STANDINGS, shown_time

PER_PAGE = 50
MOST_VERSIONS = 50  # shown on a post's page, the newest of them
GONE = {Status.WITHDRAWN, Status.DELETED}


@dataclass(frozen=True, slots=True)
class Day:
    """The posts of one day in UTC, newest first, as ready lines."""

    date: date
    rows: SafeString


@public(tags=[WIRE], params=["source", "before"])
def index(request: HttpRequest) -> HttpResponse:
    """All public posts, newest first; of one source if `source` names it.

    A source without a public post is not named, and answers as if it were none: its name
    may be nobody's business but the desk's.
    """
    seen = Item.objects.public(Now())  # type: ignore[arg-type]
    items = seen.newest_first()
    sources = list(seen.sources().order_by("name", "pk").values("name", "slug"))
    slug = request.GET.get("source", "")
    chosen = next((source for source in sources if source["slug"] == slug), None)
    if slug:
        if chosen is None:
            raise Http404(f"no source {slug!r}")
        items = items.filter(source__slug=slug)
    start = request.GET.get("before", "")
    rows = before(items, start, at="public_at")
    found = list(rows.values_list("public_id", "public_at", "row")[: PER_PAGE + 1])
    shown, last = cut(found, PER_PAGE, start=start)
    return page(
        "pages/wire.html",
        {
            "here": "wire",
            "days": _days(shown),
            "sources": sources,
            "chosen": chosen,
            "is_first": not start,
            "next": last and last[0],
        },
        now=timezone.now(),
    )


def _days(rows: list[tuple[UUID, datetime | None, str]]) -> list[Day]:
    dated = [(at, row) for _, at, row in rows if at]
    by_day = groupby(dated, key=lambda row: row[0].date())
    # The rows were escaped when they were written.
    return [
        Day(day, mark_safe("\n".join(row for *_, row in group)))  # noqa: S308
        for day, group in by_day
    ]


@public(tags=lambda request, public_id: [item_tag(public_id), WIRE])
def item(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One post: what it says now, every version, and which stories rest on it."""
    shown = Item.objects.public(Now()).filter(public_id=public_id)  # type: ignore[arg-type]
    versions = list(
        Version.objects.public(Now())  # type: ignore[arg-type]
        .filter(item__in=shown)
        .select_related("item__source__publisher")
        .order_by("-n")[:MOST_VERSIONS]
    )
    if not versions:
        raise Http404(f"no public post {public_id}")
    post = versions[0].item
    stories = (
        Article.objects.live(None)
        .filter(evidence__version__item=post, evidence__until=None)
        .distinct()
        .newest_first()
    )
    return page(
        "pages/wire_item.html",
        {
            "here": "wire",
            "item": post,
            "at": shown_time(post.source_time, post.seen_at),
            "is_gone": post.status in GONE or post.standing == "withdrawn",
            "standing": _standing(post),
            "link": _link(post.url),
            "repost_link": _link(post.repost_url),
            "versions": _told(versions),
            "stories": stories.values_list("card_row", flat=True)[:20],
        },
        now=timezone.now(),
    )


def _link(url: str) -> str:
    """An address a reader may follow, else nothing."""
    return url if urlsplit(url).scheme in ("http", "https") else ""


def _standing(post: Item) -> dict[str, str]:
    """The mark of a post: a class for the eye and the words."""
    if post.status == Status.DELETED:
        return {"mark": "withdrawn", "text": "Deleted at source"}
    mark = "withdrawn" if post.status in GONE else post.standing
    return {"mark": mark, "text": STANDINGS[mark]}


def _told(newest: list[Version]) -> list[dict[str, Any]]:
    """Each version with what it changed, newest first; the first stands as it came."""
    shown: list[dict[str, Any]] = []
    for version, older in zip(newest, [*newest[1:], None], strict=True):
        text = _words(version)
        is_gone = version.status in GONE
        shown.append(
            {
                "version": version,
                "is_gone": is_gone,
                "text": diff(_words(older), text) if older and not is_gone else text,
            }
        )
    return shown


def _words(version: Version) -> str:
    return "\n\n".join(part for part in (version.headline, version.text) if part)
