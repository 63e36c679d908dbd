"""XML that may be broken or hostile, to a tree that is neither.

Well-formed documents go straight to the parser. What it refuses is mended in steps,
each tried before the next: encoding and control characters, a document type with
entities, entities of HTML and bare ampersands, a document cut off in the middle.
Never are entities resolved, files read or addresses fetched.
"""

import re
from html import unescape
from html.entities import html5
from typing import NamedTuple

from lxml import etree

from . import encoding
from .base import ParseError

MAX_DOCUMENT = 20_000_000  # bytes
MAX_ENTITY = 1_000  # characters one declared entity may stand for
MAX_GROWTH = 1_000_000  # characters all of them may add

_UTF8_OR_SILENT = re.compile(
    rb"\s*<(?:\?xml(?![^>]*encoding)|\?xml[^>]*encoding\s*=\s*[\"']utf-8[\"']|[a-zA-Z!])",
    re.IGNORECASE,
)
_DECLARATION = re.compile(r"<\?xml\b[^>]*>")
_DOCTYPE = re.compile(
    r"(?P<before>(?:\s|<!--(?:.*?-->|\Z)|<\?(?:.*?\?>|\Z))*+)<!DOCTYPE[^\[>]*+"
    r"(?:\[(?P<subset>(?:[^\]\"'<]|\"[^\"]*+\"|'[^']*+'|<!--(?:.*?-->|\Z)|<)*+)\]\s*)?>",
    re.DOTALL | re.IGNORECASE,
)
_ANY_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_ENTITY = re.compile(
    r"<!ENTITY\s+(?P<name>[\w.:-]+)\s+(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')\s*>"
)
_SAFE_VALUE = re.compile(r"(?:[^&<%]|&#\w+;|&(?:amp|lt|gt|quot|apos);)*\Z")
_REFERENCE = re.compile(r"&([\w.:-]+);")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BAD_NUMBER = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|(\d{1,10}));")
_AMPERSAND = re.compile(r"&(?!(?:#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);)")
_CDATA = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))", re.DOTALL)
_LAST_ENTRY = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_XML_OWN = {"amp", "lt", "gt", "quot", "apos"}


class Document(NamedTuple):
    """A tree, or the text of what cannot be made one; and what had to be done."""

    root: etree._Element | None
    text: str  # as mended; empty where the bytes were fine
    error: str  # why it is not well formed; empty where it is
    tail: str  # the unfinished end of a document cut off in the middle
    warnings: list[str]


def load(raw: bytes, content_type: str = "") -> Document:
    """Read `raw`. Raises `ParseError` if it is hostile, too large or no XML at all."""
    if len(raw) > MAX_DOCUMENT:
        raise ParseError(f"{len(raw):,} bytes: more than {MAX_DOCUMENT:,} are not read")
    # A document type may declare entities that the tree would then lack: mended first.
    if _UTF8_OR_SILENT.match(raw[:200]) and b"<!DOCTYPE" not in raw:
        root, _ = _tree(raw)
        if root is not None:
            return Document(root, "", "", "", [])
    return _mend(encoding.decode(raw, content_type))


def _mend(text: str) -> Document:
    start = text.find("<")
    if start < 0:
        raise ParseError("no XML: there is not one tag in it")
    warnings: list[str] = []
    before = text[:start].strip("\ufeff \t\r\n")
    if before:
        warnings.append(f"{len(before)} characters before the first tag left out")
    declaration = _DECLARATION.match(text, start)
    text = text[declaration.end() if declaration else start :]
    text = _declared_entities(text)
    without_controls = _BAD_NUMBER.sub(_number, _NOT_XML.sub("", text))
    if without_controls != text:
        warnings.append("control characters left out")
        text = without_controls
    root, error = _tree(text.encode())
    if root is not None:
        return Document(root, text, "", "", warnings)
    mended = _outside_cdata(text)
    root, _ = _tree(mended.encode())
    if root is not None:
        warnings.append(f"not well-formed, mended: {error}")
        return Document(root, mended, error, "", warnings)
    root, tail = _until_cut(mended)
    if root is not None:
        warnings.append(f"cut off in the middle: {error}")
        return Document(root, mended, error, tail, warnings)
    return Document(None, mended, error, "", warnings)


def _tree(raw: bytes) -> tuple[etree._Element | None, str]:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(raw, parser), ""
    except (etree.XMLSyntaxError, ValueError) as error:
        return None, str(error)


def _declared_entities(text: str) -> str:
    """Take the document type out, and put in what it declares, if that is harmless."""
    head = text[:200_000]
    match = _DOCTYPE.match(head)
    if match is None:
        if _ANY_ENTITY.search(head.partition("<item")[0]):
            raise ParseError("a document type that cannot be read: refused")
        return text
    subset = match["subset"] or ""
    declared = {
        m["name"]: m["double"] or m["single"] or "" for m in _ENTITY.finditer(subset)
    }
    if len(_ANY_ENTITY.findall(subset)) != len(declared):
        raise ParseError("it declares entities outside itself, or twice: refused")
    for name, value in declared.items():
        if len(value) > MAX_ENTITY or not _SAFE_VALUE.match(value):
            raise ParseError(f"its entity {name} is long or refers to others: refused")
    text = match["before"] + text[match.end() :]
    if not declared:
        return text
    grown = sum(
        len(declared.get(reference[1], "")) for reference in _REFERENCE.finditer(text)
    )
    if grown > MAX_GROWTH:
        raise ParseError("its entities would make it too large: refused")
    return _REFERENCE.sub(lambda m: declared.get(m[1], m[0]), text)


def _number(match: re.Match[str]) -> str:
    point = int(match[1], 16) if match[1] else int(match[2])
    if point in (9, 10, 13) or 0x20 <= point < 0xD800 or 0xE000 <= point < 0xFFFE:
        return match[0]
    return match[0] if 0x10000 <= point < 0x110000 else ""


def _outside_cdata(text: str) -> str:
    """Write the entities of HTML as characters, and bare ampersands as entities."""
    parts = _CDATA.split(text)
    parts[::2] = [
        _AMPERSAND.sub("&amp;", _REFERENCE.sub(_named, p)) for p in parts[::2]
    ]
    return "".join(parts)


def _named(match: re.Match[str]) -> str:
    name = match[1]
    known = name not in _XML_OWN and f"{name};" in html5
    return unescape(match[0]) if known else match[0]


def _until_cut(text: str) -> tuple[etree._Element | None, str]:
    """Read the whole entries of a document that stops inside one."""
    ends = [entry.end() for entry in _LAST_ENTRY.finditer(text)]
    if not ends:
        return None, ""
    whole, tail = text[: ends[-1]], text[ends[-1] :]
    if re.search(r"</(?:rss|feed|(?:\w+:)?RDF)\s*>", tail, re.IGNORECASE):
        return None, ""  # it is whole: the fault lies elsewhere
    for closing in ("</channel></rss>", "</feed>", "</rdf:RDF>"):
        root, _ = _tree((whole + closing).encode())
        if root is not None:
            return root, tail.strip()
    return None, ""
