"""Pages by key: the next one starts after a row, never at a number."""

from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet, Subquery
from django.http import Http404


def before[M: Model](rows: QuerySet[M], public_id: str, *, at: str) -> QuerySet[M]:
    """Return the part of `rows` that comes after the row called `public_id`.

    `rows` are ordered by `at` and the primary key, newest first. The row need not be
    among them any more: a killed story still marks its place. An empty `public_id` gives
    all rows, one that names nothing gives none; what is no id raises `Http404`. No query.
    """
    if not public_id:
        return rows
    try:
        key: dict[str, Any] = {"public_id": UUID(public_id)}
    except ValueError as error:
        raise Http404(f"no page after {public_id!r}") from error
    mark = rows.model._default_manager.filter(**key)
    instant, pk = Subquery(mark.values(at)[:1]), Subquery(mark.values("pk")[:1])
    # Said this way the index on the instant is entered at its place.
    return rows.filter(**{f"{at}__lte": instant}).exclude(
        **{at: instant, "pk__gte": pk}
    )


def cut[R](rows: list[R], size: int, *, start: str) -> tuple[list[R], R | None]:
    """Return a page of `rows` and its last row if more follow, else None.

    `rows` were asked for with one more than `size`. A later page without rows does not
    exist: `Http404`.
    """
    if start and not rows:
        raise Http404(f"no page after {start!r}")
    shown = rows[:size]
    return shown, shown[-1] if len(rows) > size else None
