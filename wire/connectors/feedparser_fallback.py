"""Feeds that are not well-formed and cannot be made so: feedparser's answers."""

import re
from io import BytesIO
from typing import Any

import feedparser

from wire.connectors import dates, language, mediarss, text_fields
from wire.connectors.collector import FAULTS, Collector

from .base import MAX_POSTS, MAX_RAW, Batch, Media, ParseError, Post, Reference
from .links import absolute, absolute_markup

# feedparser takes minutes over floods that no source sends; these hold it to seconds.
MAX_TEXT = 1_500_000  # characters
MAX_NAMESPACES = 4_000  # declarations
_ENDLESS_TAG = re.compile(r"<[^<>]{8000}")


def read(text: str, error: str, base: str, collect: Collector) -> Batch:
    """Read `text` as feedparser does. Raises `ParseError` if it finds no feed in it.

    `error` says why it is not well-formed.
    """
    _refuse_floods(text, error)
    # Bytes in a stream: given a string it might take it for an address and fetch it.
    found = feedparser.parse(
        BytesIO(text.encode()),
        sanitize_html=False,  # ours comes after
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    if not found.get("version") and not found.entries:
        raise ParseError(f"no feed, and no XML: {error}")
    collect.warnings.append(f"not well-formed, read as far as possible: {error}")
    about = found.feed
    home = absolute(about.get("link"), base)
    base = base or home
    spoken = language.tag(about.get("language"))
    if len(found.entries) > MAX_POSTS:
        collect.warnings.append(
            f"{len(found.entries):,} items: {MAX_POSTS:,} were read"
        )
    for place, entry in enumerate(found.entries[:MAX_POSTS], start=1):
        where = f"item {place}"
        raw = repr(dict(entry)).encode(errors="replace")[:MAX_RAW]
        try:
            collect.posts.append(_post(entry, base, spoken, where, raw))
        except FAULTS as fault:
            collect.reject(fault, where, raw)
    return collect.batch(
        format="atom" if str(found.get("version")).startswith("atom") else "rss",
        title=text_fields.headline(about.get("title")),
        home_url=home,
        language=spoken,
    )


def _refuse_floods(text: str, error: str) -> None:
    if len(text) > MAX_TEXT:
        raise ParseError(f"not well-formed, and too long to read anyway: {error}")
    if text.count("xmlns") > MAX_NAMESPACES or _ENDLESS_TAG.search(text):
        raise ParseError(f"not well-formed, and flooded with attributes: {error}")


def _post(entry: Any, base: str, spoken: str, where: str, raw: bytes) -> Post:  # noqa: ANN401 feedparser has no types
    url = absolute(entry.get("link"), base)
    headline = text_fields.headline(entry.get("title"))
    contents = [c.get("value") or "" for c in entry.get("content") or ()]
    brief = entry.get("summary") or ""
    body = next((c for c in contents if c), "")
    if not body or body == brief:
        body, brief = brief, ""
    # Not entry.get: it gives the one for the other, with a warning.
    published, changed = dict.get(entry, "published"), dict.get(entry, "updated")
    at, updated = dates.parse(published), dates.parse(changed)
    told = (headline or body, published) if published else (headline, body)
    return Post(
        external_id=text_fields.identity(entry.get("id"), url, *told),
        headline=headline,
        html=absolute_markup(body, base),
        summary=text_fields.words(brief),
        url=url,
        author=text_fields.name(entry.get("author")),
        source_time=at or updated,
        updated_time=updated,
        language=spoken or language.by_script(headline or body),
        repost_of=_origin(entry, base),
        media=_media(entry, body, base),
        tags=text_fields.tags(tag.get("term") for tag in entry.get("tags") or ()),
        written=raw,
        where=where,
    )


def _origin(entry: Any, base: str) -> Reference | None:  # noqa: ANN401
    source = entry.get("source") or {}
    url = absolute(source.get("href"), base)
    title = text_fields.headline(source.get("title"))
    return Reference(title or url, url) if title or url else None


def _media(entry: Any, body: str, base: str) -> tuple[Media, ...]:  # noqa: ANN401
    carried = []
    for given in [
        *(entry.get("enclosures") or ()),
        *(entry.get("media_content") or ()),
    ]:
        url = absolute(given.get("href") or given.get("url"), base)
        type_ = text_fields.name(given.get("type"))
        if url:
            kind = mediarss.kind_of(type_, given.get("medium") or "", url)
            carried.append(Media(kind=kind, url=url, type=type_))
    carried += mediarss.pictures(body, base)
    return mediarss.once(carried)
