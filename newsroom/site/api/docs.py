"""The API's guide, rendered here: no script from anywhere."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from newsroom.edge import public
from newsroom.site.api import errors as problems
from newsroom.site.api.root import described
from newsroom.site.pages.layout import page

ENTRIES = [
    {"path": "/api/docs/", "title": "Partner API"},
    {"path": "/api/docs/errors/", "title": "Errors"},
]
PREFIX = "/api/v1/"


@public(minute=True)
def portal(request: HttpRequest) -> HttpResponse:
    """The guide: first call, lists and their filters, pages, conditions, errors."""
    facts = {"base": f"{settings.PAPER_URL}/api/v1", "resources": resources()}
    place = {"title": "Partner API", "path": "/api/docs/", "entries": ENTRIES}
    return page("api/docs.html", {**facts, **place}, now=timezone.now())


@public(minute=True)
def errors(request: HttpRequest) -> HttpResponse:
    """What each problem type means, and what to do."""
    rows = [
        (
            problems.CODES[status],
            problems.TITLES[status],
            status,
            problems.ADVICE[status],
        )
        for status in problems.explained()
    ]
    place = {"title": "API errors", "path": "/api/docs/errors/", "entries": ENTRIES}
    return page("api/errors.html", {"rows": rows, **place}, now=timezone.now())


def resources() -> list[dict[str, Any]]:
    """Return each list of the API with its parameters, as the schema describes them."""
    lists = {
        path: methods["get"]
        for path, methods in json.loads(described("v1"))["paths"].items()
        if path != PREFIX and "{" not in path
    }
    return [
        {
            "path": path,
            "says": operation["description"],
            "parameters": [_parameter(one) for one in operation["parameters"]],
        }
        for path, operation in lists.items()
    ]


def _parameter(described: dict[str, Any]) -> dict[str, str]:
    """Return a parameter's name, what it says, and which values it takes if they are few."""
    schema = described["schema"]
    schema = schema.get("items", schema)
    values = ", ".join(schema.get("enum", ()))
    if "minimum" in schema:
        values = f"{schema['minimum']} to {schema['maximum']}, else {schema['default']}"
    forms = {"date-time": "2026-06-25T20:19:00Z", "date": "2026-06-25"}
    return {
        "name": described["name"],
        "says": described.get("description", ""),
        "takes": values or forms.get(schema.get("format", ""), ""),
    }
