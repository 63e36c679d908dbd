"""Finding the names of publishers in a text, in the time it takes to read it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from articles.checks.known_publishers import WELL_KNOWN

_WORD = re.compile(r"\w+")
_THE = re.compile(r"^the\s+", re.IGNORECASE)
_BEFORE = re.compile(r"\W*")
SHORTEST = 2  # letters of a name that is looked for


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher by all its names; the first is the one findings print.

    A name with a star is also an ordinary word: it counts only where it says something.
    """

    names: tuple[str, ...]
    is_press: bool = True  # of others a mere mention is no claim

    @property
    def name(self) -> str:
        return self.names[0].removesuffix("*")


@dataclass(frozen=True, slots=True)
class Mention:
    """A publisher's name at one place of a text."""

    outlet: int  # its place in `Names.outlets`
    start: int
    end: int
    must_speak: bool  # counts only where it says something


@dataclass(frozen=True, slots=True)
class _Spelling:
    outlet: int
    must_speak: bool
    needs_the: bool  # one word that is a name only after "the"


class Names:
    """Publishers by name. Those that share a name are one."""

    def __init__(self, known: Iterable[Outlet]) -> None:
        """Index the publishers we listen to, and the well-known ones with them.

        A publisher is printed under the name it has on our wire.
        """
        self.outlets = _merged([*known, *map(Outlet, WELL_KNOWN)])
        self._by_name: dict[str, int] = {}
        # By first word, then by length: however many names begin alike, few lengths do.
        self._spelled: dict[str, dict[int, dict[str, _Spelling]]] = {}
        for index, outlet in enumerate(self.outlets):
            for name in filter(None, outlet.names):
                self._by_name.setdefault(_key(name), index)
                self._spell(name, index)
        for first, lengths in self._spelled.items():
            self._spelled[first] = dict(sorted(lengths.items(), reverse=True))

    def _spell(self, name: str, outlet: int) -> None:
        plain = name.removesuffix("*").strip()
        rest = _THE.sub("", plain)
        text = _BEFORE.sub("", rest, count=1)
        first = _WORD.match(text)
        if first is None or len(text) < SHORTEST:
            return
        lengths = self._spelled.setdefault(first[0], {})
        lengths.setdefault(len(text), {}).setdefault(
            text,
            _Spelling(
                outlet,
                must_speak=name.endswith("*"),
                needs_the=rest != plain and len(text.split()) == 1,
            ),
        )

    def look_up(self, name: str) -> int | None:
        """Return whose name this is, `None` if nobody's."""
        return self._by_name.get(_key(name))

    def find(self, text: str) -> list[Mention]:
        """Return every mention, in order, the longest name at each place. Linear."""
        found: list[Mention] = []
        for word in _WORD.finditer(text):
            lengths = self._spelled.get(word[0])
            start = word.start()
            if lengths is None or (found and start < found[-1].end):
                continue
            for length, spellings in lengths.items():
                end = start + length
                spelling = spellings.get(text[start:end])
                if spelling and _stands(spelling, text, start, end):
                    found.append(
                        Mention(spelling.outlet, start, end, spelling.must_speak)
                    )
                    break
        return found


def _merged(known: list[Outlet]) -> list[Outlet]:
    """Make one of those that share a name; names with a star belong to nobody alone."""
    merged: list[Outlet] = []
    by_name: dict[str, int] = {}
    for outlet in known:
        sure = {_key(name) for name in outlet.names if not name.endswith("*")}
        same = sorted({by_name[key] for key in sure if key in by_name})
        here = same[0] if same else len(merged)
        parts = [*(merged[index] for index in same), outlet]
        one = Outlet(
            tuple(dict.fromkeys(name for part in parts for name in part.names)),
            any(part.is_press for part in parts),
        )
        merged[here : here + 1] = [one]
        for index in same[1:]:
            merged[index] = Outlet(("",))  # its place stays, so that others keep theirs
        by_name.update({_key(name): here for name in one.names if name[-1:] != "*"})
    return merged


def _stands(spelling: _Spelling, text: str, start: int, end: int) -> bool:
    """Whether the name ends here, and "the" is before it if it must be."""
    if end < len(text) and (text[end].isalnum() or text[end] == "_"):
        return False
    return not spelling.needs_the or text[max(start - 4, 0) : start].lower() == "the "


@lru_cache(maxsize=4)  # the publishers of a newsroom change seldom
def index(known: tuple[Outlet, ...]) -> Names:
    """Return the index of these publishers, made once for the same ones."""
    return Names(known)


def _key(name: str) -> str:
    return _THE.sub("", " ".join(name.removesuffix("*").split())).casefold()
