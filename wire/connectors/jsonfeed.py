"""JSON Feed 1.0 and 1.1."""

from functools import partial
from html import unescape
from typing import Any

from wire.connectors import dates, json_reader, language, mediarss, text_fields
from wire.connectors.collector import FAULTS, Collector
from wire.connectors.json_reader import listing, mapping, text

from .base import MAX_FIELD, MAX_POSTS, Batch, Media, Origin, Post, Written
from .links import absolute, absolute_markup


def parse(raw: bytes, origin: Origin) -> Batch:
    """Read a JSON Feed. Raises `ParseError` if it is not one."""
    collect = Collector()
    document = json_reader.load(raw, origin.content_type, collect.warnings)
    if not is_feed(document):
        json_reader.refuse(document, "JSON Feed")
    home = absolute(text(document.get("home_page_url")), origin.url)
    own = absolute(text(document.get("feed_url")), origin.url)
    base = origin.url or own or home
    spoken = language.tag(text(document.get("language")))
    authors = _authors(document)
    items = document["items"]
    if len(items) > MAX_POSTS:
        collect.warnings.append(f"{len(items):,} items: {MAX_POSTS:,} were read")
    for place, item in enumerate(items[:MAX_POSTS], start=1):
        where, written = f"item {place}", partial(json_reader.dump, item)
        try:
            json_reader.refuse_impossible(item)
            post = _post(item, base, spoken, authors, written, where)
            collect.posts.append(post)
        except FAULTS as fault:
            collect.reject(fault, where, written)
    hubs = [mapping(hub) for hub in listing(document.get("hubs"))]
    return collect.batch(
        format="jsonfeed",
        title=text_fields.line(unescape(text(document.get("title")))),
        home_url=home,
        language=spoken,
        hub=next((absolute(text(hub.get("url"))) for hub in hubs), ""),
        self_url=own,
        next_page=absolute(text(document.get("next_url")), base),
    )


def is_feed(document: object) -> bool:
    """Say whether a JSON document is a JSON Feed, versions unheard of included."""
    said = mapping(document)
    version = text(said.get("version"))
    return isinstance(said.get("items"), list) and (
        "jsonfeed.org" in version or "title" in said
    )


def _post(
    item: Any, base: str, spoken: str, authors: str, written: Written, where: str  # noqa: ANN401
) -> Post:  # fmt: skip
    if not isinstance(item, dict):
        raise ValueError("it is no object")
    url = absolute(text(item.get("url")), base)
    external = absolute(text(item.get("external_url")), base)
    # Plain text by the letter, but half the blogs' plugins send &#8217; and the like.
    headline = text_fields.line(unescape(text(item.get("title"))))
    markup = text(item.get("content_html"))[:MAX_FIELD]
    plain = text_fields.clean_text(text(item.get("content_text")))
    brief = text_fields.clean_text(text(item.get("summary")))
    if not plain and not markup:
        plain, brief = brief, ""
    told = markup or plain
    at = dates.parse(text(item.get("date_published")))
    updated = dates.parse(text(item.get("date_modified")))
    given = text(item.get("id"))
    fingerprint = (headline or told, text(item.get("date_published")))
    return Post(
        external_id=text_fields.identity(
            given, url, *(fingerprint if fingerprint[1] else (headline, told))
        ),
        headline=headline,
        text="" if markup else plain,
        html=absolute_markup(markup, base),
        summary=brief,
        url=url or external or absolute(given),
        author=_authors(item) or authors,
        source_time=at or updated,
        updated_time=updated,
        language=language.tag(text(item.get("language")))
        or spoken
        or language.by_script(headline or told),
        media=_media(item, markup, base),
        tags=text_fields.tags(text(tag) for tag in listing(item.get("tags"))),
        written=written,
        where=where,
    )


def _authors(said: dict[str, Any]) -> str:
    given = listing(said.get("authors")) or [said.get("author")]
    names = [
        text_fields.name(text(mapping(author).get("name")) or text(author))
        for author in given
    ]
    return ", ".join(dict.fromkeys(name for name in names if name))[
        : text_fields.MAX_NAME
    ]


def _media(item: dict[str, Any], markup: str, base: str) -> tuple[Media, ...]:
    carried = []
    for attached in map(mapping, listing(item.get("attachments"))):
        url = absolute(text(attached.get("url")), base)
        type_ = text_fields.name(text(attached.get("mime_type")))
        if url:
            seconds = text_fields.number(attached.get("duration_in_seconds"))
            carried.append(
                Media(
                    kind=mediarss.kind_of(type_, "", url),
                    url=url,
                    type=type_,
                    length=text_fields.number(attached.get("size_in_bytes")),
                    duration=seconds,
                    title=text_fields.name(text(attached.get("title"))),
                )
            )
    for key in ("image", "banner_image"):
        url = absolute(text(item.get(key)), base)
        if url:
            carried.append(Media(kind="image", url=url))
    carried += mediarss.pictures(markup, base)
    return mediarss.once(carried)
