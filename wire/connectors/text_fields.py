"""What every connector does with a field: cap it, clean it, know it again."""

import re
from collections.abc import Iterable
from hashlib import blake2b
from html import unescape

from wire.sanitise import clean_line, clean_text, plain

from .base import Post

MAX_ID = 500  # characters of an external_id; a longer one is replaced by its hash
MAX_LINE = 5_000  # characters of a headline
MAX_NAME = 500  # characters of a name
MAX_TAGS = 50
MAX_MEDIA = 50

# Only what is markup in a headline is taken for markup: "<stdio.h>" is a word.
_HEADLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|bdi|br|cite|code|del|div|em|font|h[1-6]|i|img|ins|li|mark|p|q|s"
    r"|small|span|strike|strong|sub|sup|tt|u|wbr)(?:\s[^<>]*|\s*/)?>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<(?:br|p|div|li|h[1-6])\b", re.IGNORECASE)
_MARKUP = re.compile(
    r"<(?:/(?:a|b|p|i|em|strong|div|span|li|ul|ol|h[1-6]|blockquote|table|code|pre)\s*>"
    r"|(?:br|hr|img|p)\b[^<>]*>)",
    re.IGNORECASE,
)


def headline(text: str | None) -> str:
    """Return a headline sent as HTML in plain words, on one line."""
    if not text:
        return ""
    if "<" in text:
        text = _HEADLINE_TAG.sub("", _BREAK.sub(r" \g<0>", text))
    if "&" in text:
        text = unescape(text)
    return clean_line(text)[:MAX_LINE]


def line(text: str | None) -> str:
    """Return a headline sent as plain text, on one line."""
    return clean_line(text)[:MAX_LINE] if text else ""


def name(text: str | None) -> str:
    """Return the name of somebody or something, on one line."""
    return clean_line(unescape(text))[:MAX_NAME] if text else ""


def words(markup: str) -> str:
    """Return the words of `markup`, or of plain text that nobody declared as such."""
    return plain(markup) if markup else ""


def looks_like_markup(text: str) -> bool:
    """Say whether text that claims to be plain is HTML after all."""
    return "<" in text and _MARKUP.search(text) is not None


def identity(given: str | None, link: str, *told: str | None) -> str:
    """Return what a post is known by: its id, else its address, else a fingerprint.

    `told` are the fields that identify it where it has neither: the same on every
    reading, different for two posts of one document. Raises `ValueError` if nothing
    identifies it.
    """
    own = clean_line(given or "") or link
    if len(own) > MAX_ID:
        return "hash:" + _hash(own)
    if own:
        return own
    if not any(told):
        raise ValueError("it has neither id, link, title nor text")
    return "fingerprint:" + _hash("\x1f".join(part or "" for part in told))


def tags(given: Iterable[str | None]) -> tuple[str, ...]:
    """Return tags cleaned, each once, in their order."""
    cleaned = (clean_line(tag)[:MAX_NAME] for tag in given if tag)
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))[:MAX_TAGS]


def number(text: object) -> int | None:
    """Return a count or length where `text` is one, else None."""
    text = str(text).strip() if text is not None else ""
    # Longer than any honest figure, and a digit that is not 0 to 9, are refused.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def oldest_first_among_versions(posts: list[Post]) -> tuple[Post, ...]:
    """Keep document order, but put versions of one post oldest first among themselves.

    Without times the document's order stands, and its last is taken for the newest.
    """
    places: dict[str, list[int]] = {}
    for place, post in enumerate(posts):
        places.setdefault(post.external_id, []).append(place)
    if len(places) == len(posts):
        return tuple(posts)
    ordered = list(posts)
    for shared in places.values():
        versions = [posts[place] for place in shared]
        times = [post.updated_time or post.source_time for post in versions]
        if len(shared) > 1 and all(times):
            versions.sort(key=lambda post: str(post.updated_time or post.source_time))
        for place, post in zip(shared, versions, strict=True):
            ordered[place] = post
    return tuple(ordered)


def _hash(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()


__all__ = [
    "clean_text", "headline", "identity", "line", "looks_like_markup", "name", "number",
    "oldest_first_among_versions", "tags", "words",
]  # fmt: skip
