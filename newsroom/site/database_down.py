"""While the database is away or a disk full: 503, instead of an error of ours."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from articles.storage import is_full
from newsroom.site.pages import errors

log = logging.getLogger(__name__)


class DatabaseDownMiddleware:
    """Middleware. Pages that are kept stand in for this answer; see docs/edge.md."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Answer for a view that could not ask the database."""
        if is_full(exception):
            log.error("no room on a disk for %s: %s", request.path, exception)
            return errors.full()
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        log.warning("no database for %s: %s", request.path, exception)
        return errors.away()
