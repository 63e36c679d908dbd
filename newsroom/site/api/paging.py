"""Pages of lists: by cursor, so that a deep page costs what the first does."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.core.exceptions import ValidationError as ValidationFailed
from django.db.models import Field, Model
from django.utils.timezone import is_aware
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination, CursorPagination
from rest_framework.pagination import Cursor as Position
from rest_framework.response import Response


class Cursor(CursorPagination):
    """DRF's cursor in our envelope: `{data, links, meta}`.

    `limit` is 20 unless asked for, at most 100. A view names its own `ordering`, which
    ends in a unique field; the cursor holds the position in it and no row's id.
    """

    page_size = 20
    max_page_size = 100
    page_size_query_param = "limit"
    cursor_query_param = "cursor"
    page_size_query_description = "Rows on a page: 20 unless asked for, at most 100."
    model: type[Model]
    leading: str  # the column the order starts with
    invalid_cursor_message = "This cursor is not one of ours."

    def get_page_size(self, request: Any) -> int | None:  # noqa: ANN401 - DRF's signature
        """Return the rows asked for. Raises `ValidationError` beyond the limits."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked[:9]) <= 100:
            raise ValidationError({"limit": ["A whole number from 1 to 100."]})
        return int(asked)

    def decode_cursor(self, request: Any) -> Position | None:  # noqa: ANN401
        """Return the position asked for. Raises `ValidationError` for one of nobody's."""
        try:
            found: Position | None = super().decode_cursor(request)
        except NotFound as error:
            raise ValidationError({"cursor": [self.invalid_cursor_message]}) from error
        if found and not self._could_be_ours(found):
            raise ValidationError({"cursor": [self.invalid_cursor_message]})
        return found

    def _could_be_ours(self, found: Position) -> bool:
        """Whether the position is one that the leading column of the order can have."""
        if found.position is None:
            return bool(found.offset or found.reverse)
        column = cast("Field[Any, Any]", self.model._meta.get_field(self.leading))
        column = getattr(column, "output_field", column)  # of a generated column
        position = str(found.position)
        try:
            value = column.to_python(position)
            column.run_validators(value)  # no number that PostgreSQL cannot hold
        except (ValueError, ValidationFailed):
            return False
        # Ours carry their zone; one without would be taken for some zone's by a guess.
        has_zone = not isinstance(value, datetime) or is_aware(value)
        return has_zone and "\x00" not in position

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:  # noqa: ANN401
        self.model = queryset.model
        self.leading = view.ordering[0].removeprefix("-")
        return tuple(view.ordering)

    def get_paginated_response(self, data: Any) -> Response:  # noqa: ANN401
        following, previous = self.get_next_link(), self.get_previous_link()
        links = {"next": following, "prev": previous}
        response = Response(
            {"data": data, "links": links, "meta": {"count": len(data)}}
        )
        told = [f'<{url}>; rel="{rel}"' for rel, url in links.items() if url]
        if told:
            response["Link"] = ", ".join(told)
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        url = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["data", "links", "meta"],
            "properties": {
                "data": schema,
                "links": {
                    "type": "object",
                    "required": ["next", "prev"],
                    "properties": {"next": url, "prev": url},
                },
                "meta": {
                    "type": "object",
                    "required": ["count"],
                    "properties": {
                        "count": {
                            "type": "integer",
                            "description": "Rows on this page.",
                        }
                    },
                },
            },
        }


class Whole(BasePagination):
    """A list that is short by nature, whole, in the same envelope; at most 1,000 rows."""

    most = 1000

    def paginate_queryset(
        self,
        queryset: Any,  # noqa: ANN401 - DRF's signature
        request: Any,  # noqa: ANN401
        view: Any = None,  # noqa: ANN401
    ) -> list[Any]:
        return list(queryset[: self.most])

    def get_paginated_response(self, data: Any) -> Response:  # noqa: ANN401
        links = {"next": None, "prev": None}
        return Response({"data": data, "links": links, "meta": {"count": len(data)}})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return Cursor().get_paginated_response_schema(schema)
