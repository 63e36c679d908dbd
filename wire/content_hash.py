"""The SHA-256 of what a reader would see of a post, in numbered forms. Pure.

A version keeps the number of the form it was hashed in, so it can be hashed again for
ever. Whoever lets another field count adds the next form and leaves the others alone: a
post that is known in an older form is compared in that one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

Values = Mapping[str, Any]  # of a post or a version, by the names of its columns

_WORDS = (
    *("status", "kind", "headline", "text", "html", "author", "language"),
    *("repost_name", "repost_url", "reply_to"),
)
# What is hashed in each form, in order: columns, or names of `_PARTS`.
FORMS: dict[int, tuple[str, ...]] = {
    1: (*_WORDS, "link", "media", "embargo as sent"),
    2: (*_WORDS, "link", "media", "embargo"),
}
# Distances from UTC that a source's clock may have had: quarters of an hour
_ZONES = [timezone(timedelta(minutes=15 * n)) for n in range(-48, 57)]


def newest_form() -> int:
    """Return the form in which new versions are hashed."""
    return max(FORMS)


def content_hash(values: Values, form: int) -> str:
    """Return the hash of a post in one of the `FORMS`. Raises `KeyError` for another."""
    parts: list[str] = []
    for name in FORMS[form]:
        if name in _PARTS:
            parts += _PARTS[name](values)
        else:
            parts.append(values[name])
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def is_hash_of(expected: str, values: Values, form: int) -> bool:
    """Whether a stored version hashes to `expected`.

    Form 1 hashed an embargo with the zone it was sent in, which is not stored: it fits if
    it does in any zone.
    """
    until = values["embargo_until"]
    if form != 1 or until is None:
        return content_hash(values, form) == expected
    return any(
        content_hash({**values, "embargo_until": until.astimezone(zone)}, 1) == expected
        for zone in _ZONES
    )


def columns() -> set[str]:
    """Return the names of all columns that count in any form."""
    words = {name for form in FORMS.values() for name in form if name not in _PARTS}
    return words | {"url", "media", "embargo_until"}


def _link(values: Values) -> list[str]:
    """Host and path alone: channels serve the same post under new tokens each time."""
    link = urlsplit(values["url"])
    return [link.netloc + link.path]


def _media(values: Values) -> list[str]:
    """Without the addresses: the same picture is served under a new token each time."""
    return [
        f"{m['kind']} {m.get('title', '')} {m.get('duration', '')}"
        for m in values["media"]
    ]


def _embargo(values: Values) -> list[str]:
    until: datetime | None = values["embargo_until"]
    return [until.astimezone(UTC).isoformat() if until else ""]


def _embargo_as_sent(values: Values) -> list[str]:
    until: datetime | None = values["embargo_until"]
    return [until.isoformat() if until else ""]


_PARTS: dict[str, Callable[[Values], list[str]]] = {
    "link": _link,
    "media": _media,
    "embargo": _embargo,
    "embargo as sent": _embargo_as_sent,
}
