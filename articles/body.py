"""The body of an article: cleaned at save, each block under an id that stays with it.

Evidence hangs on blocks, so a block keeps its id through edits although the editor drops
the attribute. A new block is the old one with the same words; else the one that carries
the id; else, between the same neighbours, the one most alike. What is left gets an id
made from its words, so that the same save twice gives the same body. Pure.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property

import nh3

from articles import body_elements
from articles.body_elements import BLOCKS, RENAMED, VOID
from articles.limits import MAX_BLOCKS, MAX_BODY, MAX_PASTE, TooMuch
from wire.html_tokens import TOKEN, balanced
from wire.sanitise import clean_line, clean_text, plain

ID = re.compile(r"p-[a-z2-7]{6}")
_WORDS = re.compile(r"\w+")
_ID_ATTRIBUTE = re.compile(r' id="([^"]*)"')
PICTURE_ID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"  # a picture's public id
_PICTURE = re.compile(rf' src="/media/({PICTURE_ID})/')
_ATTRIBUTE = re.compile(r' ([a-z]+)="[^"]*"')  # as the cleaner writes them
ALIKE = 0.5  # share of words in common, from which a block is an edit of another
_LOOKED_AT = 400  # words of a block compared
_COMPARISONS = 4_000  # of blocks, in one save

_DROPPED_WITH_CONTENT = {
    *"script style iframe noembed noframes noscript textarea title xmp".split(),
    *"template svg math select object embed plaintext head".split(),
}


class Unusable(ValueError):
    """Nothing of what was pasted can be kept; the message is fit for the editor."""


@dataclass(frozen=True)
class Block:
    """One block of a body: its element's name, its id if it has one, what is in it."""

    tag: str
    id: str
    attributes: str  # ready to print, with a leading space; never the id
    inner: str

    @cached_property
    def text(self) -> str:
        return clean_line(plain(self.inner))

    @cached_property
    def words(self) -> list[str]:
        """The words two blocks are compared by, without their punctuation."""
        return _WORDS.findall(self.text.casefold())[:_LOOKED_AT]

    @property
    def key(self) -> tuple[str, str]:
        """What two blocks must share to be the same: the kind, and words or pictures."""
        return self.tag, self.text or self.inner

    def __str__(self) -> str:
        return f'<{self.tag} id="{self.id}"{self.attributes}>{self.inner}</{self.tag}>'


def _address(url: str) -> str | None:
    """Keep links into our own pages; a link relative to anywhere else would lie."""
    inside = url.startswith(("/", "#")) and not url.startswith("//")
    return url if inside else None


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Keep our own pictures and our own ids alone."""
    if tag == "img" and name == "src":
        return value if value.startswith("/media/") and ".." not in value else None
    if name == "id":
        return value if ID.fullmatch(value) else None
    return None if value == body_elements.attributes(tag).get(name) else value


_CLEANER = nh3.Cleaner(
    tags=set(body_elements.BY_NAME),
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes={
        "*": {"id"},
        **{name: set(body_elements.attributes(name)) for name in body_elements.BY_NAME},
    },
    attribute_filter=_attribute,
    link_rel="noopener noreferrer",
    url_schemes={"http", "https", "mailto"},
    url_relative=_address,
)


def clean(markup: str, *, base: str = "") -> str:
    """Return `markup` as it may be kept, one block a line, ids carried over from `base`.

    `base` is the cleaned body the edit started from. Raises `TooMuch` when it is too long,
    and `Unusable` when there was something and nothing of it can be kept.
    """
    _bounded(len(markup.encode(errors="replace")), MAX_PASTE, "bytes of markup")
    blocks = _sanitised(markup)
    _bounded(len(blocks), MAX_BLOCKS, "paragraphs")
    if not blocks and plain(markup):
        raise Unusable("Nothing in this body can be kept: it has no text of its own.")
    cleaned = "\n".join(map(str, identified(blocks, split(base))))
    _bounded(len(cleaned), MAX_BODY, "characters")
    return cleaned


def _bounded(count: int, limit: int, what: str) -> None:
    if count > limit:
        raise TooMuch(
            f"The body has {count:,} {what}; {limit:,} are allowed. Nothing was saved."
        )


def split(cleaned: str) -> list[Block]:
    """Return the blocks of a cleaned body, in order."""
    return list(_blocks(cleaned))


def ids(cleaned: str) -> list[str]:
    """Return the ids of a cleaned body's blocks, in order."""
    return [block.id for block in split(cleaned)]


