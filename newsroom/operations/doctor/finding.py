"""One finding of the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

NAMED = 3  # names given of a longer list


class Level(IntEnum):
    """How bad it is; also the command's exit code."""

    OK = 0
    WARNING = 1
    BROKEN = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is in a sentence, and what to do about it."""

    level: Level
    what: str
    detail: str
    do: str = ""


def named(names: Sequence[str], count: int | None = None) -> str:
    """Return the first few of `names` as a list; `count` is how many there are in all."""
    more = (len(names) if count is None else count) - min(len(names), NAMED)
    said = ", ".join(names[:NAMED])
    return f"{said} and {more:,} more" if more > 0 else said


def ago(span: timedelta) -> str:
    """Return a span in its largest unit: "40 s", "12 min", "5 h", "3 days"."""
    seconds = max(int(span.total_seconds()), 0)
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:,} {unit}"
    return f"{seconds} s"
