"""Who is cited in a text, and whether anything of theirs is attached. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from articles.checks.attribution_patterns import Naming
from articles.checks.publisher_index import Names
from articles.checks.rules import EvidenceRow, Finding, Passage, finding

_TIMES = {1: "once", 2: "twice"}


@dataclass(frozen=True, slots=True)
class Witness:
    """One row of the evidence: whose it is, whom it names, and when it was posted."""

    row: EvidenceRow
    outlets: frozenset[int]  # publisher, source and the origin of a repost
    quoted: frozenset[int]  # named in its words
    at: datetime

    def stands_behind(self, passage: Passage) -> bool:
        """Whether it is attached here, or behind the whole article."""
        paragraphs = self.row.paragraphs
        return not paragraphs or not passage.id or passage.id in paragraphs


def witnesses(ledger: Sequence[EvidenceRow], names: Names) -> list[Witness]:
    """Read the evidence with the names of publishers in hand."""
    return [
        Witness(
            row,
            frozenset(
                known
                for name in (row.publisher, row.source, row.origin_name)
                if (known := names.look_up(name)) is not None
            ),
            frozenset(mention.outlet for mention in names.find(row.words)),
            posted(row),
        )
        for row in ledger
    ]


def posted(row: EvidenceRow) -> datetime:
    """Return when a post was there: as its source says, but never after we saw it."""
    return min(row.claimed_at, row.seen_at) if row.claimed_at else row.seen_at


def clock(at: datetime) -> str:
    """Return an instant as findings print it: 25 June, 04:31 UTC."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B, %H:%M} UTC"


def plural(count: int) -> str:
    """Return how often: once, twice, 4 times."""
    return _TIMES.get(count, f"{count} times")


def listed(words: Iterable[str]) -> str:
    """Return words in a row: one, two and three."""
    *head, last = list(dict.fromkeys(words))
    return f"{', '.join(head)} and {last}" if head else last


@dataclass(slots=True)
class _Cited:
    """What a text makes of one publisher, over all its paragraphs."""

    places: dict[str, list[Passage]] = field(default_factory=lambda: defaultdict(list))
    through: set[str] = field(default_factory=set)  # who says so, at second hand


def uncovered(
    named: Iterable[tuple[Passage, Naming]], evidence: Sequence[Witness], names: Names
) -> list[Finding]:
    """Name every publisher a text cites without evidence: one finding a publisher.

    The hardest of the rules that apply is told, with every paragraph it applies to.
    """
    cited: dict[int, _Cited] = defaultdict(_Cited)
    for passage, naming in named:
        rule, through = _rule(passage, naming, evidence, names)
        if rule:
            cited[naming.outlet].places[rule].append(passage)
            cited[naming.outlet].through |= through
    found = []
    for outlet, one in cited.items():
        for rule in ("uncovered", "second_hand", "elsewhere", "named"):
            if passages := one.places.get(rule):
                found.append(
                    _told(rule, names.outlets[outlet].name, passages, one.through)
                )
                break
    return found


def _rule(
    passage: Passage, naming: Naming, evidence: Sequence[Witness], names: Names
) -> tuple[str, set[str]]:
    """Return which rule one naming falls under, and who says so at second hand."""
    outlet = naming.outlet
    own = [witness for witness in evidence if outlet in witness.outlets]
    if any(witness.stands_behind(passage) for witness in own):
        return "", set()
    if not naming.speaks and not names.outlets[outlet].is_press:
        return "", set()
    if own:
        return ("elsewhere", set()) if naming.speaks else ("", set())
    told = {witness.row.source for witness in evidence if outlet in witness.quoted}
    if told:
        return ("second_hand", told) if naming.speaks else ("", set())
    return ("uncovered" if naming.speaks else "named"), set()


def _told(rule: str, name: str, passages: list[Passage], through: set[str]) -> Finding:
    where = listed(passage.place for passage in passages)
    count = f" ({plural(len(passages))})" if len(passages) > 1 else ""
    sentence = {
        "uncovered": f"{name} is cited in {where}{count}, and nothing of theirs is "
        "among the evidence. Attach their post, or say in the note why it is not there.",
        "second_hand": f"{name} is cited in {where}{count} only at second hand, "
        f"through {listed(sorted(through)) if through else 'another source'}.",
        "elsewhere": f"{name} is cited in {where}{count}, and what we have of theirs is "
        "attached to other paragraphs.",
        "named": f"{name} is named in {where}{count}, and nothing of theirs is among the "
        "evidence.",
    }[rule]
    return finding(rule, sentence, *(passage.id for passage in passages))