def pictures(cleaned: str) -> list[str]:
    """Return the public ids of the pictures a cleaned body shows, in order."""
    return list(dict.fromkeys(_PICTURE.findall(cleaned)))


def words(cleaned: str) -> str:
    """Return the plain text of a cleaned body, paragraphs apart by a blank line."""
    return plain(cleaned)


def _sanitised(markup: str) -> list[Block]:
    tidy = balanced(clean_text(markup))
    tidy = _CLEANER.clean(TOKEN.sub(_rename, tidy))
    _bounded(len(tidy), MAX_PASTE, "characters of markup")
    return [block for block in _blocks(clean_text(tidy)) if _says_something(block)]


def _says_something(block: Block) -> bool:
    return bool(block.text) or "<img " in block.inner


def _rename(token: re.Match[str]) -> str:
    name = (token["name"] or "").lower()
    if name not in RENAMED:
        return token[0]
    return f"<{token['end']}{RENAMED[name]}>"


def _blocks(markup: str) -> Iterator[Block]:
    """Part sanitised markup at its outermost elements; loose words become paragraphs."""
    loose: list[str] = []  # markup since the last block, outside of any
    inside: list[str] = []
    opened: Block | None = None
    depth = at = 0
    for token in TOKEN.finditer(markup):
        (inside if opened else loose).append(markup[at : token.start()])
        at = token.end()
        name = (token["name"] or "").lower()
        if opened is None and not token["end"] and name in BLOCKS | {"li"}:
            yield from _paragraph(loose)
            opened, inside, depth = _opened(name, token["attributes"] or ""), [], 1
            continue
        if opened and name not in VOID:
            depth += -1 if token["end"] else 1
            if depth == 0:
                yield _closed_block(opened, "".join(inside))
                opened, loose = None, []
                continue
        (inside if opened else loose).append(_in_order(token))
    loose.append(markup[at:])
    yield from _paragraph(loose)


def _opened(name: str, attributes: str) -> Block:
    found = _ID_ATTRIBUTE.search(attributes)
    rest = _ID_ATTRIBUTE.sub("", attributes)
    return Block(name, found[1] if found else "", _ordered(name, rest), "")


def _closed_block(block: Block, inner: str) -> Block:
    if block.tag == "li":  # a list's item without its list
        return Block("ul", block.id, "", f"<li{block.attributes}>{inner.strip()}</li>")
    return replace(block, inner=inner.strip())


def _paragraph(loose: list[str]) -> Iterator[Block]:
    inner = "".join(loose).strip()
    loose.clear()
    if inner:
        # A caption without its figure is a paragraph like any other
        inner = re.sub(r"</?(?:figcaption|caption)[^>]*>", "", inner).strip()
        yield Block("p", "", "", inner)


def _in_order(token: re.Match[str]) -> str:
    """Write a tag within a block: without an id, its attributes in the list's order."""
    name = token["name"]
    if not name or token["end"] or not token["attributes"]:
        return token[0]
    return f"<{name}{_ordered(name, _ID_ATTRIBUTE.sub('', token['attributes']))}>"


def _ordered(name: str, attributes: str) -> str:
    order = list(body_elements.attributes(name))
    found = sorted(
        (order.index(each[1]) if each[1] in order else len(order), each[0])
        for each in _ATTRIBUTE.finditer(attributes)
    )
    return "".join(text for _, text in found)


