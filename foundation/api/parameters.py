"""Which query parameters a request may have: a closed list, each once, none empty."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import QueryDict
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError


class FilterBackend(DjangoFilterBackend):
    """django-filter, asked only where a request names a filter.

    Building the filters' form costs more than the query.
    """

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:  # noqa: ANN401
        """Return the rows the request asks for. Raises `ValidationError`."""
        if not set(request.query_params) & set(filters_of(view)):
            return queryset
        return super().filter_queryset(request, queryset, view)


def filters_of(view: object) -> Collection[str]:
    """Return the names of a view's filters."""
    filterset = getattr(view, "filterset_class", None)
    return tuple(filterset.base_filters) if filterset else ()


def refuse_unknown(asked: QueryDict, known: Collection[str]) -> None:
    """Raise `ValidationError` for parameters not in `known`, repeated or empty.

    A misspelt filter is no filter, and an empty variable in somebody's script must not ask
    for the whole paper.
    """
    takes = ", ".join(sorted(known)) or "none"
    wrong = {}
    for name in asked:
        values = asked.getlist(name)
        if name not in known:
            wrong[name] = [f"There is no such parameter here; known: {takes}."]
        elif len(values) > 1:
            wrong[name] = ["Give it once."]
        elif not values[0].strip():
            wrong[name] = ["It is empty: leave it out, or give it a value."]
    if wrong:
        raise ValidationError(wrong)
