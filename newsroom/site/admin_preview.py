"""An article as a reader would see it, before any reader can."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe

from articles import provenance, rendering
from articles.admin.images import for_staff
from articles.models import Article
from newsroom.site.pages.layout import frame


def preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Render the working text in the reader's frame; for staff alone, kept by nobody."""
    if not request.user.has_perm("articles.view_article"):
        raise PermissionDenied
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    rows = Article.objects.select_related("section", "issue")
    article = get_object_or_404(rows, pk=pk)
    now = timezone.now()
    response = render(request, "admin/preview.html", _context(article, now))
    return _kept_by_nobody(response)


def _context(article: Article, now: datetime) -> dict[str, Any]:
    revision = article.revisions.select_related("image").get(n=article.revision_n)
    shown = copy(article)
    shown.first_published_at = article.first_published_at or now
    shown.updated_at = now
    columns = rendering.render(shown, revision, provenance.rows(article, revision))
    return {
        "frame": frame(now),
        "here": article.section.slug,
        "article": article,
        "revision": revision,
        # Escaped when it was rendered, a line above.
        "body": mark_safe(for_staff(columns["page"])),  # noqa: S308
        "back": reverse("admin:articles_article_change", args=[article.pk]),
    }


def _kept_by_nobody(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
