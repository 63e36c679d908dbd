"""Untrusted text made safe to keep and to show. Pure.

Text: NUL and control characters go, lone surrogates become U+FFFD, bidi overrides
and invisible spaces go, line ends become LF. Markup: capped first (bytes, depth,
attributes: a sanitiser given 100,000 nested tags is busy for seconds), then reduced
to a closed list of tags by nh3, until a second pass changes nothing.
"""

import html as entities
import re

import nh3

from wire.html_tokens import balanced, plain_markup, without_empty

MAX_HTML = 1_000_000  # bytes of markup looked at; the rest is dropped
MAX_TEXT = 1_000_000  # characters of plain text kept

# What neither PostgreSQL nor a reader can use: C0 but TAB and LF, DEL, C1, the
# noncharacters, bidi embeddings, overrides and isolates, zero-width space, word
# joiner and byte order mark. ZWJ and ZWNJ stay: emoji and Persian need them.
_FORBIDDEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\u200b\u202a-\u202e\u2060\u2066-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff"
)
_DROPPED = re.compile(f"[{_FORBIDDEN}]")
_SUSPECT = re.compile(f"[{_FORBIDDEN}\r\u2028\u2029\ud800-\udfff]")
_ASCII_SUSPECT = bytes(set(range(32)) - {9, 10} | {127})
_SURROGATE = re.compile("[\ud800-\udfff]")
_HALF_AT_END = re.compile(r"(?:<[^<>]{0,2000}|&[^&;\s]{0,32})\Z")
_PLAIN = re.compile("[<>&\xa0]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_MANY_BLANK = re.compile(r"\n(?:[ \t]*\n){2,}")

_TAGS = {
    *"a abbr b bdi blockquote br caption cite code dd del dfn div dl dt em".split(),
    *"figcaption figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q rp rt".split(),
    *"ruby s samp small span strong sub sup table tbody td tfoot th thead".split(),
    *"time tr u ul var".split(),
}
_DROPPED_WITH_CONTENT = {
    *"script style iframe noembed noframes noscript textarea title xmp".split(),
    *"template svg math select object embed plaintext head".split(),
}
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}


def _relative(url: str) -> str | None:
    """Give a `//host` link its scheme; a link relative to us would lie."""
    return f"https:{url}" if url.startswith("//") and url[2:3].isalnum() else None


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes=_ATTRIBUTES,
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto"},
    url_relative=_relative,
)
_ROOM = 4_096  # bytes; 200 end tags fit
_PASSES = 6  # passes until nothing changes; more than three were never seen


def clean_text(text: str) -> str:
    """Return `text` fit to store: valid, without controls, lines ending in LF.

    Trimmed, at most one blank line in a row, at most `MAX_TEXT` characters.
    """
    text = _valid(text[:MAX_TEXT])
    if "\n\n\n" in text or "\n " in text or "\n\t" in text:
        text = _MANY_BLANK.sub("\n\n", text)
    return text.strip()


def clean_line(text: str) -> str:
    """Return `text` on one line: a headline, a byline, a name."""
    return " ".join(_valid(text[:MAX_TEXT]).split())


def clean_html(markup: str) -> str:
    """Return `markup` with allowed tags, attributes and links only.

    Pictures go (they travel as media), links keep http, https and mailto.
    `clean_html(clean_html(x)) == clean_html(x)` for every x.
    """
    markup = _valid(markup[:MAX_HTML])
    if _PLAIN.search(markup) is None:
        return _within(markup)
    for _ in range(_PASSES):  # _valid again: &#x202e; is only now a character
        cleaned = _valid(_CLEANER.clean(balanced(without_empty(_within(markup)))))
        if cleaned == markup:
            return cleaned
        markup = cleaned
    # It will not come to rest: keep the words, small enough to stay below the cap.
    words = plain(markup)[: MAX_HTML // 8]
    return _CLEANER.clean(f"<p>{entities.escape(words, quote=False)}</p>")


def plain(markup: str) -> str:
    """Return the words of `markup`: paragraphs apart by one blank line, `<br>` a LF.

    Scripts, styles and embedded documents are left out. Linear in its length.
    """
    return clean_text(plain_markup(without_empty(markup[:MAX_HTML])))


def _valid(text: str) -> str:
    if text.isascii():  # ten times faster than looking for them one by one
        raw = text.encode()
        if len(raw.translate(None, _ASCII_SUSPECT)) == len(raw):
            return text
    elif _SUSPECT.search(text) is None:
        return text
    if _SURROGATE.search(text):  # halves of one character are joined, others replaced
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _LINE_ENDS.sub("\n", _DROPPED.sub("", text))


def _within(markup: str) -> str:
    """Cut to `MAX_HTML` bytes, before a tag or entity rather than inside it.

    What is cut leaves room for the end tags its open elements then need.
    """
    if len(markup) * 4 <= MAX_HTML:
        return markup
    raw = markup.encode()
    if len(raw) <= MAX_HTML:
        return markup
    return _HALF_AT_END.sub("", raw[: MAX_HTML - _ROOM].decode(errors="ignore"))
