"""The command field: stories, posts and desks by a few letters."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from articles.models import Article
from wire.models import Item

EACH = 8


def find(request: HttpRequest) -> HttpResponseBase:
    """Answer with what this person may open, stories first."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    words = request.GET.get("q", "").strip()[:100]
    found: list[dict[str, str]] = []
    if words and request.user.has_perm("articles.view_article"):
        found += _stories(words)
    if words and request.user.has_perm("wire.view_item"):
        found += _posts(words)
    response = JsonResponse({"found": found})
    response["Cache-Control"] = "private, no-store"
    return response


def _stories(words: str) -> list[dict[str, str]]:
    rows = Article.objects.filter(headline__icontains=words)
    return [
        {
            "title": article.headline,
            "kind": article.get_status_display(),
            "url": reverse("admin:articles_article_change", args=[article.pk]),
        }
        for article in rows.order_by("-changed_at", "-pk")[:EACH]
    ]


def _posts(words: str) -> list[dict[str, str]]:
    rows = Item.objects.filter(headline__icontains=words).select_related("source")
    return [
        {
            "title": str(item),
            "kind": item.source.name,
            "url": reverse("admin:wire_item_change", args=[item.pk]),
        }
        for item in rows.last_seen_first()[:EACH]
    ]
