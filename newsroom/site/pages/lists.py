"""Stories in lists: sections, topics, authors and issues."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from articles import issue_numbering
from articles.image_markup import picture
from articles.live_rule import live_q
from articles.models import Article, Author, Issue, Topic
from articles.models.article import ArticleQuerySet
from foundation.notifications import (
    FRONT,
    author_tag,
    issue_tag,
    section_tag,
    topic_tag,
)
from newsroom.edge import public
from newsroom.site.pages.layout import frame, page
from newsroom.site.pages.paging import before, cut

PER_PAGE = 20
ISSUES_PER_PAGE = 60


@public(tags=lambda request, slug: [section_tag(slug)], params=["before"], minute=True)
def section(request: HttpRequest, slug: str) -> HttpResponse:
    """A section's stories, newest first."""
    now = timezone.now()
    surround = frame(now)
    named = next((s for s in surround["sections"] if s["slug"] == slug), None)
    if named is None:
        raise Http404(f"no section {slug!r}")
    context = {
        "frame": surround,
        "here": slug,
        "section": named,
        "path": f"/{slug}/",
        **_stories(Article.objects.in_section(slug), request),
    }
    return page("pages/section.html", context, now=now)


@public(tags=lambda request, slug: [topic_tag(slug)], params=["before"], minute=True)
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """What was written on a topic, newest first."""
    shown = get_object_or_404(Topic, slug=slug)
    context = {
        "over": "Topic",
        "title": shown.name,
        "description": shown.description,
        "path": shown.get_absolute_url(),
        **_stories(Article.objects.on_topic(slug), request),
    }
    return page("pages/stream.html", context, now=timezone.now())


@public(tags=lambda request, slug: [author_tag(slug)], params=["before"], minute=True)
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """Who somebody is and what they wrote, newest first."""
    shown = get_object_or_404(Author.objects.select_related("portrait"), slug=slug)
    context = {
        "over": shown.role,
        "title": shown.name,
        "description": shown.bio,
        "portrait": picture(shown.portrait, shape="1x1", sizes="7rem", alt="")
        if shown.portrait
        else "",
        "path": shown.get_absolute_url(),
        **_stories(Article.objects.by_author(slug), request),
    }
    return page("pages/stream.html", context, now=timezone.now())


def _stories(articles: ArticleQuerySet, request: HttpRequest) -> dict[str, Any]:
    """A page of cards and where the next one starts. One query."""
    start = request.GET.get("before", "")
    rows = before(articles.live().newest_first(), start, at="public_at")
    found = list(rows.values_list("public_id", "card_picture")[: PER_PAGE + 1])
    shown, last = cut(found, PER_PAGE, start=start)
    return {
        "cards": [ready(card) for _, card in shown],
        "is_first": not start,
        "next": last and last[0],
    }


def ready(card: str) -> SafeString:
    """A card as it was rendered, and escaped, when its story's public text was."""
    return mark_safe(card)  # noqa: S308


@public(tags=[FRONT], params=["before"], minute=True)
def issues(request: HttpRequest) -> HttpResponse:
    """Every day's paper, newest first."""
    start = request.GET.get("before", "")
    rows = Issue.objects.order_by("-date")
    if start:
        rows = rows.filter(date__lt=_day(start))
    rows = rows.annotate(stories=Count("articles", filter=live_q(prefix="articles__")))
    found = list(rows.filter(stories__gt=0)[: ISSUES_PER_PAGE + 1])
    shown, last = cut(found, ISSUES_PER_PAGE, start=start)
    context = {"issues": shown, "is_first": not start, "next": last and last.date}
    return page("pages/issues.html", context, now=timezone.now())


@public(tags=lambda request, on: [issue_tag(on)], minute=True)
def issue(request: HttpRequest, on: date) -> HttpResponse:
    """One day's paper: its stories by section, in the order of the sections."""
    now = timezone.now()
    surround = frame(now)
    shown = Issue.objects.filter(date=on).first()
    if shown is None and on == surround["masthead"].date:
        shown = Issue(  # nothing has been printed today yet
            date=on,
            volume=issue_numbering.volume(on, first_year=settings.PAPER_VOLUME_ONE),
            number=surround["masthead"].number,
        )
    if shown is None:
        raise Http404(f"no issue of {on}")
    rows = (
        Article.objects.live()
        .filter(issue=shown.pk)
        .order_by("section__position", "section", "prominence", "-public_at", "-pk")
        .values_list("section__name", "section__slug", "card_text")
    )
    parts: dict[str, dict[str, Any]] = {}
    for name, slug, card in rows:
        part = parts.setdefault(slug, {"name": name, "slug": slug, "cards": []})
        part["cards"].append(ready(card))
    context = {
        "frame": surround,
        "issue": shown,
        "volume": issue_numbering.roman(shown.volume),
        "edition": shown.edition_name(),
        "parts": list(parts.values()),
    }
    return page("pages/issue.html", context, now=now)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Http404(f"no day {text!r}") from error
