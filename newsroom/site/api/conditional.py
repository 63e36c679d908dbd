"""Conditional requests: a reader who has it already is told so, in few bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

View = Callable[..., HttpResponseBase]
MAX_AGE = 15  # seconds a shared cache may go on with it


def conditional(view: View) -> View:
    """Give each good answer a strong ETag of its bytes, and answer 304 where it holds."""

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        response = view(request, *args, **kwargs)
        if hasattr(response, "render") and not getattr(response, "is_rendered", True):
            response = response.render()
        if not isinstance(response, HttpResponse) or response.status_code != 200:
            return response
        digest = hashlib.blake2b(response.content, digest_size=16).hexdigest()
        response["ETag"] = f'"{digest}"'
        response.setdefault("Cache-Control", f"public, max-age=0, s-maxage={MAX_AGE}")
        return (
            get_conditional_response(request, etag=response["ETag"], response=response)
            or response
        )

    answer.__name__ = getattr(view, "__name__", "view")
    for name in ("cls", "actions", "initkwargs", "csrf_exempt", "view_class"):
        if hasattr(view, name):
            setattr(answer, name, getattr(view, name))
    return answer
