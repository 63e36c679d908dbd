"""Pages of a list by cursor: a deep page costs what the first does.

A cursor is the position of one row in the order, `(instant, id)` for instance, and the next
page begins behind that position whatever came or went meanwhile. DRF's own cursor counts
the rows that share an instant, and loses its place where there are many.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import Expression, F, Field, Lookup, Model, QuerySet, Subquery
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleLessThan,
    TupleLessThanOrEqual,
)
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from foundation.api import envelope

AFTER, BEFORE, UP_TO = "after", "before", "up-to"
MAX_CURSOR = 400  # characters
_LOOKUPS: dict[tuple[bool, bool], type[Lookup[Any]]] = {  # (upwards, and itself)
    (True, True): TupleGreaterThanOrEqual,
    (True, False): TupleGreaterThan,
    (False, True): TupleLessThanOrEqual,
    (False, False): TupleLessThan,
}
_INVALID = "This cursor is not one of ours."


@dataclass(frozen=True, slots=True)
class Cursor:
    """Which rows a page has: those behind, before, or up to and with, one position."""

    side: str  # AFTER, BEFORE or UP_TO
    position: tuple[str, ...]  # a value for each column of the order, as text

    def encoded(self) -> str:
        """Return it as it stands in an address."""
        text = json.dumps([self.side, *self.position], separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> Cursor:
        """Return what `encoded` made. Raises `ValueError` for anything else."""
        if not text.isascii() or len(text) > MAX_CURSOR:
            raise ValueError("not a cursor")
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        side, *position = _texts(json.loads(raw))
        cursor = cls(side, tuple(position))
        if side not in (AFTER, BEFORE, UP_TO) or cursor.encoded() != text:
            raise ValueError("not a cursor")
        return cursor


class KeysetPagination(BasePagination):
    """Pages of a view's `ordering`, in the envelope.

    The view names its `ordering`: columns that together are unique, all of them up or all
    down. A row's `pk` is no number for the public: in a cursor its `public_id` stands for
    it, so the rows must carry that. `limit` is the view's `page_size` (20) unless asked
    for, at most 100.
    """

    page_size = 20
    max_page_size = 100

    def paginate_queryset(
        self,
        queryset: Any,  # noqa: ANN401 - DRF's signature
        request: Any,  # noqa: ANN401
        view: Any = None,  # noqa: ANN401
    ) -> list[Any]:
        """Return the rows of the page. One query. Raises `ValidationError`."""
        ordering = tuple(view.ordering)
        self._url = request.build_absolute_uri()
        self._is_descending = ordering[0].startswith("-")
        self._names = tuple(name.removeprefix("-") for name in ordering)
        self._model = queryset.model
        self.page_size = getattr(view, "page_size", None) or self.page_size
        limit = self._limit(request)
        cursor = self._cursor(request)
        if cursor is None or cursor.side == AFTER:
            return self._forward(queryset, cursor, limit)
        return self._backward(queryset, cursor, limit)

    def get_paginated_response(self, data: Any) -> Response:  # noqa: ANN401
        """Return the page in its envelope, and its links in the `Link` header too."""
        links = {"next": self._following, "prev": self._previous}
        response = Response(
            envelope.many(data, following=links["next"], previous=links["prev"])
        )
        named = [f'<{url}>; rel="{rel}"' for rel, url in links.items() if url]
        if named:
            response["Link"] = ", ".join(named)
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON schema of `get_paginated_response`."""
        return envelope.many_schema(schema)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """Return `limit` and `cursor` as OpenAPI describes a parameter."""
        size = getattr(view, "page_size", None) or self.page_size
        limits = {"minimum": 1, "maximum": self.max_page_size, "default": size}
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "Rows on a page.",
                "schema": {"type": "integer", **limits},
            },
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where the page begins: as links.next gives it, never made up.",
                "schema": {
                    "type": "string",
                    "pattern": "^[A-Za-z0-9_-]+$",
                    "minLength": 1,
                    "maxLength": MAX_CURSOR,
                },
            },
        ]

    def _limit(self, request: Any) -> int:  # noqa: ANN401
        asked = request.query_params.get("limit")
        if asked is None:
            return self.page_size
        is_number = asked.isascii() and asked.isdigit()
        if not is_number or not 1 <= int(asked[:9]) <= self.max_page_size:
            raise ValidationError(
                {"limit": [f"A whole number from 1 to {self.max_page_size}."]}
            )
        return int(asked)

    def _cursor(self, request: Any) -> Cursor | None:  # noqa: ANN401
        asked = request.query_params.get("cursor")
        if asked is None:
            return None
        try:
            cursor = Cursor.decoded(asked)
            for name, text in zip(self._names, cursor.position, strict=True):
                _check(_public(self._model, name), text)
        except (ValueError, InvalidValue) as error:
            raise ValidationError({"cursor": [_INVALID]}) from error
        return cursor

    def _forward(
        self, queryset: QuerySet[Any], cursor: Cursor | None, limit: int
    ) -> list[Any]:
        if cursor:
            queryset = queryset.filter(self._beyond(cursor))
        found = list(self._ordered(queryset, down=self._is_descending)[: limit + 1])
        rows = found[:limit]
        self._following = self._link(AFTER, rows[-1]) if len(found) > limit else None
        if cursor is None:
            self._previous = None
        elif rows:
            self._previous = self._link(BEFORE, rows[0])
        else:  # all that followed is gone: back to the page this cursor was given with
            self._previous = self._address(Cursor(UP_TO, cursor.position))
        return rows

    def _backward(
        self, queryset: QuerySet[Any], cursor: Cursor, limit: int
    ) -> list[Any]:
        queryset = queryset.filter(self._beyond(cursor))
        found = list(self._ordered(queryset, down=not self._is_descending)[: limit + 1])
        rows = found[:limit][::-1]
        self._previous = self._link(BEFORE, rows[0]) if len(found) > limit else None
        # Without a row before the position, what follows it begins the list.
        first = remove_query_param(self._url, "cursor")
        self._following = self._link(AFTER, rows[-1]) if rows else first
        return rows

    def _ordered(self, queryset: QuerySet[Any], *, down: bool) -> QuerySet[Any]:
        sign = "-" if down else ""
        return queryset.order_by(*(f"{sign}{name}" for name in self._names))

    def _beyond(self, cursor: Cursor) -> Expression:
        """Return the condition that a row is on the cursor's side of its position.

        One comparison of rows, which an index on the order answers.
        """
        here = Tuple(*(F(name) for name in self._names))
        there = tuple(
            self._value(name, text)
            for name, text in zip(self._names, cursor.position, strict=True)
        )
        is_up = (cursor.side == AFTER) != self._is_descending
        return cast("Expression", _LOOKUPS[is_up, cursor.side == UP_TO](here, there))

    def _value(self, name: str, text: str) -> object:
        if name != "pk":
            return _check(_public(self._model, name), text)
        rows = cast("type[Any]", self._model)._default_manager.filter(public_id=text)
        return Subquery(rows.values("pk"))

    def _link(self, side: str, row: object) -> str:
        position = (_text(_read(row, name)) for name in self._names)
        return self._address(Cursor(side, tuple(position)))

    def _address(self, cursor: Cursor) -> str:
        return replace_query_param(self._url, "cursor", cursor.encoded())


