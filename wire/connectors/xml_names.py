"""The elements of feeds under one name each, whatever prefix or case they came in."""

import re
from copy import deepcopy

from lxml import etree

ATOM = "http://www.w3.org/2005/atom"
# Lower case, without the final slash or hash; the prefix is what we call them by.
_PREFIXES = {
    "": "",
    "http://purl.org/rss/1.0": "",
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://channel.netscape.com/rdf/simple/0.9": "",
    "http://purl.org/net/rss1.1": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://backend.userland.com/rss091": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://my.netscape.com/publish/formats/rss-0.91.dtd": "",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns": "rdf:",
    ATOM: "atom:",
    "http://purl.org/atom/ns": "atom:",
    "http://example.com/newformat": "atom:",
    "http://purl.org/dc/elements/1.1": "dc:",
    "http://purl.org/dc/elements/1.0": "dc:",
    "http://purl.org/dc/terms": "dcterms:",
    "http://purl.org/rss/1.0/modules/content": "content:",
    "http://search.yahoo.com/mrss": "media:",
    "http://video.search.yahoo.com/mrss": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://purl.org/rss/1.0/modules/syndication": "sy:",
    "http://purl.org/atompub/tombstones/1.0": "at:",
    "http://purl.org/syndication/thread/1.0": "thr:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
}
_known: dict[str, str] = {}
_MOST_KNOWN = 2_000  # a document may invent names; the memory of them is bounded

_DECLARATIONS = re.compile(r' xmlns(?::[\w.-]+)?="[^"]*"')

BASE = "{http://www.w3.org/XML/1998/namespace}base"
ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def name(tag: str) -> str:
    """Return "pubdate", "atom:link", "dc:creator" … or "?" for what is not ours."""
    known = _known.get(tag)
    if known is None:
        uri, _, local = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
        uri = uri.lower().rstrip("/#")
        if not uri and ":" in local:  # a prefix nobody declared, from a mended document
            known = local.lower()
        else:
            prefix = _PREFIXES.get(uri)
            known = "?" if prefix is None else prefix + local.lower()
        if len(_known) < _MOST_KNOWN:
            _known[tag] = known
    return known


def inner_markup(element: etree._Element) -> str:
    """Return what stands inside `element` as HTML, prefixes and namespaces left out."""
    element = deepcopy(element)
    for inside in element.iter():
        if isinstance(inside.tag, str) and inside.tag[0] == "{":
            inside.tag = inside.tag.rpartition("}")[2]
    etree.cleanup_namespaces(element)
    parts = [_escaped(element.text)]
    for child in element:
        parts.append(etree.tostring(child, encoding="unicode", method="html"))
    markup = "".join(parts)
    return _DECLARATIONS.sub("", markup) if " xmlns" in markup else markup


def _escaped(text: str | None) -> str:
    text = text or ""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
