"""What a fetch brings home, and how its headers are read. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=24)
MAX_VALIDATOR = 1024  # characters; a longer ETag is not kept and costs a full fetch
MAX_HEADER = 4096  # characters of one kept header
_KEPT = frozenset(
    {"age", "cache-control", "content-language", "content-type", "date", "etag"}
    | {"expires", "last-modified", "link", "retry-after", "server"}
    | {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
)
_LISTS = frozenset({"cache-control", "content-encoding", "link"})
_VISIBLE = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer: a body, or the word that nothing changed (`not_modified`, no body)."""

    status: int
    url: str  # where the answer came from, after redirects
    chain: tuple[str, ...]  # every URL asked, the first and the last included
    permanent_url: (
        str  # where the publisher says it has moved for good; "" if it has not
    )
    headers: Mapping[str, str]  # a few, with lower-case names
    etag: str  # as sent, to be sent back; "" if there is none
    last_modified: str
    content_type: str  # lower case, without parameters; "" if not said
    charset: str  # of the Content-Type; "" if not said
    body: bytes  # decoded of its content coding, never of its characters
    peer: str  # the IP address that answered
    not_modified: bool
    retry_after: timedelta | None  # between one minute and one day
    max_age: timedelta | None  # how long the publisher calls it fresh; at most one day
    elapsed: timedelta


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers by lower-case name; the first wins but where lists are meant."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name = name_bytes.decode("ascii", "replace").lower()
        value = value_bytes.decode("latin-1").strip()
        if name not in headers:
            headers[name] = value
        elif name in _LISTS:
            headers[name] += f", {value}"
    return headers


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers worth keeping, each cut to a length."""
    return {
        name: value[:MAX_HEADER] for name, value in headers.items() if name in _KEPT
    }


def validator(value: str) -> str:
    """Return an ETag or Last-Modified that can be sent back safely, else ""."""
    if len(value) <= MAX_VALIDATOR and _VISIBLE.fullmatch(value):
        return value
    return ""


def content_type(value: str) -> tuple[str, str]:
    """Split a Content-Type into type and charset, both lower case."""
    kind, *parameters = value.lower().split(";")
    for parameter in parameters:
        name, _, text = parameter.partition("=")
        if name.strip() == "charset":
            return kind.strip()[:100], text.strip(" \"'")[:40]
    return kind.strip()[:100], ""


def retry_after(value: str, *, now: datetime) -> timedelta | None:
    """Read a Retry-After header: seconds or a date, between one minute and one day.

    `None` where there is none or nobody can tell what it means.
    """
    text = value.strip()
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?", text):
        # Cut before it becomes a number: a thousand digits are a day too.
        whole = text.partition(".")[0]
        asked = timedelta(seconds=int(whole)) if len(whole) < 12 else LONGEST_WAIT
        if whole.startswith("-"):
            asked = SHORTEST_WAIT
    else:
        moment = http_date(text)
        if moment is None:
            return None
        asked = moment - now
    return min(max(asked, SHORTEST_WAIT), LONGEST_WAIT)


def max_age(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long the answer is fresh by its own word, at most a day.

    Cache-Control comes before Expires. Zero for what must not be kept; `None` where the
    publisher says nothing.
    """
    said = headers.get("cache-control", "").lower()
    if re.search(r"\b(no-store|no-cache)\b", said):
        return timedelta(0)
    if found := re.search(r"\bmax-age\s*=\s*\"?([0-9]{1,9})", said):
        return min(timedelta(seconds=int(found[1])), LONGEST_WAIT)
    expires, date = (
        http_date(headers.get("expires", "")),
        http_date(headers.get("date", "")),
    )
    if expires is None or date is None:
        return None
    return min(max(expires - date, timedelta(0)), LONGEST_WAIT)


def http_date(text: str) -> datetime | None:
    """Read an HTTP date, or return `None` if it is not one."""
    try:
        moment = parsedate_to_datetime(text[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # A zone of "-0000" parses as naive; RFC 5322 means "UTC, local zone unknown" by it.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
