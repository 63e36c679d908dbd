"""What went wrong, as RFC 9457 says it: `application/problem+json`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from newsroom.logs import request_id_of

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request is not in order",
    403: "This is not open to you",
    404: "There is nothing here",
    405: "This method is not allowed here",
    406: "This form of answer is not offered",
    410: "This was withdrawn",
    412: "What you hold is not what is here",
    429: "Too many requests",
    500: "Something broke on our side",
    503: "We will be back in a moment",
}
CODES = {
    400: "bad-request",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    410: "withdrawn",
    412: "precondition-failed",
    429: "too-many-requests",
    500: "server-error",
    503: "unavailable",
}
ADVICE = {
    400: "Read `errors`: each entry names a parameter and what it takes.",
    403: "If it should be open to you, write to us.",
    404: "It never was here, or it is not public. Both answer alike.",
    405: "The API is read-only: GET and HEAD.",
    406: "Ask for application/json.",
    410: "Take it down wherever you use it, and do not ask again.",
    412: "Ask without If-Match and If-Unmodified-Since.",
    429: "Wait as long as Retry-After says.",
    500: "Try again, and tell us the request_id if it stays.",
    503: "Try again after the seconds that Retry-After says.",
}
_KEPT_HEADERS = ("Allow", "Retry-After", "Surrogate-Key", "Cache-Control", "Vary")


def explained() -> list[int]:
    """Return the statuses the guide explains: 429 only where a rate is set."""
    rates = any(api_settings.DEFAULT_THROTTLE_RATES.values())
    return [status for status in CODES if status != 429 or rates]


def problem(
    request: HttpRequest, status: int, detail: str, **more: object
) -> dict[str, Any]:
    """Return the members of a problem document; `type` is the page that explains it."""
    code = CODES.get(status, "error")
    return {
        "type": f"{settings.PAPER_URL}/api/docs/errors/#{code}",
        "title": TITLES.get(status, "The request failed"),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id_of(request),
        **more,
    }


def answer(request: HttpRequest, status: int, detail: str) -> JsonResponse:
    """Return a problem document as an answer of Django's own."""
    body = problem(request, status, detail)
    response = JsonResponse(body, status=status, content_type=MEDIA_TYPE)
    response.headers["X-Request-ID"] = body["request_id"]
    return response


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn DRF's answer to an error into a problem document; `None`: not an API error."""
    response = exception_handler(error, context)
    if response is None:
        return None
    fields = _fields(response.data) if response.status_code == 400 else []
    detail = fields[0]["detail"] if fields else _sentence(response.data)
    more = {"errors": fields} if fields else {}
    request = context["request"]._request
    response.data = problem(request, response.status_code, detail, **more)
    response.content_type = MEDIA_TYPE
    return response


def translated(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return an error page or an empty error as a problem document; others as they are."""
    status = response.status_code
    kind = response.headers.get("Content-Type", "")
    if status < 400 or kind == MEDIA_TYPE:
        return response
    detail = ADVICE.get(status) or f"{HTTPStatus(status).phrase}."
    made = answer(request, status, detail)
    for name in _KEPT_HEADERS:
        if name in response.headers:
            made.headers[name] = response.headers[name]
    return made


def not_found(request: HttpRequest, **kwargs: object) -> JsonResponse:
    """Answer an address under `/api/` that is none of ours."""
    slash = "" if request.path.endswith("/") else " Ours end with a slash."
    return answer(request, 404, f"There is no such address in this API.{slash}")


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
