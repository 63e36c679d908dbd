"""JSON from strangers: what the standard library lets through, refused or mended.

A document is refused when it is not JSON, or nested too deep to read. One part of it
(an item) is refused when it holds what is no value: NaN, Infinity, a number of a
thousand digits, nesting deeper than 64. Duplicate keys are kept, the last one counting,
and said. NUL goes and lone surrogates become U+FFFD when a field is cleaned.
"""

import json
from typing import Any, NoReturn

import orjson

from . import encoding
from .base import ParseError

MAX_DOCUMENT = 20_000_000  # bytes
MAX_DEPTH = 64
MAX_DIGITS = 100


class Impossible:
    """Stands where a value was that JSON has not; `why` is a phrase."""

    def __init__(self, why: str, written: str) -> None:
        self.why, self.written = why, written


def load(raw: bytes, content_type: str, warnings: list[str]) -> Any:  # noqa: ANN401 JSON is anything
    """Return what `raw` says; add to `warnings`. Raises `ParseError` if it is no JSON.

    The answer may hold `Impossible` values: `refuse_impossible` each part before use.
    """
    if len(raw) > MAX_DOCUMENT:
        raise ParseError(f"{len(raw):,} bytes: more than {MAX_DOCUMENT:,} are not read")
    doubled: set[str] = set()

    def together(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: set[str] = set()
            doubled.update(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
        return found

    text = encoding.decode(raw, content_type).strip("\ufeff \t\r\n\x00")
    if not text:
        raise ParseError("the document is empty")
    try:
        found = json.loads(
            text,
            strict=False,  # a raw line end inside a string is a fault we can live with
            parse_constant=lambda name: Impossible(f"{name} is not a JSON value", name),
            parse_int=_integer,
            parse_float=_fraction,
            object_pairs_hook=together,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ParseError(f"it is not JSON: {error.msg}", where=where) from error
    except RecursionError as error:
        raise ParseError("it is JSON nested too deep to be read") from error
    if doubled:
        keys = ", ".join(sorted(key[:40] for key in doubled)[:5])
        warnings.append(f"keys given twice in one object, the last one counts: {keys}")
    return found


def _integer(digits: str) -> object:
    if len(digits) > MAX_DIGITS:
        return Impossible(f"a number of {len(digits):,} digits", digits)
    return int(digits)


def _fraction(digits: str) -> object:
    number = float(digits)
    too_large = number in (float("inf"), float("-inf"))
    return Impossible("a number too large to be one", digits) if too_large else number


def refuse_impossible(value: object) -> None:
    """Raise `ValueError` if `value` holds what no honest sender sends."""
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                below.extend(one.values())
            elif isinstance(one, list):
                below.extend(one)
            elif isinstance(one, Impossible):
                raise ValueError(one.why)
        if not below:
            return
        level = below
    raise ValueError(f"nested deeper than {MAX_DEPTH}")


def dump(value: object) -> bytes:
    """Return a part of a document as bytes again, whatever is in it."""
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):  # what orjson will not write, and we still keep
        pass
    try:
        return json.dumps(value, ensure_ascii=False, default=_said).encode(
            "utf-8", "replace"
        )
    except (RecursionError, ValueError):
        return b"(nested too deep to be written out)"


def _said(value: object) -> str:
    return value.written if isinstance(value, Impossible) else str(value)


def text(value: object) -> str:
    """Return a string as it is and a whole number as its digits; else ""."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def mapping(value: object) -> dict[str, Any]:
    """Return an object as it is, anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def listing(value: object) -> list[Any]:
    """Return an array as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []


def refuse(document: object, expected: str) -> NoReturn:
    """Raise `ParseError` for JSON that is something else, quoting an error in it."""
    said = mapping(document)
    for key in ("error", "errors", "message", "detail", "description", "title"):
        value = said.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("message") or value.get("detail") or value.get("title")
        if isinstance(value, str) and value:
            raise ParseError(
                f"a JSON answer that is no {expected}; it says: {value[:200]}"
            )
    raise ParseError(f"JSON, but no {expected}")
