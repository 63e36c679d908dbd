"""Enclosures and Media RSS: what an entry carries besides words."""

import re
from collections.abc import Iterable, Iterator
from html import unescape

from lxml import etree

from wire.connectors import text_fields
from wire.connectors.xml_names import name

from .base import Media
from .links import absolute

_BY_ENDING = {
    "image": (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"),
    "video": (".mp4", ".m4v", ".mov", ".webm"),
    "audio": (".mp3", ".m4a", ".ogg", ".wav", ".aac"),
}
_PICTURE = re.compile(r"<(?:img|IMG)\s[^<>]*>")
_SAID = re.compile(r"""\s(src|SRC|alt|width|height)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_MOST_PICTURES = 10  # taken out of one text


def kind_of(type_: str, medium: str, url: str) -> str:
    """Return "image", "video", "audio" or "document", whatever says so first."""
    for said in (medium.lower(), type_.partition("/")[0].lower()):
        if said in _BY_ENDING:
            return said
    path = url.partition("?")[0].lower()
    for kind, endings in _BY_ENDING.items():
        if path.endswith(endings):
            return kind
    return "document"


def enclosure(element: etree._Element, base: str) -> Media | None:
    """Return what an RSS `<enclosure>` or an Atom enclosure link names, or None."""
    got = element.get
    url = absolute(got("url") or got("href"), base)
    if not url:
        return None
    type_ = text_fields.name(got("type"))
    return Media(
        kind=kind_of(type_, "", url),
        url=url,
        type=type_,
        length=text_fields.number(got("length")),
        title=text_fields.name(got("title")),
    )


def media(element: etree._Element, base: str) -> Iterator[Media]:
    """Yield what one `media:*` element of an entry names, groups included."""
    what = name(element.tag)
    if what == "media:group":
        for inside in element:
            yield from media(inside, base)
    elif what == "media:content":
        yield from _content(element, base)
    elif what == "media:thumbnail":
        url = absolute(element.get("url"), base)
        if url:
            width, height = _size(element)
            yield Media(kind="image", url=url, width=width, height=height)


def description(elements: Iterable[etree._Element]) -> str:
    """Return what Media RSS says of an entry, which may be all that is said of it."""
    for element in elements:
        what = name(element.tag)
        if what == "media:description" and element.text:
            return str(element.text)
        if what == "media:group":
            inside = description(element)
            if inside:
                return inside
    return ""


def pictures(markup: str, base: str) -> Iterator[Media]:
    """Yield the pictures inside a text, counting pixels left out."""
    for count, tag in enumerate(_PICTURE.finditer(markup)):
        if count == _MOST_PICTURES:
            return
        said = {key.lower(): one or two for key, one, two in _SAID.findall(tag[0])}
        url = absolute(unescape(said.get("src", "")), base)
        width = text_fields.number(said.get("width"))
        height = text_fields.number(said.get("height"))
        if url and width not in (0, 1) and height not in (0, 1):
            title = text_fields.name(said.get("alt"))
            yield Media(kind="image", url=url, width=width, height=height, title=title)


def once(found: list[Media]) -> tuple[Media, ...]:
    """Return each address once, at most `fields.MAX_MEDIA` of them."""
    first: dict[str, Media] = {}
    for item in found:
        first.setdefault(item.url, item)
    return tuple(first.values())[: text_fields.MAX_MEDIA]


def _content(element: etree._Element, base: str) -> Iterator[Media]:
    said = {name(inside.tag): inside for inside in element}
    title = _text(said, "media:description") or _text(said, "media:title")
    thumbnail = said.get("media:thumbnail")
    still = "" if thumbnail is None else absolute(thumbnail.get("url"), base)
    url = absolute(element.get("url"), base)
    if url:
        type_ = text_fields.name(element.get("type"))
        width, height = _size(element)
        yield Media(
            kind=kind_of(type_, element.get("medium") or "", url),
            url=url,
            type=type_,
            length=text_fields.number(element.get("fileSize")),
            duration=text_fields.number(element.get("duration")),
            title=title,
            thumbnail=still,
            width=width,
            height=height,
        )
    elif still:
        yield Media(kind="image", url=still, title=title)


def _size(element: etree._Element) -> tuple[int | None, int | None]:
    return text_fields.number(element.get("width")), text_fields.number(
        element.get("height")
    )


def _text(said: dict[str, etree._Element], what: str) -> str:
    element = said.get(what)
    return (
        ""
        if element is None
        else text_fields.headline(element.text)[: text_fields.MAX_NAME]
    )
