"""The evidence panel: which post stands behind which paragraph, and how it has moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from articles import body, evidence, provenance
from articles.models import Article, Evidence, Role
from articles.text_diff import diff
from articles.workflow import Refused
from staff.admin_base import user_of
from wire.graphemes import cut
from wire.models import Item, Version

MOST_FOUND = 12
PANEL = "admin/articles/article/evidence.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One link as the desk sees it."""

    link: Evidence
    place: str  # the start of the paragraph, or what stands for it
    number: int | None  # of the paragraph
    lost: bool  # the paragraph is not in the text any more
    state: str
    moved: SafeString | None  # what the source changed since, word by word


def panel(article: Article) -> dict[str, Any]:
    """Return what the panel shows: links, paragraphs to choose from, roles. Two queries."""
    blocks = body.split(article.body)
    links = list(article.evidence.open().with_sources())
    newer = _newest([link for link in links if _is_older(link)])
    numbers = {block.id: index for index, block in enumerate(blocks, start=1)}
    words = {block.id: cut(block.text, 70) or f"({block.tag})" for block in blocks}
    lines = [
        Line(
            link=link,
            place=words.get(link.paragraph, ""),
            number=numbers.get(link.paragraph),
            lost=bool(link.paragraph) and link.paragraph not in numbers,
            state=provenance.state_of(link.version.item, link.version.n),
            moved=_moved(link, newer.get(link.version.item_id)),
        )
        for link in links
    ]
    lines.sort(key=lambda line: (line.number or len(blocks) + 1, line.link.pk))
    return {
        "lines": lines,
        "moved": sum(line.state != "usable" for line in lines),
        "paragraphs": [(b.id, numbers[b.id], words[b.id]) for b in blocks],
        "roles": Role.choices,
    }


def _is_older(link: Evidence) -> bool:
    return link.version.n < link.version.item.current_n


def _newest(links: list[Evidence]) -> dict[int, Version]:
    if not links:
        return {}
    items = {link.version.item_id for link in links}
    found = Version.objects.filter(item__in=items, n=F("item__current_n"))
    return {version.item_id: version for version in found}


def _moved(link: Evidence, newest: Version | None) -> SafeString | None:
    return diff(_words(link.version), _words(newest)) if newest else None


def _words(version: Version) -> str:
    return "\n\n".join(part for part in (version.headline, version.text) if part)


def found(query: str) -> QuerySet[Item]:
    """Return the newest posts with these words, by any source."""
    items = Item.objects.exclude(kind="service").select_related("source")
    for word in query.split()[:6]:
        in_it = Q(headline__icontains=word) | Q(text__icontains=word)
        items = items.filter(in_it | Q(source__name__icontains=word))
    return items.last_seen_first()


def search(request: HttpRequest) -> JsonResponse:
    """Answer with posts to choose from, newest first."""
    items = list(found(request.GET.get("q", "")[:200])[:MOST_FOUND])
    current = Version.objects.filter(item__in=items, n=F("item__current_n"))
    versions = dict(current.values_list("item_id", "pk"))
    return JsonResponse(
        {
            "found": [
                {
                    "version": versions[item.pk],
                    "source": item.source.name,
                    "words": cut(str(item), 160),
                    "seen": f"{timesince(item.seen_at)} ago",
                    "state": provenance.state_of(item, item.current_n),
                }
                for item in items
            ]
        }
    )


def attach(request: HttpRequest, article: Article) -> HttpResponse:
    """Put the chosen post behind the chosen paragraph."""
    chosen = request.POST.get("version", "")
    version = Version.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
    if version is None:
        return _answer(request, article, "Choose a post first.")
    try:
        evidence.attach(
            article,
            version,
            by=user_of(request),
            now=timezone.now(),
            paragraph=request.POST.get("paragraph", ""),
            role=request.POST.get("role", ""),
            note=request.POST.get("note", ""),
        )
    except Refused as refusal:
        return _answer(request, article, str(refusal))
    return _answer(request, article)


def detach(request: HttpRequest, article: Article, link: Evidence) -> HttpResponse:
    """End one link with the working text."""
    try:
        evidence.detach(article, link, by=user_of(request), now=timezone.now())
    except Refused as refusal:
        return _answer(request, article, str(refusal))
    return _answer(request, article)


def _answer(request: HttpRequest, article: Article, refusal: str = "") -> HttpResponse:
    """Show the panel anew to a page that stays, or lead back to the page."""
    if request.headers.get("X-Part") != "evidence":
        if refusal:
            messages.error(request, refusal)
        target = reverse("admin:articles_article_change", args=[article.pk])
        return HttpResponseRedirect(f"{target}#evidence")
    article.refresh_from_db()
    context = {
        "article": article,
        "evidence": panel(article),
        "refusal": refusal,
        "may_write": True,
    }
    return render(request, PANEL, context, status=409 if refusal else 200)
