"""The fictional paper: its name, sections, authors and stories, read from content/.

A story is a file with TOML between two lines of `+++`, then text: paragraphs apart by a
blank line, `## ` for a heading, `![name] ` before the caption of a picture that another
story shows, and at the end of a paragraph what stands behind it: `^[source/key role;
source/key role]`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from articles.statuses import Status
from demo.words import dated

NAME = "The Halyard"
CREDIT = f"Illustration: {NAME} graphics desk"
RIGHTS = f"© {NAME}. Drawn by a program for this demonstration; free to use with it."
CONTENT = Path(__file__).parent / "content"

_SETTLED, _LONGEST = 240, 1300  # minutes: stories between are today's, and may move
_FIGURE = re.compile(r"!\[([\w-]+)\] ")
_PROOF = re.compile(r"\s*\^\[([^\]]+)\]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What stands behind a paragraph: the key of a wire post, and its role."""

    source: str
    key: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One paragraph, heading or picture with its caption, and its evidence."""

    heading: bool
    text: str
    proofs: tuple[Proof, ...] = ()
    picture: str = ""  # its name

    def html(self, pictures: Mapping[str, str]) -> str:
        """Return the block's markup; `pictures` have theirs by name."""
        if self.picture:
            words = escape(f"{self.text} {CREDIT}", quote=False)
            image = pictures.get(self.picture, "")
            return f"<figure>{image}<figcaption>{words}</figcaption></figure>"
        tag = "h2" if self.heading else "p"
        return f"<{tag}>{escape(self.text, quote=False)}</{tag}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story of the fictional paper, as its file says."""

    slug: str
    head: dict[str, Any]
    blocks: tuple[Block, ...]

    @property
    def status(self) -> str:
        """live, scheduled, draft, in_edit, ready or killed."""
        return str(self.head.get("status", Status.LIVE))

    @property
    def kind(self) -> str:
        return str(self.head.get("kind", "news"))

    @property
    def words(self) -> int:
        return sum(len(block.text.split()) for block in self.blocks)

    def at(self, start: datetime) -> datetime:
        """When the story came out, or is to come out, in a world that began at `start`."""
        if minutes := self.head.get("in_minutes"):
            return start + timedelta(minutes=minutes)
        if day := self.head.get("day"):
            clock = time.fromisoformat(self.head["at"])
            then = start - timedelta(days=day)
            return datetime.combine(then.date(), clock, tzinfo=start.tzinfo)
        return start - timedelta(minutes=self._ago(start))

    def _ago(self, start: datetime) -> float:
        """Minutes before `start`; a day's stories are drawn together after midnight.

        So today's issue is full from eight in the morning on, and no story comes before
        what it cites: it only moves closer to the start.
        """
        ago = float(self.head.get("ago", 0))
        today = start.hour * 60 + start.minute - 20
        if not _SETTLED < ago < _LONGEST or today < _SETTLED * 2:
            return ago
        return _SETTLED + (ago - _SETTLED) * min(
            1, (today - _SETTLED) / (_LONGEST - _SETTLED)
        )

    def dated(self, text: str, start: datetime) -> str:
        """`text` with its clocks and days filled in, for a world that began at `start`."""
        # A paper written for today says "on Monday" of the day it is read, so stories
        # of the last 24 hours count their days from the start.
        day = self.at(start) if self.head.get("day") else start
        return dated(text, anchor=start, day=day)

    def html(
        self,
        start: datetime,
        *,
        blocks: Iterable[Block] | None = None,
        first: bool = False,
        pictures: Mapping[str, str] | None = None,
    ) -> str:
        """The body, or some blocks of it, as HTML; `first`: as it read before a correction.

        `pictures` have the markup of those in the text, by name.
        """
        shown = self.blocks if blocks is None else blocks
        drawn = pictures or {}
        text = self.dated("\n".join(block.html(drawn) for block in shown), start)
        if first and (changed := self.head.get("first_version")):
            text = text.replace(
                escape(changed["find"], quote=False),
                escape(changed["was"], quote=False),
            )
        return text


def _proofs(marks: str) -> tuple[Proof, ...]:
    found = []
    for mark in marks.split(";"):
        reference, role = mark.split()
        source, key = reference.split("/")
        found.append(Proof(source=source, key=key, role=role))
    return tuple(found)


def _block(text: str) -> Block:
    if text.startswith("## "):
        return Block(heading=True, text=text[3:].strip())
    picture = _FIGURE.match(text)
    proof = _PROOF.search(text)
    plain = " ".join(_PROOF.sub("", _FIGURE.sub("", text)).split())
    return Block(
        heading=False,
        text=plain,
        proofs=_proofs(proof[1]) if proof else (),
        picture=picture[1] if picture else "",
    )


def read(path: Path) -> Story:
    """Read one story file. Raises `ValueError`, naming the file, if it is not one."""
    parts = path.read_text(encoding="utf-8").split("+++\n")
    if len(parts) != 3 or parts[0]:
        raise ValueError(f"{path.name}: expected head and text, parted by lines of +++")
    try:
        head = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name}: {error}") from error
    blocks = tuple(_block(text) for text in re.split(r"\n\s*\n", parts[2].strip()))
    return Story(slug=path.stem, head=head, blocks=blocks)


@cache
def stories() -> tuple[Story, ...]:
    """Every story, by file name."""
    return tuple(read(path) for path in sorted((CONTENT / "stories").glob("*.md")))


def table(name: str) -> dict[str, Any]:
    """One of the small tables: sections, authors, sources, stock, instruments."""
    with (CONTENT / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
