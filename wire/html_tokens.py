"""HTML read as a run of tags, in one linear pass and without a tree.

Two uses: words for people (`plain_markup`), and markup made harmless to a tree builder
(`balanced`). Neither is a sanitiser; `wire.sanitise` is.
"""

import re
from collections import Counter
from html import unescape

MAX_DEPTH = 200  # elements inside each other
MAX_ATTRIBUTES = 100  # of one element
MAX_FORMATTING = 24  # of <b>, <i>, … open at once: tree builders repeat them
MAX_ENTITIES = 100_000  # tree builders append them one by one: quadratic
SMALL = 16_384  # characters: below this, and FEW tags, nothing can grow out of hand
FEW = 256

# Every branch ends in "or at the end of the text", so no branch that starts can fail
# after a long walk: that is what keeps the whole linear. Attributes follow the HTML
# standard: quotes mean something only after an equals sign.
_SPACE = r"[ \t\n\r\f]"
_ATTRIBUTE = (
    rf"(?:{_SPACE}|/)*+[^\s/>][^\s/>=]*+"
    rf"(?:{_SPACE}*+={_SPACE}*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+"
)
_RAW = "script|style|xmp|iframe|noembed|noframes|noscript|textarea|title|template"
_RAW_NAMES = set(_RAW.split("|"))
TOKEN = re.compile(
    r"<!--(?:>|->|.*?(?:--!?>|\Z))"
    rf"|<(?P<raw>{_RAW})(?=[\s/>])(?:{_ATTRIBUTE})*+(?:{_SPACE}|/)*+(?:>|\Z)"
    r".*?(?:</(?P=raw)(?=[\s/>])[^>]*(?:>|\Z)|\Z)"
    r"|<[!?][^>]*(?:>|\Z)"
    rf"|<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)"
    rf"(?P<attributes>(?:{_ATTRIBUTE})*+)(?:{_SPACE}|/)*+(?:>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)

_VOID = set("area base br col embed hr img input link meta source track wbr".split())
_FORMATTING = set(
    "a b big code em font i nobr s small strike strong tt u".split(),
)
_PARAGRAPHS = set(
    "address article aside blockquote center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr main menu nav ol p pre "
    "section summary table ul caption thead tbody tfoot".split()
)
_LINES = set("br li tr option".split())
_IMPLIED_END = {  # a start tag → what it closes if open, and what hides it
    **dict.fromkeys(_PARAGRAPHS - {"dd", "dt"}, ({"p"}, {"table", "td", "th"})),
    "li": ({"li", "p"}, {"ul", "ol", "table"}),
    "dd": ({"dd", "dt", "p"}, {"dl", "table"}),
    "dt": ({"dd", "dt", "p"}, {"dl", "table"}),
    "td": ({"td", "th"}, {"table"}),
    "th": ({"td", "th"}, {"table"}),
    "tr": ({"tr"}, {"table"}),
}
_WINDOW = 64  # open elements looked through for one that a start tag closes

_BLOCK, _LINE = "\x02", "\x01"  # stand for a new paragraph and a new line
_MARKS = {
    **dict.fromkeys(_PARAGRAPHS, _BLOCK),
    **dict.fromkeys(_LINES, _LINE),
    "td": " ",
    "th": " ",
}
_MARKS |= {name.upper(): mark for name, mark in _MARKS.items()}
_BETWEEN = re.compile(r"<([^<>]*)>")
_NAME = re.compile(r"/?([a-zA-Z][^\s/]*)")
_seen: dict[str, str] = {}  # tags without attributes, and what they stand for
_MOST_SEEN = 2_000


_CLOSED_AT_ONCE = re.compile(rf"<(?:{_RAW}|IFRAME|SCRIPT)\b[^<>]*/[ \t\r\n]*>")


def without_empty(markup: str) -> str:
    """Drop `<iframe … />` and its like, which would swallow all that follows in HTML."""
    return _CLOSED_AT_ONCE.sub("", markup) if "/>" in markup else markup


def _mark(token: re.Match[str]) -> str:
    return _MARKS.get((token["name"] or "").lower(), "")


def plain_markup(markup: str) -> str:
    """Return the words of `markup`.

    Without a single tag it is plain text with entities, and keeps its line ends.
    """
    if "<" not in markup:
        return unescape(markup) if "&" in markup else markup
    if _LINE in markup or _BLOCK in markup:
        markup = markup.replace(_LINE, "").replace(_BLOCK, "")
    words = _quickly(markup)
    if words is None:
        words = TOKEN.sub(_mark, markup)
    if "&" in words:
        words = unescape(words)
    words = " ".join(words.split())
    if _LINE in words:
        words = words.replace(f" {_LINE}", _LINE).replace(f"{_LINE} ", _LINE)
    if _BLOCK in words:
        blocks = (block.strip(f" {_LINE}") for block in words.split(_BLOCK))
        words = "\n\n".join(block for block in blocks if block)
    return words.replace(_LINE, "\n")


def _quickly(markup: str) -> str | None:
    """Take tags out by splitting at angle brackets; None where that may go wrong.

    It may with comments, raw text, unbalanced quotes and brackets that are no tags.
    """
    parts = _BETWEEN.split(markup)
    for index in range(1, len(parts), 2):
        tag = parts[index]
        mark = _seen.get(tag)
        if mark is None:
            named = _NAME.match(tag)
            if named is None or tag.count('"') % 2 or tag.count("'") % 2:
                return None
            name = named[1]
            if name.lower() in _RAW_NAMES:
                return None
            mark = _MARKS.get(name, "")
            if " " not in tag and len(_seen) < _MOST_SEEN:
                _seen[tag] = mark
        parts[index] = mark
    words = "".join(parts)
    return None if "<" in words else words


def balanced(markup: str) -> str:
    """Return `markup` with every element closed in order and all floods cut off.

    Small markup is returned as it is: it cannot keep a tree builder busy.
    """
    if len(markup) <= SMALL and markup.count("<") <= FEW:
        return markup
    if markup.count("&") > MAX_ENTITIES:
        markup = "&".join(markup.split("&", MAX_ENTITIES + 1)[: MAX_ENTITIES + 1])
    writer = _Writer()
    at = 0
    for token in TOKEN.finditer(markup):
        writer.out.append(markup[at : token.start()])
        at = token.end()
        name = (token["name"] or "").lower()
        if name and token["end"]:
            writer.end(name)
        elif name:
            writer.start(name, token["attributes"])
    writer.out.append(markup[at:])
    writer.close_down_to(0)
    return "".join(writer.out)


class _Writer:
    """Writes tags so that none is left open, crossed, or too deep."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.stack: list[tuple[str, bool]] = []  # name, and whether it was written
        self.open: Counter[str] = Counter()
        self.depth = self.formatting = 0

    def start(self, name: str, attributes: str) -> None:
        if self.stack and name in _IMPLIED_END:
            self._close_implied(*_IMPLIED_END[name])
        if name in _VOID:
            self.out.append(f"<{name}{_few(attributes)}>")
            return
        written = self.depth < MAX_DEPTH and not (
            name in _FORMATTING and self.formatting >= MAX_FORMATTING
        )
        if written:
            self.out.append(f"<{name}{_few(attributes)}>")
            self.depth += 1
            self.formatting += name in _FORMATTING
        self.stack.append((name, written))
        self.open[name] += 1

    def end(self, name: str) -> None:
        if not self.open[name]:
            return
        keep = len(self.stack) - 1
        while self.stack[keep][0] != name:
            keep -= 1
        self.close_down_to(keep)

    def close_down_to(self, keep: int) -> None:
        while len(self.stack) > keep:
            name, written = self.stack.pop()
            self.open[name] -= 1
            if written:
                self.out.append(f"</{name}>")
                self.depth -= 1
                self.formatting -= name in _FORMATTING

    def _close_implied(self, closes: set[str], hidden_by: set[str]) -> None:
        lowest = None
        floor = max(len(self.stack) - _WINDOW, 0)
        for index in range(len(self.stack) - 1, floor - 1, -1):
            name = self.stack[index][0]
            if name in closes:
                lowest = index
            elif name in hidden_by:
                break
        if lowest is not None:
            self.close_down_to(lowest)


def _few(attributes: str) -> str:
    """Keep the first `MAX_ATTRIBUTES` of an element; none that is never closed."""
    if len(attributes) < MAX_ATTRIBUTES:
        kept = attributes
    else:
        each = _ATTRIBUTES.finditer(attributes)
        kept = "".join(m[0] for m, _ in zip(each, range(MAX_ATTRIBUTES), strict=False))
    if kept and kept[0] not in " \t\n\r\f/":
        kept = " " + kept
    return kept
