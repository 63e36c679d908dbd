"""Tell the web processes, when a transaction commits, what to drop and what to push.

`purge` drops kept pages by the tags they carry; `push` sends an event to open pages.
Both use PostgreSQL's NOTIFY: nothing is sent if the transaction rolls back, and nothing
else in the project calls `pg_notify`. docs/edge.md lists who sends which tag and which
pages carry it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from uuid import UUID

from django.db import connection

PURGE_CHANNEL, PUSH_CHANNEL = "edge", "live"
MAX_PAYLOAD = 7_900  # bytes; PostgreSQL carries 8,000 in one notification
MAX_PAYLOADS = 20  # notifications of one purge; for more, every page is dropped


class Tag(str):
    """What a kept page shows, as a name: `front`, `article:<id>`.

    Made by the constructors below alone, so that a tag that is sent and the tag a page
    carries cannot be spelled differently. A value holds no white space: `ValueError`.
    """

    __slots__ = ()

    def __new__(cls, kind: str, value: object = None) -> Tag:
        name = kind if value is None else f"{kind}:{value}"
        if name.split() != [name]:
            raise ValueError(f"a tag holds no white space: {name!r}")
        return super().__new__(cls, name)

    @property
    def is_hard(self) -> bool:
        """Whether no old copy of the pages may be shown any more, even for a second."""
        return self.startswith("!")

    @property
    def kind(self) -> str:
        """`article` of `!article:<id>`."""
        return self.removeprefix("!").partition(":")[0]


# The pages a change outdates

EVERYTHING = Tag("all")  # every page, whatever tags it carries
FRONT = Tag("front")
WIRE = Tag("wire")  # the pages that list posts
MARKETS = Tag("markets")  # the pages that list prices
FEEDS = Tag("feeds")  # feeds and sitemaps
SEARCH = Tag("search")
CORRECTIONS = Tag("corrections")


def article_tag(public_id: UUID | str) -> Tag:
    """The pages of one article: text, history, sources."""
    return Tag("article", public_id)


def section_tag(slug: str) -> Tag:
    return Tag("section", slug)


def topic_tag(slug: str) -> Tag:
    return Tag("topic", slug)


def author_tag(slug: str) -> Tag:
    return Tag("author", slug)


def issue_tag(on: date) -> Tag:
    return Tag("issue", on.isoformat())


def image_tag(public_id: UUID | str) -> Tag:
    """The files of one picture, which shared caches outside may hold."""
    return Tag("image", public_id)


def item_tag(public_id: UUID | str) -> Tag:
    """The pages that show one post of the wire."""
    return Tag("item", public_id)


def instrument_tag(symbol: str) -> Tag:
    return Tag("instrument", symbol)


def hard(tags: Iterable[Tag]) -> list[Tag]:
    """Return the tags marked `!`: their pages are dropped for good.

    No old copy is shown while a new one is made, nor while the database is away. For
    what is taken back from readers.
    """
    return [tag if tag.is_hard else Tag(f"!{tag}") for tag in tags]


class PushKind(StrEnum):
    """What open pages are told of; each is handled by the live stream."""

    WIRE = "wire"  # posts came, changed or went: the ledger tells which
    QUOTES = "quotes"  # prices changed
    FRONT = "front"  # the front page changed


def push(kind: PushKind) -> None:
    """Tell the live streams of all web processes when this transaction commits."""
    purge(also_push=kind)


def purge(*tags: Tag, also_push: PushKind | None = None) -> None:
    """Drop the kept pages with one of `tags` when this transaction commits.

    The tags are sent in as many notifications as they need; beyond `MAX_PAYLOADS` every
    page is dropped instead. `also_push` is what `push` would send, in the same query.
    Raises `TypeError` for a tag no constructor made.
    """
    for tag in tags:
        if not isinstance(tag, Tag):
            raise TypeError(f"{tag!r} is no tag: use foundation.notifications")
    payloads = list(_payloads(dict.fromkeys(tags)))
    if len(payloads) > MAX_PAYLOADS:
        is_hard = any(tag.is_hard for tag in tags)
        payloads = [*hard([EVERYTHING])] if is_hard else [EVERYTHING]
    sent = [(PURGE_CHANNEL, str(payload)) for payload in payloads]
    if also_push is not None:
        message = json.dumps({"kind": also_push}, separators=(",", ":"))
        sent.append((PUSH_CHANNEL, message))
    if sent:
        _send(sent)


def _payloads(tags: Iterable[Tag]) -> Iterator[str]:
    """Join tags by blanks, each text within PostgreSQL's limit of one notification."""
    joined: list[str] = []
    size = 0  # bytes, with a blank after each
    for tag in tags:
        name = _within_limit(tag)
        length = len(name.encode()) + 1
        if joined and size + length > MAX_PAYLOAD:
            yield " ".join(joined)
            joined, size = [], 0
        joined.append(name)
        size += length
    if joined:
        yield " ".join(joined)


def _within_limit(tag: Tag) -> Tag:
    if len(tag.encode()) < MAX_PAYLOAD:
        return tag
    return hard([EVERYTHING])[0] if tag.is_hard else EVERYTHING


def _send(messages: list[tuple[str, str]]) -> None:
    """Send each (channel, payload), in this order and in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(channel, payload)"
            " FROM unnest(%s::text[], %s::text[]) AS message(channel, payload)",
            [list(column) for column in zip(*messages, strict=True)],
        )
