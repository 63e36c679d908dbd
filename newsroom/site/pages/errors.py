"""What a reader gets instead of a page: generic words, and an incident's name to quote.

The pages of 500 and 503 ask neither the database nor a template of the site: whatever is
broken, they must stand.
"""

import logging
import sys
from html import escape

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils import timezone

from articles.storage import is_full
from newsroom.logs import request_id_of
from newsroom.site.pages.layout import page

log = logging.getLogger(__name__)

_BARE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title}</title>
{styles}</head>
<body><main class="sheet"><div class="refusal"><p class="label">{name}</p><h1>{title}</h1>
<p>{text}</p>{more}
<p><a href="/">Front page</a></p></div></main></body></html>
"""
STYLES = ("tokens", "base", "lists")


def not_found(request: HttpRequest, exception: object = None) -> HttpResponse:
    """404, in the paper's frame where the database answers."""
    try:
        return refusal(
            "There is no such page",
            "The address may be mistyped, or there is nothing to read at it now.",
            "Stories that we withdraw for good keep their address and say so.",
            status=404,
        )
    except (OperationalError, InterfaceError):
        return away()


def bad_request(request: HttpRequest, exception: object = None) -> HttpResponse:
    """400: the request itself cannot be read."""
    return bare(
        400, "This request cannot be read", "Please go back and try another way."
    )


def forbidden(request: HttpRequest, exception: object = None) -> HttpResponse:
    """403: known, but not for this person."""
    return bare(
        403, "This is not open to you", "If it should be, ask an administrator."
    )


def unproven(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form did not come with its proof that it is ours (CSRF)."""
    return bare(
        403,
        "This form has grown too old to be taken",
        "Nothing was saved. You may have signed in or out in another tab, or your browser"
        " keeps no cookies. Go back: what you typed is still in the form. Copy it, load the"
        " page anew, and send it again.",
    )


def broken(request: HttpRequest) -> HttpResponse:
    """500, with a name under which the log has the rest.

    503 while the database is away, or where there is no room for what was sent.
    """
    if is_full(sys.exception()):
        return full()
    if isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return away()
    incident = request_id_of(request)
    log.error("incident %s at %s", incident, request.path)
    return bare(
        500,
        "Something went wrong",
        "It is our fault, not yours. If it stays, please tell us and name the incident.",
        more=f"<p>Incident <code>{incident}</code></p>",
    )


def away() -> HttpResponse:
    """503: the database does not answer; the page is worth another try soon."""
    response = bare(
        503,
        "We will be back in a moment",
        "The paper cannot be put together just now. Please try again shortly.",
    )
    response.headers["Retry-After"] = "5"
    return response


def full() -> HttpResponse:
    """503: a disk has no room for what was sent; nothing of it was kept."""
    return bare(
        503,
        "The disk is full",
        "There was no room for what you sent, and nothing of it was kept. Tell whoever "
        "runs the machine, go back, and send it again when there is room.",
    )


def refusal(title: str, *lines: str, status: int, label: str = "") -> HttpResponse:
    """A page that says why there is no page, in the paper's frame."""
    context = {"title": title, "lines": lines, "label": label or f"Error {status}"}
    return page("pages/refusal.html", context, now=timezone.now(), status=status)


def bare(status: int, title: str, text: str, *, more: str = "") -> HttpResponse:
    """A page that needs nothing but this process. `more` is HTML of ours."""
    body = _BARE.format(
        name=escape(settings.PAPER_NAME),
        title=escape(title),
        text=escape(text),
        more=more,
        styles=_styles(),
    )
    return HttpResponse(body, status=status)


def _styles() -> str:
    try:
        hrefs = [static(f"css/{name}.css") for name in STYLES]
    except ValueError:  # the static files were never collected
        return ""
    return "".join(f'<link rel="stylesheet" href="{escape(href)}">' for href in hrefs)
