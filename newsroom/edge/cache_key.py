"""The key of a kept page: its path, and the parameters its view asked for."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

QUERY_LIMIT = 2048  # bytes; a longer query is no reader's
FIELDS_LIMIT = 32  # parameters

# No public address holds one of these: an empty, dotted or matrix segment, a backslash,
# a control character. They only serve to give one page a second name.
_ODD = re.compile(r"//|/\.\.?(/|$)|[;\\\x00-\x1f\x7f]")
_ODD_ESCAPES = re.compile(rb"%(2f|5c|00|2e|3b|25)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How one public view may be kept."""

    max_age: float = 60  # seconds; a purge comes sooner
    params: frozenset[str] = field(default_factory=frozenset)
    minute: bool = False  # shows the time of day: kept to the end of the minute


class QueryTooLarge(ValueError):
    """A query is longer than any page of ours needs; the message says how long."""


def query_for(policy: Policy, query: str) -> str:
    """Return the part of `query` the view asked for, in one fixed order.

    The rest is dropped: it is neither in the key nor seen by the view. Raises `QueryTooLarge`
    above `QUERY_LIMIT` bytes or `FIELDS_LIMIT` parameters.
    """
    if not query or not policy.params:
        return ""
    if len(query) > QUERY_LIMIT:
        raise QueryTooLarge(f"a query of {len(query)} bytes, {QUERY_LIMIT} are allowed")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=FIELDS_LIMIT)
    except ValueError as error:
        raise QueryTooLarge(f"more than {FIELDS_LIMIT} parameters") from error
    kept = [pair for pair in pairs if pair[0] in policy.params]
    return urlencode(sorted(kept, key=lambda pair: pair[0]))


def key_for(path: str, query: str) -> str:
    """Return the key of a page. The host is no part of it: one paper, one name."""
    return f"{path}?{query}" if query else path


def is_odd(path: str, raw_path: bytes = b"") -> bool:
    """Tell whether a path is a second spelling of another (`//`, `/./`, `%2f`, `;`)."""
    if _ODD.search(path):
        return True
    return b"%" in raw_path and bool(_ODD_ESCAPES.search(raw_path))
