"""A post made ready to store: cleaned, capped and given its content hash. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wire.connectors.base import Media, Post, Reference
from wire.content_hash import columns, content_hash, newest_form
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


# Where a field of `Ready` is stored beside the version's own row; see `wire.sql`.
_IDENTITY = {"item": True, "version": False}
_REPEATED = {"item": True}  # the item repeats it of its current version
_KEPT = {"item": True, "kept": True}  # so, but a deletion without words leaves it
_NOWHERE = {"version": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """One version of one post, fit for the database: valid text, safe HTML, bounded.

    The one definition of an item's columns: name, type, and by the metadata where it is
    stored. A new one is a line here, a line in `ready`, and the fields of the models.
    """

    external_id: str = field(metadata=_IDENTITY)
    content_hash: str = field(metadata=_REPEATED)
    hash_form: int = field(metadata=_REPEATED)
    status: str = field(metadata=_REPEATED)
    kind: str = field(metadata=_REPEATED)
    headline: str = field(metadata=_KEPT)
    text: str = field(metadata=_KEPT)
    html: str
    url: str = field(metadata=_REPEATED)
    author: str = field(metadata=_REPEATED)
    language: str = field(metadata=_REPEATED)
    source_time: datetime | None = field(metadata=_KEPT)
    revised_at: datetime | None = field(metadata=_REPEATED)
    repost_name: str = field(metadata=_REPEATED)
    repost_url: str = field(metadata=_REPEATED)
    reply_to: str
    media: list[dict[str, Any]]
    embargo_until: datetime | None
    source_version: str
    place: str
    # Embargoed without a time, or a service message: the desk decides
    held: bool = field(metadata=_NOWHERE)

    def signature(self, form: int | None = None) -> str:
        """Name what a reader would see, as "form:hash"; the newest form unless told."""
        if form is None or form == self.hash_form:
            return f"{self.hash_form}:{self.content_hash}"
        values = {name: getattr(self, name) for name in columns()}
        return f"{form}:{content_hash(values, form)}"

    def says(self, signature: str) -> bool:
        """Whether a version of this signature, of whatever form, shows the same."""
        if signature == self.signature():
            return True
        form = int(signature.partition(":")[0])
        return form != self.hash_form and signature == self.signature(form)


def ready(post: Post, *, language: str = "") -> Ready:
    """Clean and cap `post`; `language` is the source's, for posts that do not say.

    Raises `ValueError` for a post without identity or with a status nobody knows.
    """
    if not post.external_id.strip():
        raise ValueError("the post has no identity")
    if post.status not in _STATUS:
        raise ValueError(f"unknown status {post.status!r}")
    values = _values(post, language)
    form = newest_form()
    return Ready(
        content_hash=content_hash(values, form),
        hash_form=form,
        held=post.kind == "service"
        or (post.status == "embargoed" and post.embargo_until is None),
        **values,
    )


def _values(post: Post, language: str) -> dict[str, Any]:
    """Return the columns that come from `post`, clean and capped."""
    repost = post.repost_of
    values: dict[str, Any] = {
        "external_id": identity(post.external_id),
        "status": _STATUS[post.status],
        "kind": post.kind[:10],
        "headline": clean_line(post.headline)[:MAX_LINE],
        "text": clean_text(post.words() or post.summary)[:MAX_TEXT],
        "html": clean_html(post.html) if post.html else "",
        "url": post.url[:MAX_URL],
        "author": clean_line(post.author)[:MAX_LINE],
        "language": (post.language or language)[:35],
        "source_time": post.source_time,
        "revised_at": post.updated_time,
        "repost_name": clean_line(_name(repost))[:MAX_LINE],
        "repost_url": _url(repost),
        "reply_to": _url(post.reply_to),
        "media": [_medium(m) for m in post.media[:MAX_MEDIA]],
        "embargo_until": post.embargo_until,
        "source_version": post.version[:200],
        "place": post.where[:200],
    }
    if not repost:
        values["repost_name"] = _retold(values["headline"] or values["text"])
    return values


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
