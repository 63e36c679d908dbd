"""Whose hands are in a text: they may not pass it.

A text is passed when it becomes the public one. Whoever saved anything since then is one
of its writers, however little of it was left standing by who saved last; an approval that
was taken back, or a schedule, has passed nothing. A restored text brings its writers along.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import CharField, F, IntegerField, Value
from django.db.models.functions import Cast

if TYPE_CHECKING:
    from articles.models import Article

_GOES_OUT = ("publish", "schedule", "update")
_COUNTS = (*_GOES_OUT, "hold", "submit")


@dataclass(slots=True)
class _Past:
    """What was saved and what went out."""

    writers: dict[int, int] = field(default_factory=dict)  # revision: who
    restored: dict[int, int] = field(
        default_factory=dict
    )  # revision: the one it repeats
    passed: list[int] = field(default_factory=list)  # revisions, in the order they went
    submitted_by: int | None = None


def hands(article: Article) -> dict[int, str]:
    """Return who may not pass the working text (user ids), and what each did. One query.

    What they did completes a sentence: “you wrote revision 4 of this text”.
    """
    past = _past(article)
    found = {
        past.writers[n]: f"you wrote revision {n} of this text"
        for n in sorted(_unpassed(past, article.revision_n))
    }
    if article.status != "live" and past.submitted_by is not None:
        found.setdefault(past.submitted_by, "you submitted this text yourself")
    return found


def _past(article: Article) -> _Past:
    saved = article.revisions.annotate(
        what=Value("saved", CharField()), turn=Cast("n", IntegerField())
    ).values_list("what", "turn", "n", "by_id", "restored_n")
    moved = (
        article.moves.filter(verb__in=_COUNTS)
        .annotate(turn=F("pk"), nothing=Value(None, IntegerField()))
        .values_list("verb", "turn", "revision_n", "by_id", "nothing")
    )
    past = _Past()
    for what, _, n, by, restored in sorted(saved.union(moved, all=True), key=_turn):
        if what == "saved":
            past.writers[n] = by
            if restored:
                past.restored[n] = restored
        elif what in _GOES_OUT:
            past.passed.append(n)
        elif what == "hold":
            past.passed.pop()
        else:
            past.submitted_by = by
    return past


def _turn(row: tuple[str, int, int, int, int | None]) -> int:
    return row[1]


def _unpassed(past: _Past, newest: int) -> set[int]:
    """Return the revisions the newest one is made of and nobody has passed."""
    last = past.passed[-1] if past.passed else 0
    found: set[int] = set()
    spans = [(last, newest)]
    while spans:
        after, top = spans.pop()
        fresh = set(range(after + 1, top + 1)) - found
        found |= fresh
        for n in fresh & past.restored.keys():
            old = past.restored[n]
            spans.append((max((p for p in past.passed if p <= old), default=0), old))
    return found & past.writers.keys()
