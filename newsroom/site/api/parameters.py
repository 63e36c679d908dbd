"""Which query parameters a list takes: a closed list, and a clear no to any other."""

from __future__ import annotations

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError

PAGING = frozenset({"cursor", "limit", "format"})


class ClosedFilterBackend(DjangoFilterBackend):
    """django-filter, with unknown parameters refused: a misspelt filter is no filter."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:  # noqa: ANN401
        filterset = getattr(view, "filterset_class", None)
        known = PAGING | set(filterset.base_filters if filterset else ())
        unknown = {
            name: [f"This is no parameter of this list; it takes {_names(known)}."]
            for name in request.query_params
            if name not in known
        }
        if unknown:
            raise ValidationError(unknown)
        if not set(request.query_params) - PAGING:
            return queryset  # building the filter's form costs more than the query
        return super().filter_queryset(request, queryset, view)


def _names(known: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(known - {"format"}))
