"""The API's front door and its guide, rendered here: no script from anywhere."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from newsroom.edge import public
from newsroom.site.api import errors as problems
from newsroom.site.pages.layout import page

RESOURCES = {
    "articles": "What we published, newest first.",
    "sections": "The parts of the paper.",
    "issues": "The days' papers, with volume and number.",
    "wire": "Public posts of the live wire, with every version of each.",
    "instruments": "What the markets strip shows, and what each figure is.",
    "quotes": "The present price of each instrument, its age and its source.",
}
ENTRIES = [
    {"path": "/api/docs/", "title": "Partner API"},
    {"path": "/api/docs/errors/", "title": "Errors"},
]


@require_safe
def root(request: HttpRequest) -> JsonResponse:
    """List the resources and where the schema is."""
    base = f"{settings.PAPER_URL}/api/v1"
    links = {name: f"{base}/{name}/" for name in RESOURCES}
    links |= {"schema": f"{base}/schema/", "docs": f"{settings.PAPER_URL}/api/docs/"}
    body = {"data": {"paper": settings.PAPER_NAME, "version": "1"}, "links": links}
    return JsonResponse({**body, "meta": {}})


@public(tags=["about"], minute=True)
def portal(request: HttpRequest) -> HttpResponse:
    """The guide: first call, lists, pages, conditional requests, errors."""
    facts = {"base": f"{settings.PAPER_URL}/api/v1", "resources": RESOURCES}
    place = {"title": "Partner API", "path": "/api/docs/", "entries": ENTRIES}
    return page("api/docs.html", {**facts, **place}, now=timezone.now())


@public(tags=["about"], minute=True)
def errors(request: HttpRequest) -> HttpResponse:
    """What each problem type means, and what to do."""
    rows = [
        (code, problems.TITLES[status], status, problems.ADVICE[status])
        for status, code in problems.CODES.items()
    ]
    place = {"title": "API errors", "path": "/api/docs/errors/", "entries": ENTRIES}
    return page("api/errors.html", {"rows": rows, **place}, now=timezone.now())
