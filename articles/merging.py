"""Two texts made from one, put together where they do not touch. Pure.

A proposal for the editor whose save came second, never saved by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from articles.body import Block, split

FIELDS = ("headline", "standfirst", "framing", "caption", "image", "bylines")


@dataclass(frozen=True, slots=True)
class Merged:
    """The text proposed, and what in it both have changed: there it is mine."""

    text: dict[str, Any]
    conflicts: list[
        str
    ]  # names of fields; "body" with the ids of paragraphs: "p-abcdef"


def merge(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Merged:
    """Put together what two people made of `base`; texts as `Revision.text` gives them."""
    text: dict[str, Any] = {}
    conflicts: list[str] = []
    for name in FIELDS:
        text[name] = theirs[name] if mine[name] == base[name] else mine[name]
        if base[name] not in (mine[name], theirs[name]) and mine[name] != theirs[name]:
            conflicts.append(name)
    text["body"], in_body = _bodies(base["body"], mine["body"], theirs["body"])
    return Merged(text, conflicts + in_body)


def _bodies(base: str, mine: str, theirs: str) -> tuple[str, list[str]]:
    """Merge by paragraphs; where both moved, cut or added some, mine stands whole."""
    if mine in (base, theirs):
        return theirs, []
    if theirs == base:
        return mine, []
    old, ours, others = split(base), split(mine), split(theirs)
    if _order(ours) == _order(old):
        return _laid_over(others, old, ours, wins=True)
    if _order(others) == _order(old):
        return _laid_over(ours, old, others, wins=False)
    return mine, ["body"]


def _order(blocks: list[Block]) -> list[str]:
    return [block.id for block in blocks]


def _laid_over(
    frame: list[Block], old: list[Block], edited: list[Block], *, wins: bool
) -> tuple[str, list[str]]:
    """Put the edited paragraphs into `frame`, which has the order of the other text.

    `wins` says whether `edited` is mine, so that it stands where both changed one.
    """
    before = {block.id: str(block) for block in old}
    edits = {b.id: str(b) for b in edited if str(b) != before[b.id]}
    merged, conflicts = [], []
    for block in frame:
        theirs = str(block)
        ours = edits.pop(block.id, theirs)
        if ours != theirs and theirs != before[block.id]:
            conflicts.append(block.id)
            merged.append(ours if wins else theirs)
        else:
            merged.append(ours)
    conflicts += edits  # changed here, gone there
    return "\n".join(merged), conflicts
