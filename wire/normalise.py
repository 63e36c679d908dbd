"""A post made ready to store: cleaned, capped and given its content hash. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from wire.connectors.base import Media, Post, Reference
from wire.sanitise import clean_html, clean_line, clean_text

MAX_ID = 512  # characters of an external id; a longer one is kept by its hash
MAX_TEXT = 200_000  # characters of a post's text
MAX_LINE = 1_000  # characters of a headline, a name
MAX_URL = 2_000
MAX_MEDIA = 50  # of one post
# How people mark a repost where the network they came from had no field for it.
_RETOLD = re.compile(r"RT (@[\w.]{1,50}(?:@[\w.-]{1,100})?): ?")
# What connectors say of a post, in the words items use. An embargo is a time, not a status.
_STATUS = {
    "usable": "usable",
    "embargoed": "usable",
    "withheld": "withdrawn",
    "withdrawn": "withdrawn",
    "deleted": "deleted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One version of one post, fit for the database: valid text, safe HTML, bounded."""

    external_id: str
    content_hash: str
    status: str
    kind: str
    headline: str
    text: str
    html: str
    url: str
    author: str
    language: str
    source_time: datetime | None
    revised_at: datetime | None
    repost_name: str
    repost_url: str
    reply_to: str
    media: list[dict[str, Any]]
    embargo_until: datetime | None
    held: bool  # embargoed without a time, or a service message: the desk decides
    source_version: str
    place: str


def ready(post: Post, *, language: str = "") -> Ready:
    """Clean and cap `post`; `language` is the source's, for posts that do not say.

    Raises `ValueError` for a post without identity or with a status nobody knows.
    """
    if not post.external_id.strip():
        raise ValueError("the post has no identity")
    if post.status not in _STATUS:
        raise ValueError(f"unknown status {post.status!r}")
    fields = {
        "status": _STATUS[post.status],
        "kind": post.kind[:10],
        "headline": clean_line(post.headline)[:MAX_LINE],
        "text": clean_text(post.words() or post.summary)[:MAX_TEXT],
        "html": clean_html(post.html) if post.html else "",
        "url": post.url[:MAX_URL],
        "author": clean_line(post.author)[:MAX_LINE],
        "language": (post.language or language)[:35],
        "repost_name": clean_line(_name(post.repost_of))[:MAX_LINE],
        "repost_url": _url(post.repost_of),
        "reply_to": _url(post.reply_to),
    }
    if not post.repost_of:
        fields["repost_name"] = _retold(fields["headline"] or fields["text"])
    media = [_medium(m) for m in post.media[:MAX_MEDIA]]
    return Ready(
        external_id=identity(post.external_id),
        content_hash=_hash(fields, media, post.embargo_until),
        source_time=post.source_time,
        revised_at=post.updated_time,
        media=media,
        embargo_until=post.embargo_until,
        held=post.kind == "service"
        or (post.status == "embargoed" and post.embargo_until is None),
        source_version=post.version[:200],
        place=post.where[:200],
        **fields,
    )


def _retold(words: str) -> str:
    """Return whose words these are if they begin with "RT @name:", else nothing.

    The words stay as they came. Where the origin stands is not known.
    """
    found = _RETOLD.match(words)
    return found[1] if found else ""


def identity(external_id: str) -> str:
    """Return an external id as items keep it: a long one by its hash."""
    if len(external_id) <= MAX_ID:
        return external_id
    return "sha256:" + hashlib.sha256(external_id.encode()).hexdigest()


def _hash(
    fields: dict[str, str],
    media: list[dict[str, Any]],
    embargo_until: datetime | None,
) -> str:
    """Hash what a reader would see.

    Addresses of media are left out: channels serve the same picture under a new token
    each time, and that is no new version. Of the post's own address only host and path
    count, for the same reason.
    """
    link = urlsplit(fields["url"])
    seen = [
        *(value for name, value in fields.items() if name != "url"),
        link.netloc + link.path,
        *(f"{m['kind']} {m.get('title', '')} {m.get('duration', '')}" for m in media),
        embargo_until.isoformat() if embargo_until else "",
    ]
    return hashlib.sha256("\x1f".join(seen).encode()).hexdigest()


def _medium(medium: Media) -> dict[str, Any]:
    """Keep what is known of a picture or film; nothing is fetched."""
    kept = {
        name: value
        for name in medium.__slots__
        if (value := getattr(medium, name)) not in ("", None)
    }
    kept = {n: v[:MAX_URL] if isinstance(v, str) else v for n, v in kept.items()}
    if "title" in kept:
        kept["title"] = clean_line(kept["title"])[:MAX_LINE]
    return kept


def as_json(media: list[dict[str, Any]]) -> str:
    return json.dumps(media, ensure_ascii=False, separators=(",", ":"))


def _name(reference: Reference | None) -> str:
    return reference.name if reference else ""


def _url(reference: Reference | None) -> str:
    return reference.url[:MAX_URL] if reference else ""
