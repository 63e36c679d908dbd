"""Two people saved the same text: what each changed, and both put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.safestring import SafeString

from articles import body
from articles.revisions import EditConflict
from articles.text_diff import diff
from wire.sanitise import plain

LABELS = {
    "headline": "Headline",
    "standfirst": "Standfirst",
    "body": "Body",
    "framing": "How we framed this",
    "caption": "Caption",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldConflict:
    """One field that somebody else changed while you wrote."""

    name: str
    label: str
    yours: SafeString  # your words, marked against what both started from
    theirs: SafeString
    both: bool  # you changed it too
    merged: str | None  # both put together; None: they meet in the same place


def field_conflicts(stale: EditConflict) -> list[FieldConflict]:
    """Return the fields they changed to something else than you sent."""
    texts = {name: _texts(stale, name) for name in LABELS}
    return [
        _meeting(name, base, mine, theirs)
        for name, (base, mine, theirs) in texts.items()
        if theirs not in (base, mine)
    ]


def _texts(stale: EditConflict, name: str) -> tuple[str, str, str]:
    base = getattr(stale.base, name) if stale.base else ""
    return base, str(stale.mine[name]), str(getattr(stale.theirs, name))


def _meeting(name: str, base: str, mine: str, theirs: str) -> FieldConflict:
    shown: Any = plain if name == "body" else str
    return FieldConflict(
        name=name,
        label=LABELS[name],
        yours=diff(shown(base), shown(mine)),
        theirs=diff(shown(base), shown(theirs)),
        both=mine != base,
        merged=merged(name, base, mine, theirs),
    )


def proposed(
    stale: EditConflict, met: list[FieldConflict], sent: QueryDict
) -> QueryDict:
    """Return what was sent with what they saved put in, ready to be read and saved.

    Where both changed one thing, it is as you sent it.
    """
    data = sent.copy()
    data["base_n"] = str(stale.theirs.n)
    for meeting in met:
        if meeting.merged is not None:
            data[meeting.name] = meeting.merged
    if stale.base is None:
        return data
    if stale.mine["image"] == stale.base.image:
        data["lead_image"] = str(stale.theirs.image_id or "")
    if stale.mine["bylines"] == stale.base.bylines:
        for name in [name for name in data if name.startswith("bylines-")]:
            del data[name]  # theirs are printed; the form shows those
    return data


def merged(name: str, base: str, mine: str, theirs: str) -> str | None:
    """Return what both changes come to, or None where they meet in the same place."""
    if mine == base:
        return theirs
    if theirs in (base, mine):
        return mine
    return merged_body(base, mine, theirs) if name == "body" else None


def merged_body(base: str, mine: str, theirs: str) -> str | None:
    """Put two edits of a cleaned body together, block by block, by the blocks' ids.

    None where both changed the same block, or you moved blocks about.
    """
    was, my, their = (
        {block.id: str(block) for block in body.split(text)}
        for text in (base, mine, theirs)
    )
    if [name for name in was if name in my] != [name for name in my if name in was]:
        return None
    out: dict[str, str] = {}
    for name in dict.fromkeys([*their, *was, *my]):
        choice = _choice(was.get(name), my.get(name), their.get(name))
        if choice is None:
            return None
        out[name] = choice
    return "\n".join(out[name] for name in _order(list(was), my, their) if out[name])


def _order(was: list[str], my: dict[str, str], their: dict[str, str]) -> list[str]:
    """Return their order, with what you added after what it followed."""
    order, before = list(their), ""
    for name in my:
        if name not in their and name not in was:
            order.insert(order.index(before) + 1 if before in order else 0, name)
        before = name
    return order


def _choice(was: str | None, my: str | None, their: str | None) -> str | None:
    """Return the block both edits come to, empty if it goes, None if they disagree."""
    if my in (their, was):
        return their or ""
    return (my or "") if their == was else None
