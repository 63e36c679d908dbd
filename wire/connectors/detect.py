"""Which format a document is in, by its own looks; the header only says the charset."""

import re

from wire.connectors import (
    encoding,
    json_reader,
    jsonfeed,
    telegram_bot,
    telegram_export,
)
from wire.connectors.json_reader import refuse

from .base import ParseError
from .links import absolute

_FIRST = 2_048  # bytes that are enough for most
_HEAD = 65_536  # bytes looked at
_ROOT = re.compile(
    r"(?:[^<]++|<\?(?:.*?\?>|\Z)|<!--(?:.*?-->|\Z)|<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*+)?+>)*+"
    r"<(?:[\w.-]+:)?+(?P<name>[A-Za-z][\w.-]*+)",
    re.DOTALL | re.IGNORECASE,
)
_ALTERNATE = re.compile(
    r"<link\b(?=[^<>]*\brel\s*=\s*[\"']?alternate)"
    r"(?=[^<>]*\btype\s*=\s*[\"']?application/(?:rss|atom|feed)\+(?:xml|json))"
    r"[^<>]*\bhref\s*=\s*[\"']?([^\"'\s<>]+)",
    re.IGNORECASE,
)
_ANY_FEED = re.compile(r"<(?:rss|channel|item|entry)[\s>]", re.IGNORECASE)
_WRAPPED = re.compile(
    r"<feed\s[^<>]*xmlns\s*=\s*[\"']http://www\.w3\.org/2005/Atom|<rss\s[^<>]*version\s*="
)
_ANY_PAGE = re.compile(r"<!doctype html|<html\b", re.IGNORECASE)
_XML = {
    "rss": "rss", "rdf": "rss", "channel": "rss", "feed": "atom", "entry": "atom",
}  # fmt: skip
_JSON = [
    ("jsonfeed", jsonfeed.is_feed),
    ("telegram-bot", telegram_bot.is_updates),
    ("telegram-export", telegram_export.is_export),
]
_PAGE = {"html", "head", "body", "main", "div", "meta", "title", "script", "section"}
_TELEGRAM = (
    "tgme_widget_message",
    "tgme_page",
    "tgme_channel",
    "tme_no_messages_found",
)


def detect(raw: bytes, content_type: str = "", url: str = "") -> str:
    """Return the format of a document, a key of `PARSERS`.

    Raises `ParseError` with a sentence an operator can act on if there is none. `url`
    is what the alternate link of a web page is completed with.
    """
    known = _XML.get(_root(encoding.decode(raw[:_FIRST], content_type)))
    if known:
        return known
    text = encoding.decode(raw[:_HEAD], content_type).lstrip("\ufeff \t\r\n\0")
    if not text:
        raise ParseError("the document is empty")
    telegram = any(mark in text for mark in _TELEGRAM)
    if text[0] in "{[" and not telegram:
        return _json(raw, content_type)
    if "<" not in text:
        raise ParseError(f"neither a feed nor a page, but text: “{text[:80].strip()}”")
    name = _root(text)
    if name in _XML:
        return _XML[name]
    if telegram:
        return "telegram"
    if _WRAPPED.search(text) or (name not in _PAGE and _ANY_FEED.search(text)):
        return "rss"  # a feed that lost its beginning: let the reader try
    raise ParseError(_none_of_ours(name, text, url))


def _root(text: str) -> str:
    root = _ROOT.match(text)
    return root["name"].lower() if root else ""


def _none_of_ours(name: str, text: str, url: str) -> str:
    if name in _PAGE or _ANY_PAGE.search(text):
        return _web_page(text, url)
    if name == "opml":
        return "an OPML list of feeds, not a feed: add the feeds in it"
    return f"its root element is <{name or '?'}>: no format we know"


def _json(raw: bytes, content_type: str) -> str:
    document = json_reader.load(raw, content_type, [])
    for key, is_it in _JSON:
        if is_it(document):
            return key
    return refuse(document, "format we know")


def _web_page(text: str, base: str) -> str:
    title = re.search(r"<title[^>]*>([^<]{1,200})", text, re.IGNORECASE)
    called = f" (“{title[1].strip()}”)" if title else ""
    alternate = _ALTERNATE.search(text)
    if alternate is None:
        return f"a web page{called}, not a feed"
    link = absolute(alternate[1], base) or alternate[1]
    return f"a web page{called}, not a feed; it offers one at {link}"
