"""Atom 1.0 and 0.3, deletions (RFC 6721) included: a tree to posts."""

import binascii
from typing import NamedTuple

from lxml import etree

from . import dates, fields, language, mediarss
from .base import MAX_FIELD, Batch, Media, Post, Reference
from .entries import Collector, newest_end
from .links import absolute, absolute_markup
from .vocabulary import BASE, LANG, inner_markup, name

_HTML = {"html", "text/html", "xhtml", "application/xhtml+xml"}


class Content(NamedTuple):
    """What an Atom text construct says: as markup, or as plain text."""

    markup: str
    text: str

    def words(self) -> str:
        return (
            fields.words(self.markup) if self.markup else fields.clean_text(self.text)
        )

    def line(self) -> str:
        if not self.markup:
            return fields.line(self.text)
        return fields.line(fields.words(self.markup))


_NOTHING = Content("", "")


def read(root: etree._Element, base: str, collect: Collector) -> Batch:
    """Return what an Atom document holds. `base` is the address it came from."""
    base = absolute(root.get(BASE), base) or base
    alone = name(root.tag).endswith("entry")
    about = {} if alone else _children(root)
    links = [] if alone else _links(root)
    home = _link(links, base, "alternate")
    base = base or _link(links, "", "self") or home
    spoken = language.tag(root.get(LANG))
    entries = [root] if alone else _entries(root)
    for element in newest_end(entries, collect, "atom:updated", "atom:published"):
        if name(element.tag) == "at:deleted-entry":
            collect.add(element, _deleted)
        else:
            collect.add(
                element, lambda e, raw, where: _post(e, raw, where, base, spoken)
            )
    return collect.batch(
        format="atom",
        title=_content(about.get("title")).line(),
        home_url=home,
        language=spoken,
        hub=_link(links, base, "hub"),
        self_url=_link(links, base, "self"),
        next_page=_link(links, base, "next"),
    )


def _entries(root: etree._Element) -> list[etree._Element]:
    found = []
    for child in root:
        what = name(child.tag)
        if _plain(what) == "entry" or what == "at:deleted-entry":
            found.append(child)
        elif what == "atom:entries":
            found += [e for e in child if _plain(name(e.tag)) == "entry"]
    return found


def _plain(what: str) -> str:
    """Atom elements under their own names, also where a feed forgot the namespace."""
    return what.removeprefix("atom:")


def _children(element: etree._Element) -> dict[str, etree._Element]:
    first: dict[str, etree._Element] = {}
    for child in element:
        first.setdefault(_plain(name(child.tag)), child)
    return first


def _links(element: etree._Element) -> list[etree._Element]:
    return [e for e in element if _plain(name(e.tag)) == "link"]


def _link(links: list[etree._Element], base: str, wanted: str) -> str:
    """Return the first link of that kind, a web page before anything else."""
    found = ""
    for element in links:
        rel = (element.get("rel") or "alternate").strip().lower()
        if rel.removeprefix("http://www.iana.org/assignments/relation/") != wanted:
            continue
        local = absolute(element.get(BASE), base) or base
        url = absolute(element.get("href") or element.text, local)
        if url and wanted == "alternate" and element.get("type") in ("text/html", None):
            return url
        found = found or url
    return found


def _post(
    entry: etree._Element, raw: bytes, where: str, base: str, spoken: str
) -> Post:
    said = _children(entry)
    links = _links(entry)
    base = absolute(entry.get(BASE), base) or base
    url = _link(links, base, "alternate")
    given = _text(said, "id")
    headline = _content(said.get("title")).line()
    body, body_base = _body(said, base)
    brief = _content(said.get("summary"))
    if brief == _NOTHING:
        brief = Content("", mediarss.description(entry))
    if body == _NOTHING:
        body, brief = brief, _NOTHING
    published, changed = (
        _text(said, "published", "issued", "created"),
        _text(said, "updated", "modified"),
    )
    at, updated = dates.parse(published), dates.parse(changed)
    told = (headline or body.markup or body.text, published or changed)
    if not any(told[1:]):
        told = (headline, body.markup or body.text)
    return Post(
        external_id=fields.identity(given, url, *told),
        headline=headline,
        text=fields.clean_text(body.text) if body.text else "",
        html=absolute_markup(body.markup, body_base),
        summary=brief.words(),
        url=url or absolute(given),
        author=_author(entry, said),
        source_time=at or updated,
        updated_time=updated,
        language=language.tag(entry.get(LANG))
        or spoken
        or language.by_script(headline or body.markup or body.text),
        repost_of=_origin(said, base),
        reply_to=_reply(said, base),
        media=_media(entry, links, body, body_base),
        tags=_tags(entry),
        raw=raw,
        where=where,
    )


