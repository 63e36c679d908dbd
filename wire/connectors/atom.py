"""Atom 1.0 and 0.3, deletions (RFC 6721) included: a tree to posts."""

import binascii
from typing import NamedTuple

from lxml import etree

from wire.connectors import dates, language, mediarss, text_fields
from wire.connectors.collector import Collector, newest_end
from wire.connectors.xml_names import BASE, LANG, inner_markup, name

from .base import MAX_FIELD, Batch, Media, Post, Reference, Written
from .links import absolute, absolute_markup

_HTML = {"html", "text/html", "xhtml", "application/xhtml+xml"}


class Content(NamedTuple):
    """What an Atom text construct says: as markup, or as plain text."""

    markup: str
    text: str

    def words(self) -> str:
        return (
            text_fields.words(self.markup)
            if self.markup
            else text_fields.clean_text(self.text)
        )

    def line(self) -> str:
        if not self.markup:
            return text_fields.line(self.text)
        return text_fields.line(text_fields.words(self.markup))


_NOTHING = Content("", "")


def read(root: etree._Element, base: str, collect: Collector) -> Batch:
    """Return what an Atom document holds. `base` is the address it came from."""
    base = absolute(root.get(BASE), base) or base
    alone = name(root.tag).endswith("entry")
    about = _NOTHING_SAID if alone else _said(root)
    links = about.links
    home = _link(links, base, "alternate")
    base = base or _link(links, "", "self") or home
    spoken = language.tag(root.get(LANG))
    entries = [root] if alone else _entries(root)
    for element in newest_end(entries, collect, "atom:updated", "atom:published"):
        if name(element.tag) == "at:deleted-entry":
            collect.add(element, _deleted)
        else:
            collect.add(
                element, lambda e, own, where: _post(e, own, where, base, spoken)
            )
    return collect.batch(
        format="atom",
        title=about.content("title").line(),
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
        if what in ("atom:entry", "entry") or what == "at:deleted-entry":
            found.append(child)
        elif what == "atom:entries":
            found += [e for e in child if _own_name(e.tag) == "entry"]
    return found


class Said(NamedTuple):
    """The children of one element: the first of each name, and all of some."""

    first: dict[str, etree._Element]
    links: list[etree._Element]
    authors: list[etree._Element]
    categories: list[etree._Element]
    media: list[etree._Element]

    def text(self, *names: str) -> str:
        """Return the text of the first of `names` that has one."""
        for wanted in names:
            element = self.first.get(wanted)
            if element is not None and element.text and not element.text.isspace():
                return str(element.text).strip()
        return ""

    def content(self, wanted: str) -> Content:
        return _content(self.first.get(wanted))


_MANY = {"link": 1, "author": 2, "category": 3, "dc:subject": 3, "media:content": 4,
         "media:group": 4, "media:thumbnail": 4, "media:description": 4}  # fmt: skip


def _said(element: etree._Element) -> Said:
    """Sort the children of `element` by name, also where a feed forgot the namespace."""
    said = Said({}, [], [], [], [])
    for child in element:
        what = _own_name(child.tag)
        kept = _MANY.get(what)
        if kept:
            said[kept].append(child)  # type: ignore[union-attr]
        elif what not in said.first:
            said.first[what] = child
    return said


_NOTHING_SAID = Said({}, [], [], [], [])


def _own_name(tag: str) -> str:
    return name(tag).removeprefix("atom:")


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
    entry: etree._Element, written: Written, where: str, base: str, spoken: str
) -> Post:
    said = _said(entry)
    base = absolute(entry.get(BASE), base) or base
    url = _link(said.links, base, "alternate")
    given = said.text("id")
    headline = said.content("title").line()
    body, body_base = _body(said, base)
    brief = said.content("summary")
    if brief == _NOTHING and said.media:
        brief = Content("", mediarss.description(said.media))
    if body == _NOTHING:
        body, brief = brief, _NOTHING
    published = said.text("published", "issued", "created")
    changed = said.text("updated", "modified")
    at, updated = dates.parse(published), dates.parse(changed)
    told = (headline or body.markup or body.text, published or changed)
    if not any(told[1:]):
        told = (headline, body.markup or body.text)
    return Post(
        external_id=text_fields.identity(given, url, *told),
        headline=headline,
        text=text_fields.clean_text(body.text) if body.text else "",
        html=absolute_markup(body.markup, body_base),
        summary=brief.words(),
        url=url or absolute(given),
        author=_author(said),
        source_time=at or updated,
        updated_time=updated,
        language=language.tag(entry.get(LANG))
        or spoken
        or language.by_script(headline or body.markup or body.text),
        repost_of=_origin(said, base),
        reply_to=_reply(said, base),
        media=_media(said, body, body_base),
        tags=_tags(said),
        written=written,
        where=where,
    )


def _deleted(element: etree._Element, written: Written, where: str) -> Post:
    """A tombstone: the source took its entry back."""
    ref = element.get("ref")
    if not ref:
        raise ValueError("a deletion that does not say of what")
    at = dates.parse(element.get("when"))
    return Post(
        external_id=text_fields.identity(ref, ""),
        status="deleted",
        text=_said(element).content("at:comment").words(),
        source_time=at,
        updated_time=at,
        written=written,
        where=where,
    )


def _body(said: Said, base: str) -> tuple[Content, str]:
    element = said.first.get("content")
    if element is None:
        element = said.first.get("xhtml:body")
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
    titled = _own_name(element.tag) == "title"
    escaped = element.get("mode") == "escaped"
    if (
        type_ in _HTML
        or (type_ in ("text", "text/plain") or escaped)
        and (not titled and text_fields.looks_like_markup(text))
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


def _author(said: Said) -> str:
    names = []
    for author in said.authors:
        own = _said(author).text("name", "email") or author.text or ""
        names.append(text_fields.name(own))
    names = [one for one in names if one] or [text_fields.name(said.text("dc:creator"))]
    return ", ".join(dict.fromkeys(names))[: text_fields.MAX_NAME]


def _origin(said: Said, base: str) -> Reference | None:
    element = said.first.get("source")
    if element is None:
        return None
    source = _said(element)
    title = source.content("title").line()
    url = _link(source.links, base, "alternate") or _link(source.links, base, "self")
    return Reference(title or url, url) if title or url else None


def _reply(said: Said, base: str) -> Reference | None:
    element = said.first.get("thr:in-reply-to")
    if element is None:
        return None
    url = absolute(element.get("href"), base) or absolute(element.get("ref"))
    return Reference(text_fields.name(element.get("ref")), url)


def _media(said: Said, body: Content, base: str) -> tuple[Media, ...]:
    carried: list[Media] = []
    for link in said.links:
        if (link.get("rel") or "").lower() == "enclosure":
            one = mediarss.enclosure(link, base)
            if one:
                carried.append(one)
    for element in said.media:
        carried += mediarss.media(element, base)
    if "<img" in body.markup or "<IMG" in body.markup:
        carried += mediarss.pictures(body.markup, base)
    return mediarss.once(carried) if carried else ()


def _tags(said: Said) -> tuple[str, ...]:
    if not said.categories:
        return ()
    return text_fields.tags(
        e.get("label") or e.get("term") or e.text for e in said.categories
    )
