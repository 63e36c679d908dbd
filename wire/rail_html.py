"""A post's `<li>` on the live rail, as ready HTML. Pure.

It is rendered when an item is written and stored with it: the front page shows forty of
them and must not run a template for each. See `foundation/stored_html.py`.

By f-strings, and each value through `escape`: measured, `format_html` takes 39 µs a row
where this takes 22, of some 120 that storing a post costs in all.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from html import escape
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

import babel
from babel import Locale

from foundation import stored_html
from wire import graphemes
from wire.graphemes import cut, length

SHOWN = 240  # characters a reader sees before “more”
FULL = 4000  # characters behind “more”; the item's own page has the rest
STANDINGS = {
    "unverified": "Unverified",
    "developing": "Developing",
    "confirmed": "Confirmed",
    "withdrawn": "Withdrawn",
}
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")


class Named(Protocol):
    """What the rail shows of a source."""

    @property
    def name(self) -> str: ...
    @property
    def slug(self) -> str: ...


class Post(Protocol):
    """What the rail shows of a post: `wire.models.Item`, or what `wire.store` knows."""

    @property
    def public_id(self) -> UUID: ...
    @property
    def seen_at(self) -> datetime: ...
    @property
    def source_time(self) -> datetime | None: ...
    @property
    def standing(self) -> str: ...  # a key of `STANDINGS`
    @property
    def status(self) -> str: ...  # "usable", "withdrawn" or "deleted"
    @property
    def headline(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def repost_name(self) -> str: ...
    @property
    def repost_url(self) -> str: ...
    @property
    def current_n(self) -> int: ...  # above 1: a later version replaced the first


@cache
def stamp() -> str:
    """Return what rows are rendered with now, for `Item.rendered_with`."""
    return stored_html.stamp(modules=[__name__, graphemes], values=[babel.__version__])


def shown_time(source_time: datetime | None, seen_at: datetime) -> datetime:
    """Return the time readers see: what the source claims, but never after we saw it."""
    return min(source_time, seen_at) if source_time else seen_at


def row(post: Post, source: Named) -> str:
    """Return `post` of `source` as one `<li>` for the rail.

    A withdrawn or deleted post stays, struck through: readers may have seen it.
    """
    at = shown_time(post.source_time, post.seen_at).astimezone(UTC)
    gone = post.status != "usable" or post.standing == "withdrawn"
    standing = "withdrawn" if gone else post.standing
    classes = "wire-row wire-row--withdrawn" if gone else "wire-row"
    return (
        f'<li class="{classes}" data-item="{post.public_id}">'
        f'<p class="wire-row__head"><a class="wire-row__time" href="/wire/{post.public_id}/">'
        f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at:%H:%M}</time></a> '
        f'<a class="wire-row__source" href="/wire/?source={escape(source.slug)}">'
        f"<bdi>{escape(source.name)}</bdi></a> "
        f'<span class="standing standing--{standing}">{_label(post, standing)}</span></p>'
        f"{_repost(post)}{_words(post, gone=gone)}</li>"
    )


def _label(post: Post, standing: str) -> str:
    if post.status == "deleted":
        return "Deleted at source"
    edited = " · edited" if post.current_n > 1 and post.status == "usable" else ""
    return STANDINGS[standing] + edited


def _repost(post: Post) -> str:
    if not (post.repost_name or post.repost_url):
        return ""
    name = f"<bdi>{escape(post.repost_name or post.repost_url)}</bdi>"
    if urlsplit(post.repost_url).scheme in ("http", "https"):
        url = escape(post.repost_url)
        name = f'<a href="{url}" rel="nofollow noopener external">{name}</a>'
    return f'<p class="wire-row__repost">Reposted from {name}</p>'


def _words(post: Post, *, gone: bool) -> str:
    words = post.headline or post.text or "A post without text."
    language = f' lang="{escape(post.language)}"' if post.language else ""
    tag = "s" if gone else "span"
    short = cut(words, SHOWN)
    body = f'<{tag} dir="auto"{language}>{_flags(escape(short))}</{tag}>'
    if length(words) <= SHOWN:
        return f'<p class="wire-row__text">{body}</p>'
    rest = f'<{tag} dir="auto"{language}>{_flags(escape(cut(words, FULL)))}</{tag}>'
    return (
        f'<details class="wire-row__text"><summary>{body}'
        f' <span class="wire-row__more">more</span></summary><p>{rest}</p></details>'
    )


def _flags(markup: str) -> str:
    """Name the flags: not every machine draws them, and nobody hears them."""
    return _FLAG.sub(lambda m: _flag(m.group()), markup)


@cache
def _flag(pair: str) -> str:
    code = "".join(chr(ord(c) - 0x1F1E6 + ord("A")) for c in pair)
    name = Locale("en").territories.get(code)
    if name is None:
        return pair
    return f'<span class="flag" role="img" aria-label="{escape(name)}">{pair}</span>'
