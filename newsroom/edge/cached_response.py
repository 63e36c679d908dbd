"""A finished response, with everything a hit needs made beforehand."""

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

import brotli

KEEPABLE = frozenset({200, 301, 404, 410})
SQUEEZABLE = ("text/", "application/json", "application/xml", "image/svg+xml")
SQUEEZABLE_ENDS = ("+json", "+xml", "javascript")
SMALLEST_SQUEEZED = 512  # bytes; below it the header costs more than it saves
STALE_IF_ERROR = 86_400  # seconds a copy may stand in while the database is away
OVERHEAD = 6_000  # bytes of headers and objects beside the bodies, roughly

# Ours to set, or of one connection alone
_NOT_COPIED = frozenset(
    {
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "etag",
    }
    | {"expires", "keep-alive", "server", "set-cookie", "transfer-encoding", "vary"}
)
# What a 304 repeats (RFC 9110 §15.4.5)
_IN_304 = frozenset({"cache-control", "date", "etag", "vary", "surrogate-key"})

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What Django answered: header names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    allowed: bool = False  # a view marked public made it
    tags: frozenset[str] = frozenset()

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text."""
        return next((value for key, value in self.headers if key == name), "")

    def objection(self) -> str:
        """Say why no shared cache may hold this, or return an empty text."""
        if not self.allowed:
            return "no public view made it"
        if self.header("set-cookie"):
            return "it sets a cookie"
        vary = {name.strip().lower() for name in self.header("vary").split(",")}
        if vary - {"", "accept-encoding"}:
            return f"it varies by {', '.join(sorted(vary - {''}))}"
        control = self.header("cache-control").lower()
        if "private" in control or "no-store" in control:
            return f"its Cache-Control is {control}"
        return ""


class Variant:
    """One encoding of a page, with its ASGI messages and its head made beforehand."""

    __slots__ = (
        "body", "etag", "head", "head_304", "asgi_start", "asgi_body", "asgi_304",
    )  # fmt: skip

    def __init__(
        self, status: int, body: bytes, headers: list[tuple[str, str]]
    ) -> None:
        self.body = body
        self.etag = next(v for k, v in headers if k == "etag").encode()
        short = [pair for pair in headers if pair[0] in _IN_304]
        self.asgi_start = _start(status, headers)
        self.asgi_304 = _start(304, short)
        self.asgi_body = {"type": "http.response.body", "body": body}
        self.head, self.head_304 = _head(status, headers), _head(304, short)


class Page:
    """A kept page: its variants never change, its times do, under the store's lock.

    Times are seconds of the monotonic clock.
    """

    __slots__ = (
        "status", "variants", "etags", "tags", "size", "fresh_until", "stale_until",
        "keep_until", "retry_at", "used",
    )  # fmt: skip

    def __init__(
        self, status: int, variants: Mapping[str, Variant], tags: frozenset[str]
    ) -> None:
        self.status = status
        self.variants = variants
        self.tags = tags
        distinct = {id(v): v for v in variants.values()}.values()
        self.etags = frozenset(v.etag for v in distinct)
        self.size = OVERHEAD + sum(len(v.body) for v in distinct)
        self.fresh_until = self.stale_until = self.keep_until = self.retry_at = 0.0
        self.used = False

    def has(self, if_none_match: bytes) -> bool:
        """Tell whether the reader holds this page already, in any encoding."""
        if if_none_match in self.etags:
            return True
        if if_none_match.strip() == b"*":
            return True
        held = (tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b","))
        return not self.etags.isdisjoint(held)


def make_page(response: Response, *, max_age: float, now: float) -> Page:
    """Make a response ready to be sent many times.

    `now` is the wall clock: the `Date` of a kept page is the instant it was made, so that
    a cache further out counts its age from there and never keeps it longer than we do.
    """
    digest = hashlib.blake2b(response.body, digest_size=12)
    digest.update(response.header("content-type").encode())
    digest.update(response.header("location").encode())
    own = [
        *((k, v) for k, v in response.headers if k not in _NOT_COPIED),
        ("cache-control", _cache_control(response, max_age)),
        ("vary", "Accept-Encoding"),
        ("date", formatdate(now, usegmt=True)),
    ]
    variants = {
        encoding: Variant(
            response.status,
            body,
            [
                *own,
                *([("content-encoding", encoding)] if encoding != "identity" else []),
                ("etag", f'"{digest.hexdigest()}{_SUFFIX[encoding]}"'),
                ("content-length", str(len(body))),
            ],
        )
        for encoding, body in _encodings(response)
    }
    plain = variants["identity"]
    return Page(
        response.status, {e: variants.get(e, plain) for e in _SUFFIX}, response.tags
    )


@lru_cache(maxsize=512)
def encoding_for(accept: bytes) -> str:
    """Return the best of our encodings an Accept-Encoding header allows."""
    allowed: dict[str, float] = {}
    for part in accept.decode("latin-1").lower().split(","):
        name, _, quality = part.partition(";")
        allowed[name.strip()] = _quality(quality)
    others = allowed.get("*", 0.0)
    for encoding in ("br", "gzip"):
        if allowed.get(encoding, others) > 0:
            return encoding
    return "identity"


_SUFFIX = {"identity": "", "gzip": "-gz", "br": "-br"}


def _encodings(response: Response) -> Iterable[tuple[str, bytes]]:
    body = response.body
    yield "identity", body
    kind = response.header("content-type").partition(";")[0].strip().lower()
    texty = kind.startswith(SQUEEZABLE) or kind.endswith(SQUEEZABLE_ENDS)
    if texty and len(body) >= SMALLEST_SQUEEZED:
        # mtime=0: equal pages are equal bytes
        yield "gzip", gzip.compress(body, 6, mtime=0)
        yield "br", brotli.compress(body, quality=5)


def _cache_control(response: Response, max_age: float) -> str:
    if max_age <= 0:
        return response.header("cache-control") or "no-store"
    # No "stale-…": a cache that we cannot reach would go on showing what was killed.
    return f"public, max-age=0, s-maxage={max(1, int(max_age))}"


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _start(status: int, headers: list[tuple[str, str]]) -> dict[str, object]:
    raw: Headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers]
    return {"type": "http.response.start", "status": status, "headers": raw}


def _head(status: int, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