def _public(model: type[Model], name: str) -> Field[Any, Any]:
    """Return the column a position is told by; of a generated one what it generates."""
    column = model._meta.get_field("public_id" if name == "pk" else name)
    return cast("Field[Any, Any]", getattr(column, "output_field", column))


def _check(column: Field[Any, Any], text: str) -> object:
    """Return the value `text` is in `column`. Raises unless a cursor writes it so."""
    value = column.to_python(text)
    column.run_validators(value)  # no number that PostgreSQL cannot hold
    # Ours are in UTC: one without a zone would be taken for some zone's by a guess, and
    # PostgreSQL knows no zone as far from Greenwich as Python does.
    if isinstance(value, datetime) and value.utcoffset() != timedelta(0):
        raise ValueError("an instant that is not in UTC")
    if _text(value) != text:
        raise ValueError("not as a cursor writes it")
    return value


def _read(row: object, name: str) -> object:
    key = "public_id" if name == "pk" else name
    return row[key] if isinstance(row, dict) else getattr(row, key)


def _text(value: object) -> str:
    if isinstance(value, date):  # or an instant
        return value.isoformat()
    if isinstance(value, str | int | UUID):
        return str(value)
    raise TypeError(f"no list is in the order of a {type(value).__name__}")


def _texts(found: object) -> Sequence[str]:
    if not isinstance(found, list) or not found:
        raise ValueError("not a cursor")
    if not all(isinstance(part, str) for part in found):
        raise ValueError("not a cursor")
    return found
