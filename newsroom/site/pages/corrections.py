"""What we got wrong, all in one place."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from articles.live_rule import live_q
from articles.models import ADMISSIONS, Article, Notice
from foundation.notifications import CORRECTIONS
from newsroom.edge import public
from newsroom.site.pages.layout import page

PER_PAGE = 50


def public_notices() -> QuerySet[Notice]:
    """Corrections, clarifications and retractions readers may see, newest first.

    Those of withdrawn stories stay: the record of an error outlives the story.
    """
    in_view = live_q(prefix="article__")
    withdrawn = Q(article__in=Article.objects.withdrawn())
    return (
        Notice.objects.filter(in_view | withdrawn, kind__in=ADMISSIONS)
        .select_related("article__section", "article__live_revision")
        .order_by("-at", "-pk")
    )


@public(tags=[CORRECTIONS], params=["before"], minute=True)
def corrections(request: HttpRequest) -> HttpResponse:
    """A page of notices; `before` is the instant of the last one on the page before."""
    rows = public_notices()
    start = request.GET.get("before", "")
    if start:
        try:
            rows = rows.filter(at__lt=datetime.fromisoformat(start))
        except ValueError as error:
            raise Http404(f"no instant {start!r}") from error
    found = list(rows[: PER_PAGE + 1])
    context = {
        "notices": found[:PER_PAGE],
        "is_first": not start,
        "next": found[PER_PAGE - 1].at.isoformat() if len(found) > PER_PAGE else "",
    }
    return page("pages/corrections.html", context, now=timezone.now())
