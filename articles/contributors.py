"""Who wrote a text and has not been passed since: they may not pass it. Pure.

A text is passed when it becomes the public one. Whoever saved anything since then is one
of its writers, however little of it was left standing by who saved last; an approval that
was taken back, or a schedule, has passed nothing. A restored text brings its writers along.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from articles.workflow import FORMER_VERBS, current_verb

SAVED = "saved"  # what a row of the past is, beside the verbs
_GOES_OUT = ("publish", "schedule", "update")
_COUNT = (*_GOES_OUT, "unschedule", "submit")
# Of the moves that count, by the verbs that they have or once had
VERBS = (*_COUNT, *(old for old, new in FORMER_VERBS.items() if new in _COUNT))

# What was done, its place among what is of its kind, the revision, who, and of a restored
# revision which one it repeats.
Row = tuple[str, int, int, int, int | None]


@dataclass(slots=True)
class _Past:
    """What was saved and what went out."""

    writers: dict[int, int] = field(default_factory=dict)  # revision: who
    restored: dict[int, int] = field(
        default_factory=dict
    )  # revision: the one it repeats
    passed: list[int] = field(default_factory=list)  # revisions, in the order they went
    submitted_by: int | None = None


def contributor_ids(
    rows: Iterable[Row], *, newest: int, is_live: bool
) -> dict[int, str]:
    """Return who may not pass revision `newest` (user ids), and what each did.

    `rows` are the saves and the moves (`VERBS`) of one article, in any order.
    """
    past = _past(rows)
    found = {
        past.writers[n]: f"you wrote revision {n} of this text"
        for n in sorted(_unpassed(past, newest))
    }
    if not is_live and past.submitted_by is not None:
        found.setdefault(past.submitted_by, "you submitted this text yourself")
    return found


def _past(rows: Iterable[Row]) -> _Past:
    past = _Past()
    for what, _, n, by, restored in sorted(rows, key=_turn):
        if what == SAVED:
            past.writers[n] = by
            if restored:
                past.restored[n] = restored
        elif what in _GOES_OUT:
            past.passed.append(n)
        elif current_verb(what) == "unschedule":
            past.passed.pop()
        else:
            past.submitted_by = by
    return past


def _turn(row: Row) -> int:
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
