"""Who was refused what: one line for each 403."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from staff import access
from staff.request_address import client_address


class LogRefusals:
    """Middleware. Stands behind the one that knows the user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if response.status_code == 403:
            access.refused(
                "refused",
                user=request.user.get_username(),
                address=client_address(request),
                method=request.method,
                path=request.path,
            )
        return response