def _deleted(element: etree._Element, raw: bytes, where: str) -> Post:
    """A tombstone: the source took its entry back."""
    ref = element.get("ref")
    if not ref:
        raise ValueError("a deletion that does not say of what")
    at = dates.parse(element.get("when"))
    comment = _children(element).get("at:comment")
    return Post(
        external_id=fields.identity(ref, ""),
        status="deleted",
        text=_content(comment).words(),
        source_time=at,
        updated_time=at,
        raw=raw,
        where=where,
    )


def _body(said: dict[str, etree._Element], base: str) -> tuple[Content, str]:
    element = said.get("content")
    if element is None:
        element = said.get("xhtml:body")
    if element is None:
        return _NOTHING, base
    inner = absolute(element.get(BASE), base) or base
    return _content(element), inner


def _content(element: etree._Element | None) -> Content:
    if element is None or element.get("src"):
        return _NOTHING
    type_ = (element.get("type") or "text").strip().lower()
    if len(element):
        return Content(inner_markup(element)[:MAX_FIELD], "")
    text = element.text or ""
    if element.get("mode") == "base64" or _is_binary(type_):
        text = _from_base64(text)
        type_ = "text/html"
    if text.isspace() or not text:
        return _NOTHING
    titled = _plain(name(element.tag)) == "title"
    escaped = element.get("mode") == "escaped"
    if (
        type_ in _HTML
        or (type_ in ("text", "text/plain") or escaped)
        and (not titled and fields.looks_like_markup(text))
    ):
        return Content(text[:MAX_FIELD], "")
    return Content("", text[:MAX_FIELD])


def _is_binary(type_: str) -> bool:
    """RFC 4287, 4.1.3.3: what is neither text nor XML is base64."""
    return (
        "/" in type_
        and not type_.startswith(("text/", "message/"))
        and not type_.endswith(("+xml", "/xml"))
    )


def _from_base64(text: str) -> str:
    try:
        return binascii.a2b_base64(text).decode()
    except ValueError:  # a picture, or not base64 after all
        return ""


def _text(said: dict[str, etree._Element], *names: str) -> str:
    for wanted in names:
        element = said.get(wanted)
        if element is not None and element.text and not element.text.isspace():
            return element.text.strip()
    return ""


def _author(entry: etree._Element, said: dict[str, etree._Element]) -> str:
    names = []
    for child in entry:
        if _plain(name(child.tag)) == "author":
            inside = _children(child)
            own = _text(inside, "name") or _text(inside, "email") or (child.text or "")
            names.append(fields.name(own))
    names = [one for one in names if one] or [fields.name(_text(said, "dc:creator"))]
    return ", ".join(dict.fromkeys(names))[: fields.MAX_NAME]


def _origin(said: dict[str, etree._Element], base: str) -> Reference | None:
    source = said.get("source")
    if source is None:
        return None
    title = _content(_children(source).get("title")).line()
    links = _links(source)
    url = _link(links, base, "alternate") or _link(links, base, "self")
    return Reference(title or url, url) if title or url else None


def _reply(said: dict[str, etree._Element], base: str) -> Reference | None:
    element = said.get("thr:in-reply-to")
    if element is None:
        return None
    url = absolute(element.get("href"), base) or absolute(element.get("ref"))
    return Reference(fields.name(element.get("ref")), url)


def _media(
    entry: etree._Element, links: list[etree._Element], body: Content, base: str
) -> tuple[Media, ...]:
    carried: list[Media] = []
    for link in links:
        if (link.get("rel") or "").lower() == "enclosure":
            one = mediarss.enclosure(link, base)
            if one:
                carried.append(one)
    for child in entry:
        if name(child.tag)[:6] == "media:":
            carried += mediarss.media(child, base)
    if "<img" in body.markup or "<IMG" in body.markup:
        carried += mediarss.pictures(body.markup, base)
    return mediarss.once(carried) if carried else ()


def _tags(entry: etree._Element) -> tuple[str, ...]:
    given = []
    for child in entry:
        what = _plain(name(child.tag))
        if what == "category":
            given.append(child.get("label") or child.get("term") or child.text)
        elif what == "dc:subject":
            given.append(child.text)
    return fields.tags(given) if given else ()
