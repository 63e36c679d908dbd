"""RSS and Atom documents, well-formed or not.

Well-formed ones, and those that mending makes so, are read by our own lean readers;
what is left goes to feedparser, whose patience nobody matches.
"""

import re
from collections.abc import Callable

from lxml import etree

from wire.connectors import atom, feedparser_fallback, rss, xmldoc
from wire.connectors.collector import Collector
from wire.connectors.xml_names import name

from .base import Batch, Origin, ParseError

_ENTRY = re.compile(r"<(?:\w+:)?(?:item|entry)\b", re.IGNORECASE)
_Read = Callable[[etree._Element, str, Collector], Batch]
_ROOTS: dict[str, _Read] = {
    "rss": rss.read,
    "rdf:rdf": rss.read,
    "rdf": rss.read,
    "channel": rss.read,
    "atom:feed": atom.read,
    "feed": atom.read,
    "atom:entry": atom.read,
    "entry": atom.read,
}


def parse(raw: bytes, origin: Origin) -> Batch:
    """Read RSS or Atom. Raises `ParseError` if it is neither."""
    document = xmldoc.load(raw, origin.content_type)
    collect = Collector(document.warnings)
    if document.root is None:
        return feedparser_fallback.read(
            document.text, document.error, origin.url, collect
        )
    root = document.root
    read = _ROOTS.get(name(root.tag)) or _ROOTS.get(_without_namespace(root))
    if read is None:
        root, read = _wrapped(root)
    if read is None:
        raise ParseError(f"its root element is <{root.tag}>: neither RSS nor Atom")
    if _ENTRY.search(document.tail):  # else only end tags are missing
        collect.reject("cut off in the middle", "the end", document.tail.encode())
    return read(root, origin.url, collect)


def _wrapped(root: etree._Element) -> tuple[etree._Element, _Read | None]:
    """Find a feed that somebody put inside a web page."""
    for element in root.iter():
        what = name(element.tag)
        if what in ("atom:feed", "rss"):
            return element, _ROOTS[what]
    return root, None


def _without_namespace(root: etree._Element) -> str:
    """Take a namespace somebody made up off the elements; return the root's name."""
    made_up, _, local = root.tag.rpartition("}")
    if local.lower() in _ROOTS:
        for element in root.iter(f"{made_up}}}*"):
            element.tag = element.tag.rpartition("}")[2]
    return local.lower()
