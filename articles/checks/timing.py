"""Who was first, and at what time, held against the times of the evidence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from articles.checks.attribution import Witness, clock, listed
from articles.checks.attribution_patterns import Naming
from articles.checks.publisher_index import Names
from articles.checks.rules import Finding, Passage, finding

_TIME = re.compile(r"\b([01]?\d|2[0-3])[:.]([0-5]\d)\s?(?:UTC|GMT|Z)\b")


def firsts(
    named: Iterable[tuple[Passage, Naming]], evidence: Sequence[Witness], names: Names
) -> list[Finding]:
    """Compare every "first reported by" with the times of the evidence.

    What is attached as context only is older by its nature and is left out.
    """
    found: dict[str, Finding] = {}
    timed = [witness for witness in evidence if witness.row.role != "context"]
    for passage, naming in named:
        if naming.is_first and (one := _first(passage, naming.outlet, timed, names)):
            found.setdefault(one.sentence, one)
    return list(found.values())


def _first(
    passage: Passage, outlet: int, evidence: Sequence[Witness], names: Names
) -> Finding | None:
    name = names.outlets[outlet].name
    own = [witness for witness in evidence if outlet in witness.outlets]
    told = own or [witness for witness in evidence if outlet in witness.quoted]
    claim = f"{passage.place.capitalize()} has {name} first"
    if not told:
        return finding(
            "first_unproven",
            f"{claim}, and no evidence of theirs has a time to compare.",
            passage.id,
        )
    earliest = min(told, key=_at)
    rivals = [
        witness
        for witness in evidence
        if outlet not in witness.outlets | witness.quoted and witness.at < earliest.at
    ]
    if not rivals:
        return None
    here = [witness for witness in rivals if witness.stands_behind(passage)]
    rival = min(here or rivals, key=_at)
    through = "" if own else f", and that through {earliest.row.source}"
    return finding(
        "first_contradicted" if here else "first_doubtful",
        f"{claim}, yet {rival.row.source} had it at {clock(rival.at)}, "
        f"{lead(earliest.at, rival.at)} before the earliest we have of {name} "
        f"({clock(earliest.at)}{through}).",
        passage.id,
    )


def _at(witness: Witness) -> datetime:
    return witness.at


def lead(later: datetime, earlier: datetime) -> str:
    """Return how long one was before the other: 12 h 26 min."""
    hours, minutes = divmod(int((later - earlier).total_seconds()) // 60, 60)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def times(
    passages: Iterable[Passage], speaking: set[str], evidence: Sequence[Witness]
) -> list[Finding]:
    """Name the clock times beside a cited source that no evidence has.

    `speaking` holds the ids of passages that cite somebody. Only times said to be UTC can
    be compared.
    """
    known = {
        f"{at.astimezone(UTC):%H:%M}"
        for witness in evidence
        for at in (witness.row.claimed_at, witness.row.seen_at)
        if at
    }
    found = []
    for passage in passages:
        if not evidence or passage.id not in speaking:
            continue
        said = [
            f"{int(hour):02}:{minute}" for hour, minute in _TIME.findall(passage.text)
        ]
        missing = [
            time for time in said if time not in known and not _told(time, evidence)
        ]
        if missing:
            sentence = (
                f"{passage.place.capitalize()} gives {listed(missing)} UTC, and no "
                "evidence has that time."
            )
            found.append(finding("time_unproven", sentence, passage.id))
    return found


def _told(time: str, evidence: Sequence[Witness]) -> bool:
    return any(time in witness.row.words for witness in evidence)