def identified(new: list[Block], base: list[Block]) -> list[Block]:
    """Return `new` with ids: those of the blocks of `base` they continue, else fresh.

    Every id is there once, and no fresh one has stood in `base`.
    """
    pairs = _same_words(new, base)
    pairs.update(_same_id(new, base, pairs))
    pairs.update(_most_alike(new, base, pairs))
    taken = {block.id for block in base}
    out: list[Block] = []
    seen: set[str] = set()
    turns: Counter[tuple[str, str]] = Counter()  # how often these words had an id made
    for index, block in enumerate(new):
        if index in pairs:
            name = base[pairs[index]].id
        elif block.id and block.id not in taken and block.id not in seen:
            name = block.id  # it came with an id of its own
        else:
            name = _fresh(block, taken, seen, turns)
        seen.add(name)
        out.append(replace(block, id=name))
    return out


def _same_words(new: list[Block], base: list[Block]) -> dict[int, int]:
    """Pair blocks with equal words: first those in order, then those that moved."""
    left = [block.key for block in base]
    right = [block.key for block in new]
    pairs: dict[int, int] = {}
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for a, b, size in matcher.get_matching_blocks():
        pairs.update((b + step, a + step) for step in range(size))
    free: dict[tuple[str, str], list[int]] = {}
    for index in _free(range(len(base)), pairs.values()):
        free.setdefault(left[index], []).append(index)
    for index in _free(range(len(new)), pairs.keys()):
        if free.get(right[index]):
            pairs[index] = free[right[index]].pop(0)
    return pairs


def _same_id(
    new: list[Block], base: list[Block], pairs: dict[int, int]
) -> dict[int, int]:
    """Pair what is left by the id the block still carries, the first one counts."""
    free = {base[i].id: i for i in _free(range(len(base)), pairs.values())}
    found: dict[int, int] = {}
    for index in _free(range(len(new)), pairs.keys()):
        if (match := free.pop(new[index].id, None)) is not None:
            found[index] = match
    return found


def _most_alike(
    new: list[Block], base: list[Block], pairs: dict[int, int]
) -> dict[int, int]:
    """Pair what is left with the most alike block between the same neighbours, in order."""
    found: dict[int, int] = {}
    budget = _COMPARISONS
    floor = 0  # of base: what stands before may not be crossed
    for index in range(len(new)):
        if index in pairs:
            floor = max(floor, pairs[index] + 1)
            continue
        ahead = [pairs[i] for i in range(index + 1, len(new)) if i in pairs]
        ceiling = min((i for i in ahead if i >= floor), default=len(base))
        taken = {*pairs.values(), *found.values()}
        candidates = [i for i in range(floor, ceiling) if i not in taken]
        candidates = candidates[: max(budget, 0)]
        budget -= len(candidates)
        match = _best(new[index], [(i, base[i]) for i in candidates])
        if match is not None:
            found[index] = match
            floor = match + 1
    return found


def _best(block: Block, candidates: list[tuple[int, Block]]) -> int | None:
    best, score = None, ALIKE
    matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
    matcher.set_seq2(block.words)
    for index, candidate in candidates:
        matcher.set_seq1(candidate.words)
        if matcher.real_quick_ratio() < score or matcher.quick_ratio() < score:
            continue
        if (ratio := matcher.ratio()) > score or (best is None and ratio == score):
            best, score = index, ratio
    return best


def _free(indexes: Iterable[int], used: Iterable[int]) -> list[int]:
    gone = set(used)
    return [index for index in indexes if index not in gone]


def _fresh(
    block: Block, taken: set[str], seen: set[str], turns: Counter[tuple[str, str]]
) -> str:
    """Make an id from the block's words that nothing else has."""
    while True:
        seed = f"{turns[block.key]}\x00{block.tag}\x00{block.text}\x00{block.inner}"
        turns[block.key] += 1
        digest = hashlib.sha256(seed.encode()).digest()
        name = "p-" + b32encode(digest).decode().lower()[:6]
        if name not in taken and name not in seen:
            return name
