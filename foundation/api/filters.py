"""Filters that take one way of writing a value, and say so in the schema."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field

SLUG = r"^[-a-zA-Z0-9_]+$"
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
WORDS = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_FIRST, _LAST = (end.replace(tzinfo=UTC) for end in (datetime.min, datetime.max))  # noqa: DTZ901
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class InstantField(forms.Field):
    """An instant with its zone, after RFC 3339."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "An instant with its zone, such as 2026-06-25T20:19:00Z. In an address "
        "a + is written %%2B.",
    }

    def to_python(self, value: str | None) -> datetime | None:
        """Return the instant in UTC, which PostgreSQL takes from any zone's.

        At the two ends of the calendar it is the first or last there is. Raises
        `forms.ValidationError`.
        """
        if not value:
            return None
        try:
            if not _INSTANT.fullmatch(value):
                raise ValueError(value)
            return _in_utc(datetime.fromisoformat(value.upper()))
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"]) from error


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return _FIRST if at.year == 1 else _LAST


class DayField(forms.Field):
    """A day as 2026-06-25."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "A day, such as 2026-06-25."
    }

    def to_python(self, value: str | None) -> date | None:
        """Return the day. Raises `forms.ValidationError`."""
        if not value:
            return None
        try:
            if not _DAY.fullmatch(value):
                raise ValueError(value)
            return date.fromisoformat(value)
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"]) from error


@extend_schema_field({"type": "string", "format": "date-time"})
class InstantFilter(django_filters.Filter):
    """Compare with an instant."""

    field_class = InstantField


@extend_schema_field({"type": "string", "format": "date"})
class DayFilter(django_filters.Filter):
    """Compare with a day."""

    field_class = DayField


def text_filter(
    pattern: str,
    field_name: str | None = None,
    *,
    most: int,
    says: str,
    **options: Any,  # noqa: ANN401
) -> django_filters.CharFilter:
    """Return a filter on text that matches `pattern`, of at most `most` characters.

    `says` is what the pattern asks for, in words; `options` as `CharFilter` takes them.
    """
    shape = {"type": "string", "pattern": pattern, "minLength": 1, "maxLength": most}
    rules = RegexValidator(pattern.replace("$", r"\Z"), says)
    made = django_filters.CharFilter(
        field_name=field_name,
        max_length=most,
        validators=[rules],
        strip=False,
        **options,
    )
    return extend_schema_field(shape)(made)


def slug_filter(field_name: str, *, says: str) -> django_filters.CharFilter:
    """Return a filter on a slug; `says` is what the guide says of it."""
    return text_filter(
        SLUG,
        field_name,
        most=120,
        says="Letters, digits, hyphens and underscores.",
        help_text=says,
    )
