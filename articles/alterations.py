"""Recording changes of metadata and pictures: each field, from what to what, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from articles.models.alteration import Alteration
from articles.models.choices import Kind, Prominence

if TYPE_CHECKING:
    from articles.models import Article, Image
    from staff.models import User

LABELS = {  # of the fields, as the desk says them
    "section": "Section",
    "topics": "Topics",
    "kind": "Kind",
    "prominence": "Prominence",
    "slug": "Slug",
    "embargo_until": "Embargo",
    "publish_at": "Scheduled for",
    "alt": "What it shows",
    "caption": "Caption",
    "credit": "Credit",
    "rights": "Rights",
    "focal_x": "Focal point from the left",
    "focal_y": "Focal point from the top",
}
AT_ONCE = 500  # rows in one statement
_CHOICES = {
    "kind": lambda value: Kind(value).label,
    "prominence": lambda value: Prominence(value).label,
}


def keep(
    changes: dict[str, tuple[object, object]],
    *,
    by: User,
    at: datetime,
    articles: Iterable[Article | None],
    image: Image | None = None,
) -> None:
    """Keep `changes`, by field what was and what is, of each of `articles`.

    With `image` they are changes of that picture; None among the articles is the picture
    by itself. One query in 500 rows.
    """
    Alteration.objects.bulk_create(
        (
            Alteration(
                article=article,
                image=image,
                field=field,
                before=in_words(field, before),
                after=in_words(field, after),
                by=by,
                at=at,
            )
            for article in articles
            for field, (before, after) in changes.items()
        ),
        batch_size=AT_ONCE,
    )


def in_words(field: str, value: object) -> str:
    """Return a value as somebody reads it years later; nothing is empty."""
    if value is None:
        return ""
    if field in _CHOICES:
        return _CHOICES[field](value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%-d %B %Y, %H:%M} UTC"
    if isinstance(value, (list, tuple, set)):
        return ", ".join(sorted(str(one) for one in value))
    return str(value)
