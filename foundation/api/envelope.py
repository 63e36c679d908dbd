"""The form of every answer, and its schema: `{"data": …}`, with `links` for a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_URL = {"type": ["string", "null"], "format": "uri"}


def one(data: object) -> dict[str, Any]:
    """Return the answer that holds one thing."""
    return {"data": data}


def many(
    rows: Sequence[object], *, following: str | None, previous: str | None
) -> dict[str, Any]:
    """Return the answer that holds one page of a list; None where there is no other page."""
    return {
        "data": rows,
        "links": {"next": following, "prev": previous},
        "meta": {"count": len(rows)},
    }


def one_schema(data: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of `one`; `data` is the schema of the thing."""
    return {"type": "object", "required": ["data"], "properties": {"data": data}}


def many_schema(rows: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of `many`; `rows` is the schema of the array."""
    count = {"type": "integer", "minimum": 0, "description": "Rows on this page."}
    return {
        "type": "object",
        "required": ["data", "links", "meta"],
        "properties": {
            "data": rows,
            "links": {
                "type": "object",
                "required": ["next", "prev"],
                "properties": {"next": _URL, "prev": _URL},
            },
            "meta": {
                "type": "object",
                "required": ["count"],
                "properties": {"count": count},
            },
        },
    }
