"""The viewset every resource of the partner API is made of: to read, in lists and by one."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from rest_framework import viewsets
from rest_framework.exceptions import APIException
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.api import envelope
from foundation.api.parameters import filters_of, refuse_unknown

MAX_AGE = 15  # seconds a shared cache may go on with an answer
UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_SECOND = timedelta(seconds=1)


class PreconditionFailed(APIException):
    """`If-Match` or `If-Unmodified-Since` does not hold."""

    status_code = 412
    default_detail = "What you hold is not what is here now."
    default_code = "precondition-failed"


class ReadOnlyView(APIView):
    """A view that answers GET and HEAD, takes known parameters alone, and knows 304."""

    http_method_names = ["get", "head"]
    throttle_scope = "api"
    # Statuses of problem documents beside those every operation can have, by action.
    problems: ClassVar[dict[str, tuple[int, ...]]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().initial(request, *args, **kwargs)
        if (request.method or "").lower() in self.http_method_names:  # others get a 405
            refuse_unknown(request.query_params, self.known_parameters())

    def known_parameters(self) -> Collection[str]:
        """Return the names of the query parameters this request may have."""
        return ()

    def answer(
        self,
        version: object,
        make: Callable[[], Response],
        *,
        modified: datetime | None = None,
    ) -> HttpResponseBase:
        """Return 304 if the client holds this `version` already, else what `make` makes.

        `version` has a `repr` that differs whenever the answer's content does; with the
        address and the code it becomes the `ETag`. `modified` is when the content last
        changed: it becomes `Last-Modified` once its second has passed, for what changes
        twice in one second has one such time. Raises `PreconditionFailed`.
        """
        etag = self._etag(version)
        is_settled = modified and modified < timezone.now() - _SECOND
        changed_at = int(modified.timestamp()) if modified and is_settled else None
        held = get_conditional_response(
            self.request._request, etag=etag, last_modified=changed_at
        )
        if held is not None and held.status_code == 412:
            raise PreconditionFailed
        response = make() if held is None else held
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = f"public, max-age=0, s-maxage={MAX_AGE}"
        if changed_at is not None:
            response.headers["Last-Modified"] = http_date(changed_at)
        return response

    def _etag(self, version: object) -> str:
        told = (
            code_version(type(self).__module__),
            self.request.build_absolute_uri(),
            version,
        )
        digest = hashlib.blake2b(repr(told).encode("utf-8", "backslashreplace"))
        return quote_etag(digest.hexdigest()[:32])


class ListResource(ReadOnlyView, viewsets.GenericViewSet[Any]):
    """One resource: its list in the envelope, page by page.

    A subclass names `ordering` (see `KeysetPagination`), `get_queryset`,
    `serializer_class` and, where it has any, `filterset_class`. `select` says which columns
    are read, `version_of` what tells that a row has changed.
    """

    ordering: tuple[str, ...]
    page_size = 20
    further_parameters: tuple[str, ...] = ()  # of the list, beside filters and paging

    def known_parameters(self) -> Collection[str]:
        if self.action != "list":
            return ()
        return {"limit", "cursor", *filters_of(self), *self.further_parameters}

    def select(self, queryset: QuerySet[Any]) -> QuerySet[Any, Any]:
        """Return the query for the rows that are shown; whole objects by default."""
        return queryset

    def version_of(self, row: Any) -> object:  # noqa: ANN401
        """Return what differs whenever a row's answer does; the whole row by default."""
        return row

    def list(
        self, request: Request, *args: object, **kwargs: object
    ) -> HttpResponseBase:
        found = self.filter_queryset(self.get_queryset())
        rows = self.paginate_queryset(self.select(found)) or []
        page = self.get_paginated_response([])
        version = (page.data["links"], [self.version_of(row) for row in rows])

        def make() -> Response:
            shown = self.get_serializer(rows, many=True)
            return self.get_paginated_response(shown.data)

        return self.answer(version, make)


class Resource(ListResource):
    """A resource whose things have an address each, beside their list."""

    problems: ClassVar[dict[str, tuple[int, ...]]] = {"retrieve": (404,)}

    def modified_at(self, row: Any) -> datetime | None:  # noqa: ANN401
        """Return when the answer of one row last changed, None where nobody knows."""
        return None

    def get_object(self) -> Any:  # noqa: ANN401
        """Return the row that is asked for. Raises `Http404`."""
        wanted = {self.lookup_field: self.kwargs[self.lookup_field]}
        row = get_object_or_404(self.select(self.get_queryset()), **wanted)
        self.check_object_permissions(self.request, row)
        return row

    def retrieve(
        self, request: Request, *args: object, **kwargs: object
    ) -> HttpResponseBase:
        row = self.get_object()
        return self.answer(
            self.version_of(row),
            lambda: Response(
                envelope.one(self.get_serializer().to_representation(row))
            ),
            modified=self.modified_at(row),
        )


@cache
def code_version(module: str) -> str:
    """Return what names the code of a module's answers: other code, another `ETag`.

    That is the module with the serializers and views, and this package.
    """
    files = {
        sys.modules[module].__file__,
        *map(str, Path(__file__).parent.glob("*.py")),
    }
    digest = hashlib.sha256()
    for name in sorted(filter(None, files)):
        digest.update(Path(name).read_bytes())
    return digest.hexdigest()[:16]
