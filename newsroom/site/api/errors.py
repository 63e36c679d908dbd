"""What went wrong, as RFC 9457 says it: `application/problem+json`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.response import Response
from rest_framework.views import exception_handler

TITLES = {
    400: "The request is not in order",
    404: "There is nothing here",
    405: "This method is not allowed here",
    406: "This form of answer is not offered",
    410: "This was withdrawn",
    429: "Too many requests",
    500: "Something broke on our side",
}
CODES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    410: "withdrawn",
    429: "too-many-requests",
    500: "server-error",
}

ADVICE = {
    400: "Read `errors`: each entry names a parameter and what it takes.",
    404: "It never was here, or it is not public. Both answer alike.",
    405: "The API is read-only: GET and HEAD.",
    406: "Ask for application/json.",
    410: "Take it down wherever you use it, and do not ask again.",
    429: "Wait as long as Retry-After says.",
    500: "Try again, and tell us the request_id if it stays.",
}


def problem(status: int, detail: str, **more: object) -> dict[str, Any]:
    """Return the members of a problem document; `type` is the page that explains it."""
    code = CODES.get(status, "error")
    return {
        "type": f"{settings.PAPER_URL}/api/docs/errors/#{code}",
        "title": TITLES.get(status, "The request failed"),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": uuid4().hex,
        **more,
    }


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn DRF's answer to an error into a problem document; `None`: not an API error."""
    response = exception_handler(error, context)
    if response is None:
        return None
    fields = _fields(response.data) if response.status_code == 400 else []
    detail = fields[0]["detail"] if fields else _sentence(response.data)
    more = {"errors": fields} if fields else {}
    response.data = problem(response.status_code, detail, **more)
    response.content_type = "application/problem+json"
    return response


def not_found(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Answer an address under `/api/` that is none of ours."""
    body = problem(404, "There is no such address in this API.")
    return JsonResponse(body, status=404, content_type="application/problem+json")


def _fields(data: Any) -> list[dict[str, str]]:  # noqa: ANN401 - whatever DRF gives
    """List what is wrong, parameter by parameter."""
    if not isinstance(data, dict):
        return []
    return [
        {"field": field, "detail": str(words)}
        for field, all_words in data.items()
        if field != "detail"
        for words in (all_words if isinstance(all_words, list) else [all_words])
    ]


def _sentence(data: Any) -> str:  # noqa: ANN401
    if isinstance(data, dict):
        return str(data.get("detail", "The request failed."))
    return (
        " ".join(str(words) for words in data) if isinstance(data, list) else str(data)
    )
