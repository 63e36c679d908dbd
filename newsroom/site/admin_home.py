"""The desk home: what waits in each state, what is mine, and what does not do well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.http import urlencode

from articles import issue_numbering
from articles.masthead import masthead
from articles.models import Article, Evidence, Issue, Revision
from articles.models.revision import Autosave
from articles.statuses import STATUSES, BoardColumn, Shows, Status
from markets.calendars import WARN_DAYS
from markets.models import Exchange, Feed
from staff.models import User
from wire.models import DeadLetter, Item, Source

EACH = 8  # lines of each list
DAY = timedelta(days=1)  # how long the board shows what went live
SILENT = timedelta(hours=24)  # a source that has brought nothing for so long is silent

Person = User | AnonymousUser


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the board: how many are in it, and the last ones changed."""

    title: str
    status: Status
    is_scheduled: bool  # its articles appear by themselves
    count: int
    url: str
    articles: list[Article]


def home(person: Person, now: datetime) -> dict[str, Any]:
    """Return the parts of the desk home that `person` may see."""
    shown: dict[str, Any] = {"masthead": masthead(now), "now": now}
    if person.has_perm("articles.view_article"):
        shown |= {"columns": columns(now), "mine": mine(person), "issue": issue(now)}
    if person.has_perm("wire.view_item"):
        shown |= {"wire": waiting(), "claimed": claimed(person)}
    if person.has_perm("wire.view_source"):
        shown["sources"] = sources(now)
    if person.has_perm("wire.view_deadletter"):
        shown["dead_letters"] = DeadLetter.objects.filter(closed_at=None).count()
    if person.has_perm("markets.view_feed"):
        shown["feeds"] = list(Feed.objects.active().failing()[:EACH])
    if person.has_perm("markets.view_exchange"):
        shown["calendars"] = expiring(now)
    return shown


def columns(now: datetime) -> list[Column]:
    """Return the board: everything that is on its way to readers."""
    return [
        _column(status, column, now)
        for status, row in STATUSES.items()
        for column in row.board
    ]


def _shown(
    status: Status, shows: Shows, now: datetime
) -> tuple[QuerySet[Article], str]:
    """Return the articles of one column, and what they are ordered by."""
    if shows is Shows.SCHEDULED:
        return Article.objects.scheduled(now), "public_at"
    if shows is Shows.LAST_DAY:
        return Article.objects.live(now).filter(public_at__gt=now - DAY), "-public_at"
    return Article.objects.filter(status=status), "-changed_at"


def _column(status: Status, column: BoardColumn, now: datetime) -> Column:
    articles, order = _shown(status, column.shows, now)
    moved = Evidence.objects.open().moved().filter(article=OuterRef("pk"))
    last = Revision.objects.filter(article=OuterRef("pk")).order_by("-n")
    shown = articles.select_related("section").annotate(
        last_by=Subquery(last.values("by__username")[:1]),
        moved=Subquery(
            moved.order_by().values("article").annotate(n=Count("pk")).values("n")
        ),
    )
    query = urlencode({"status__exact": status})
    return Column(
        title=column.title,
        status=status,
        is_scheduled=column.shows is Shows.SCHEDULED,
        count=articles.count(),
        url=f"{reverse('admin:articles_article_changelist')}?{query}",
        articles=list(shown.order_by(order, "-pk")[:EACH]),
    )


def mine(person: Person) -> dict[str, Any]:
    """Return what this person has begun: drafts, and text typed and not saved."""
    if not isinstance(person, User):
        return {}
    drafts = Article.objects.filter(created_by=person, status=Status.DRAFT)
    unsaved = Autosave.objects.filter(by=person).select_related("article")
    return {
        "drafts": list(drafts.order_by("-changed_at", "-pk")[:EACH]),
        "unsaved": list(unsaved.order_by("-at", "-pk")[:EACH]),
    }


def issue(now: datetime) -> dict[str, Any]:
    """Return today's issue, made or not, and how much stands in it."""
    today = issue_numbering.day(now, settings.PAPER_TIME_ZONE)
    found = Issue.objects.filter(date=today).annotate(stories=Count("articles")).first()
    return {"date": today, "issue": found}


def waiting() -> dict[str, Any]:
    """Return what readers do not see until the desk lets it through."""
    held = Item.objects.held().exclude(kind="service")
    newest = held.select_related("source").last_seen_first()
    return {"count": held.count(), "items": list(newest[:EACH])}


def claimed(person: Person) -> list[Item]:
    """Return the posts this person has taken."""
    if not isinstance(person, User):
        return []
    taken = Item.objects.filter(claimed_by=person).select_related("source")
    return list(taken.order_by("-claimed_at", "-pk")[:EACH])


def sources(now: datetime) -> dict[str, Any]:
    """Return the sources that fail, and those that have gone silent."""
    listening = Source.objects.active()
    quiet = Q(newest_item_at__lt=now - SILENT) | Q(newest_item_at=None)
    return {
        "count": listening.count(),
        "failing": list(listening.failing()[:EACH]),
        "silent": list(
            listening.filter(quiet, failures=0).order_by("newest_item_at", "pk")[:EACH]
        ),
    }


def expiring(now: datetime) -> list[dict[str, Any]]:
    """Return the exchanges whose calendar ends soon or has ended."""
    known = Exchange.objects.annotate(until=Max("sessions__date"))
    limit = now.date() + timedelta(days=WARN_DAYS)
    ending = known.filter(Q(until__lt=limit) | Q(until=None)).order_by("until", "pk")
    return [{"exchange": exchange, "until": exchange.until} for exchange in ending]
