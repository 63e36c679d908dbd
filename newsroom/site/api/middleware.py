"""What holds for every answer under `/api/`: a request id, problem documents, compression."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import brotli
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from newsroom.edge.cached_response import SMALLEST_SQUEEZED, encoding_for
from newsroom.logs import request_id_of
from newsroom.site.api import errors

PREFIX = "/api/"
RESOURCES = "/api/v1/"
_COMPRESS = {
    "br": lambda body: brotli.compress(body, quality=4),
    "gzip": lambda body: gzip.compress(body, compresslevel=5, mtime=0),
}


class ApiAnswers:
    """Middleware. Stands first, so that it sees what any other answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(PREFIX):
            return self._get_response(request)
        response = errors.translated(request, self._get_response(request))
        if response.status_code >= 400:
            response.headers.setdefault("Cache-Control", "no-store")
        if response.status_code < 400 and not request.path.startswith(RESOURCES):
            return response  # a page of the guide, which is kept for everybody
        response.headers["X-Request-ID"] = request_id_of(request)
        if isinstance(response, HttpResponse):
            compress(request, response)
        return response


def compress(request: HttpRequest, response: HttpResponse) -> None:
    """Compress an answer as its client can read it, with brotli or gzip.

    A client that takes compressed answers gets weak ETags, of the 304 too: one name for
    all encodings of one content.
    """
    patch_vary_headers(response, ["Accept-Encoding"])
    asked = request.headers.get("Accept-Encoding", "")
    encoding = encoding_for(asked.encode("latin-1", "replace"))
    if encoding == "identity":
        return
    etag = response.headers.get("ETag", "")
    if etag.startswith('"'):
        response.headers["ETag"] = f"W/{etag}"
    if len(response.content) >= SMALLEST_SQUEEZED:
        response.content = _COMPRESS[encoding](response.content)
        response.headers["Content-Encoding"] = encoding
        if "Content-Length" in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
