"""The shapes every connector reads into. Plain data: no Django, no network."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from wire.sanitise import plain

MAX_POSTS = 2_000  # posts taken from one document; the rest is counted in `warnings`
MAX_FIELD = 1_000_000  # characters kept of any one field
MAX_RAW = 262_144  # bytes kept of one entry, for dead letters


# An entry as it came, or how to get it from the tree: few are ever looked at.
Written = bytes | Callable[[], bytes]


class ParseError(Exception):
    """The document is refused whole. The message is fit for the operator.

    `where` says where in the document it broke ("line 3, column 12"), or is empty.
    """

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(message)
        self.where = where


class Reference(NamedTuple):
    """Somebody else's post: where a repost came from, or what a reply answers."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How the document came to us; what it may be read against."""

    url: str = ""  # base of relative links
    content_type: str = ""  # the HTTP header, charset included


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A picture, film, sound or file that belongs to a post. Never fetched here."""

    kind: str  # "image" | "video" | "audio" | "document"
    url: str = ""  # empty where the source shows it but does not serve it
    type: str = ""  # MIME type as declared
    width: int | None = None  # pixels
    height: int | None = None  # pixels
    length: int | None = None  # bytes
    duration: float | None = None  # seconds
    title: str = ""  # alternative text, caption or file name
    thumbnail: str = ""  # address of a still of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One item as a source sent it, in one version.

    Strings are valid UTF-8 without NUL and control characters, but not safe to show:
    `html` is markup as sent, and goes through `wire.sanitise.clean_html` first.
    """

    external_id: str  # the source's own identity, unchanged across versions
    version: str = ""  # the source's own mark of this version, where it has one
    status: str = "usable"  # or "withdrawn", "deleted", "embargoed", "withheld"
    kind: str = "story"  # or "post", "repost", "reply", "service"
    headline: str = ""  # plain text, one line; empty where the source has none
    text: str = ""  # plain text as sent; empty where only markup was: see `words`
    html: str = ""  # markup as sent, NOT sanitised
    summary: str = ""  # plain text, where the source sends one beside the text
    url: str = ""  # absolute http(s) address of the post, or empty
    author: str = ""
    source_time: datetime | None = None  # aware; what the source claims; may be future
    updated_time: datetime | None = None  # aware; the source's time of this version
    language: str = ""  # BCP 47, lower case; declared, else by script, else empty
    repost_of: Reference | None = None
    reply_to: Reference | None = None
    media: tuple[Media, ...] = ()
    tags: tuple[str, ...] = ()
    embargo_until: datetime | None = None  # aware
    edited: bool = False  # the source says it changed, without saying when
    views: int | None = None
    where: str = ""  # its place in the document: "item 7"
    written: Written = field(default=b"", repr=False, compare=False)  # see `raw`

    @property
    def raw(self) -> bytes:
        """The entry's own bytes, at most `MAX_RAW` of them; written out when asked."""
        own = self.written if isinstance(self.written, bytes) else self.written()
        return own[:MAX_RAW]

    def words(self) -> str:
        """Return the text in plain words, paragraphs separated by one blank line.

        Derived from `html` at each call where no plain text was sent: about as much
        work as reading the post was, so reading does not do it for nobody.
        """
        return self.text or (plain(self.html) if self.html else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One item that could not be read; the others of its document were."""

    error: str
    where: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one document held.

    `posts` are in document order, but versions of one `external_id` stand oldest
    first among themselves: stored in this order, the newest ends up current.
    """

    format: str  # a key of `wire.connectors.PARSERS`
    title: str = ""
    home_url: str = ""
    language: str = ""
    posts: tuple[Post, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    poll_seconds: int | None = None  # what the source asks for; the poller clamps it
    hub: str = ""  # WebSub hub
    self_url: str = ""  # what the document calls itself; the topic for the hub
    next_page: str = ""  # absolute address of older posts
    warnings: tuple[str, ...] = ()  # loud: read, but not as it should be


Parser = Callable[[bytes, Origin], Batch]
