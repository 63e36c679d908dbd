"""What the body of an article may hold: the one list.

The cleaner (`articles.body`), the editor at the desk (`admin-prose.js`, which is given the
list with the page), the marks of the ledger (`articles.rendering`) and the table in
docs/desk.md all follow it. A new element is one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

EVERYWHERE = ("lang", "dir")  # attributes any element may have


class Kind(StrEnum):
    """How an element stands in a body."""

    BLOCK = "block"  # stands by itself and has an id, which evidence hangs on
    PART = "part"  # stands only in the elements that name it
    WORDS = "words"  # stands around words, within a line
    VOID = "void"  # has nothing in it


@dataclass(frozen=True, slots=True)
class Element:
    """One element: where it stands, what stands in it, and its own attributes.

    `holds` is "words", or names of parts, and "blocks" for blocks and loose words; empty
    for a void one. An attribute's default, where it has one, is not written.
    """

    name: str
    kind: Kind
    holds: str
    attributes: dict[str, str | None]
    means: str

    @property
    def parts(self) -> list[str]:
        """The elements it holds by name."""
        return [name for name in self.holds.split() if name not in ("words", "blocks")]


def _e(name: str, kind: str, holds: str, attributes: str, means: str) -> Element:
    """Make a row; attributes as `name` or `name=default`."""
    pairs = (text.partition("=") for text in attributes.split())
    own = {attribute: default or None for attribute, _, default in pairs}
    return Element(name, Kind(kind), holds, own, means)


# fmt: off
ELEMENTS = (
    #  name, kind, holds, attributes, means
    _e("p",          "block", "words",   "",  "paragraph"),
    _e("h2",         "block", "words",   "",  "heading"),
    _e("h3",         "block", "words",   "",  "heading below a heading"),
    _e("blockquote", "block", "blocks",  "cite", "words of somebody else, where from"),
    _e("ul",         "block", "li",      "",  "list"),
    _e("ol",         "block", "li",      "start=1 type=1", "numbered list"),
    _e("li",         "part",  "blocks",  "",  "item of a list"),
    _e("figure",     "block", "img figcaption blocks", "",  "picture or table with a caption"),
    _e("figcaption", "part",  "blocks",  "",  "caption and credit of a figure"),
    _e("img",        "void",  "",        "src alt width height", "our own, under `/media/`"),
    _e("table",      "block", "caption thead tbody tfoot", "",  "table"),
    _e("caption",    "part",  "blocks",  "",  "caption of a table"),
    _e("thead",      "part",  "tr",      "",  "rows at the head"),
    _e("tbody",      "part",  "tr",      "",  "rows"),
    _e("tfoot",      "part",  "tr",      "",  "rows at the foot"),
    _e("tr",         "part",  "th td",   "",  "row"),
    _e("th",         "part",  "blocks",  "colspan=1 rowspan=1 scope", "cell that heads others"),
    _e("td",         "part",  "blocks",  "colspan=1 rowspan=1", "cell"),
    _e("a",          "words", "words",   "href title", "link"),
    _e("strong",     "words", "words",   "",  "bold"),
    _e("em",         "words", "words",   "",  "italic"),
    _e("s",          "words", "words",   "",  "struck out"),
    _e("code",       "words", "words",   "",  "code"),
    _e("sub",        "words", "words",   "",  "below the line"),
    _e("sup",        "words", "words",   "",  "above the line"),
    _e("q",          "words", "words",   "",  "words of somebody else, within a line"),
    _e("cite",       "words", "words",   "",  "title of a work"),
    _e("abbr",       "words", "words",   "title", "abbreviation, and what it stands for"),
    _e("time",       "words", "words",   "datetime", "time, and how a machine reads it"),
    _e("br",         "void",  "",        "",  "new line"),
)
# fmt: on
RENAMED = {  # what comes in by another name
    **dict.fromkeys(["div", "section", "article", "header", "footer", "main"], "p"),
    **dict.fromkeys(["dd", "dt", "address", "aside", "pre", "center"], "p"),
    **dict.fromkeys(["h1"], "h2"),
    **dict.fromkeys(["h4", "h5", "h6"], "h3"),
    **dict.fromkeys(["b"], "strong"),
    **dict.fromkeys(["i", "dfn", "var"], "em"),
    **dict.fromkeys(["del", "strike"], "s"),
}
BY_NAME = {element.name: element for element in ELEMENTS}
BLOCKS = {element.name for element in ELEMENTS if element.kind is Kind.BLOCK}
VOID = {element.name for element in ELEMENTS if element.kind is Kind.VOID}


def attributes(name: str) -> dict[str, str | None]:
    """Return the attributes an element may have, in the order they are written."""
    own = BY_NAME[name].attributes if name in BY_NAME else {}
    return {**own, **dict.fromkeys(EVERYWHERE)}


def ends_in_words(name: str) -> bool:
    """Whether the last thing in such a block is a line of words, which a mark may follow.

    A block with parts of its own does not: a note under a figure is none of its caption.
    """
    element = BY_NAME.get(name)
    return element is None or set(element.parts) <= {"li"}


def for_editor() -> dict[str, Any]:
    """Return the list as the editor at the desk reads it."""
    rows = [
        {
            "name": element.name,
            "kind": element.kind,
            "holds": element.holds.split(),
            "attributes": attributes(element.name),
        }
        for element in ELEMENTS
    ]
    return {"elements": rows, "renamed": RENAMED}
