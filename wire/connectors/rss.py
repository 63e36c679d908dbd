"""RSS 0.9x, 1.0 (RDF) and 2.0: a tree to posts."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from wire.connectors import dates, language, mediarss, text_fields
from wire.connectors.collector import Collector, newest_end
from wire.connectors.xml_names import ABOUT, BASE, LANG, inner_markup, name

from .base import MAX_FIELD, Batch, Media, Post, Reference, Written
from .links import absolute, absolute_markup

_MANY = {
    "category", "enclosure", "media:content", "media:group", "media:thumbnail",
    "media:description", "atom:link", "dc:subject", "link",
}  # fmt: skip
_AUTHOR = re.compile(r"\s*[^\s()@]+@[^\s()]+\s*\((?P<name>[^()]+)\)\s*\Z")
_PERIODS = {
    "hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000,
    "yearly": 31_536_000,
}  # fmt: skip  # seconds


class Found(NamedTuple):
    """The children of one element by name: the first of each, and all of some."""

    first: dict[str, etree._Element]
    many: list[tuple[str, etree._Element]]

    def text(self, *names: str) -> str | None:
        """Return the text of the first of `names` that has one."""
        for wanted in names:
            element = self.first.get(wanted)
            if element is not None:
                text = element.text
                if len(element):
                    text = "".join(str(part) for part in element.itertext())
                if text and not text.isspace():
                    return text
        return None

    def markup(self, *names: str) -> str:
        """Return the first of `names` that says anything, as HTML."""
        for wanted in names:
            element = self.first.get(wanted)
            if element is not None:
                text = inner_markup(element) if len(element) else element.text
                if text and not text.isspace():
                    return text[:MAX_FIELD]
        return ""

    def all(self, wanted: str) -> Iterator[etree._Element]:
        return (element for found, element in self.many if found == wanted)


def find(element: etree._Element) -> Found:
    """Sort the children of `element` by name."""
    first: dict[str, etree._Element] = {}
    many: list[tuple[str, etree._Element]] = []
    for child in element:
        known = name(child.tag)
        if known in _MANY:
            many.append((known, child))
            if known != "link":
                continue
            if "link" in first and (first["link"].text or "").strip():
                continue
            first["link"] = child
        elif known not in first:
            first[known] = child
    return Found(first, many)


def read(root: etree._Element, base: str, collect: Collector) -> Batch:
    """Return what an RSS document holds. `base` is the address it came from."""
    channel = next((c for c in root if name(c.tag) == "channel"), root)
    about = find(channel)
    items = [e for e in channel if name(e.tag) == "item"]
    if channel is not root:  # RSS 1.0 keeps them beside the channel; some 0.9x too
        items += [e for e in root if name(e.tag) == "item"]
        items += [e for c in root if c is not channel and name(c.tag) == "channel"
                  for e in c if name(e.tag) == "item"]  # fmt: skip
    home = absolute(about.text("link", "atom:id"), base) or _atom_link(about, base)
    base = absolute(channel.get(BASE) or root.get(BASE), base or home) or base or home
    spoken = language.tag(
        about.text("language", "dc:language") or channel.get(LANG) or root.get(LANG)
    )
    for element in newest_end(items, collect, "pubdate", "dc:date"):
        collect.add(element, lambda e, own, where: _post(e, own, where, base, spoken))
    return collect.batch(
        format="rss",
        title=text_fields.headline(about.text("title", "dc:title")),
        home_url=home,
        language=spoken,
        poll_seconds=_poll_seconds(about),
        hub=_atom_link(about, base, "hub"),
        self_url=_atom_link(about, base, "self"),
        next_page=_atom_link(about, base, "next"),
    )


def _post(
    item: etree._Element, written: Written, where: str, base: str, spoken: str
) -> Post:
    found = find(item)
    base = absolute(item.get(BASE), base) or base
    guid = (found.text("guid", "atom:id") or item.get(ABOUT) or "").strip()
    url = _url(found, guid, base)
    body = found.markup(
        "content:encoded", "xhtml:body", "body", "fullitem", "atom:content"
    )
    described = found.markup("description", "abstract")
    brief = found.markup("summary", "atom:summary", "itunes:summary", "itunes:subtitle")
    if not body:
        body, described = described, ""
    brief = described or brief
    if not body:
        body, brief = brief or mediarss.description(e for _, e in found.many), ""
    headline = text_fields.headline(found.text("title", "dc:title", "media:title"))
    published = found.text("pubdate", "dc:date", "dcterms:issued", "atom:published")
    published = published or found.text("dcterms:created", "atom:issued")
    changed = found.text("atom:updated", "dcterms:modified", "atom:modified")
    carried = _media(found, body, base)
    told: tuple[str | None, ...] = (headline, body, brief)
    if published:
        told = (headline or body, published)
    if not headline and not body and carried:
        told = (carried[0].url, published)
    at, updated = dates.parse(published), dates.parse(changed)
    return Post(
        external_id=text_fields.identity(guid, url or found.text("link") or "", *told),
        headline=headline,
        html=absolute_markup(body, base),
        summary=text_fields.words(brief),
        url=url,
        author=_author(found),
        source_time=at or updated,
        updated_time=updated,
        language=language.tag(found.text("dc:language", "language") or item.get(LANG))
        or spoken
        or language.by_script(headline or body),
        repost_of=_origin(found, base),
        media=carried,
        tags=_tags(found),
        written=written,
        where=where,
    )


def _url(found: Found, guid: str, base: str) -> str:
    for element in found.all("link"):
        url = absolute(element.text or element.get("href"), base)
        if url:
            return url
    url = _atom_link(found, base)
    if url:
        return url
    own = found.first.get("guid")
    if own is None or own.get("isPermaLink", "true").strip().lower() == "false":
        return ""
    return absolute(guid)


def _atom_link(found: Found, base: str, wanted: str = "alternate") -> str:
    for element in found.all("atom:link"):
        if (element.get("rel") or "alternate").lower() == wanted:
            return absolute(element.get("href"), base)
    return ""


def _author(found: Found) -> str:
    given = found.text(
        "dc:creator", "author", "itunes:author", "atom:author", "managingeditor"
    )
    if given is None:
        return ""
    with_address = _AUTHOR.match(given)
    return text_fields.name(with_address["name"] if with_address else given)


def _origin(found: Found, base: str) -> Reference | None:
    source = found.first.get("source")
    if source is None:
        return None
    url = absolute(source.get("url"), base)
    said = text_fields.headline(source.text)
    return Reference(said or url, url) if said or url else None


def _media(found: Found, body: str, base: str) -> tuple[Media, ...]:
    carried: list[Media] = []
    for known, element in found.many:
        if known == "enclosure":
            one = mediarss.enclosure(element, base)
            if one:
                carried.append(one)
        elif known[:6] == "media:":
            carried += mediarss.media(element, base)
    if "<img" in body or "<IMG" in body:
        carried += mediarss.pictures(body, base)
    return mediarss.once(carried) if carried else ()


def _tags(found: Found) -> tuple[str, ...]:
    given = [e.text for known, e in found.many if known in ("category", "dc:subject")]
    return text_fields.tags(given) if given else ()


def _poll_seconds(about: Found) -> int | None:
    """Return what the channel asks for; the poller holds it within its own bounds."""
    minutes = text_fields.number(about.text("ttl"))
    if minutes:
        return minutes * 60
    period = _PERIODS.get((about.text("sy:updateperiod") or "").strip().lower())
    if period is None:
        return None
    return period // max(text_fields.number(about.text("sy:updatefrequency")) or 1, 1)
