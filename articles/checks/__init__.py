"""What a machine can say of a text before it is published. Pure.

Each rule compares the words with the evidence attached to them; `rules.RULES` says which
of them block. Nothing here asks the database or the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import unescape

from articles import body
from articles.checks.attribution import listed, uncovered, witnesses
from articles.checks.attribution_patterns import namings
from articles.checks.independence import alone, roots
from articles.checks.publisher_index import Names, Outlet, index
from articles.checks.rules import RULES, Copy, EvidenceRow, Finding, Passage, finding
from articles.checks.timing import firsts, times
from articles.link_rules import UnusableLink, check_link

__all__ = [
    "RULES",
    "Copy",
    "EvidenceRow",
    "Finding",
    "Names",
    "Outlet",
    "findings",
    "index",
    "roots",
]

MAX_HEADLINE = 110  # characters; past it search engines and phones cut
MAX_STANDFIRST = 320  # characters
_LINK = re.compile(r'\bhref="([^"]*)"|(https?://[^\s<>"“”]+)')
_HEADINGS = ("h2", "h3")


def findings(copy: Copy, ledger: Sequence[EvidenceRow], names: Names) -> list[Finding]:
    """Check a text against its evidence; what blocks comes first."""
    passages = _passages(copy)
    evidence = witnesses(ledger, names)
    named = [
        (passage, naming)
        for passage in passages
        for naming in namings(passage.text, names)
    ]
    speaking = {passage.id for passage, naming in named if naming.speaks}
    found = [
        *_nothing(copy, ledger),
        *uncovered(named, evidence, names),
        *firsts(named, evidence, names),
        *_links(passages),
        *times(passages, speaking, evidence),
        *alone(ledger),
        *_moved(ledger),
        *_form(copy, passages),
    ]
    return sorted(found, key=lambda one: not one.blocks)


def _passages(copy: Copy) -> list[Passage]:
    parts = [
        Passage("", "the headline", copy.headline),
        Passage("", "the standfirst", copy.standfirst),
    ]
    blocks = enumerate(body.split(copy.body), start=1)
    return parts + [
        Passage(block.id, f"paragraph {n}", block.text, block.inner, block.tag)
        for n, block in blocks
    ]


def _nothing(copy: Copy, ledger: Sequence[EvidenceRow]) -> Iterable[Finding]:
    if not ledger and copy.kind != "opinion":
        yield finding(
            "no_evidence",
            "Nothing from the wire stands behind this text. Attach evidence, or say in "
            "the note why it needs none.",
        )


def _links(passages: Iterable[Passage]) -> Iterable[Finding]:
    """Name the addresses in the text that lead to no post."""
    for passage in passages:
        for href, bare in dict.fromkeys(_LINK.findall(passage.markup)):
            url = unescape(href) or bare.rstrip(".,;:!?)]’")
            if not url.startswith(("http://", "https://")):
                continue
            try:
                check_link(url)
            except UnusableLink as unusable:
                rule = "bare_link" if unusable.is_bare else "placeholder_link"
                sentence = f"{passage.place.capitalize()}: {unusable}"
                yield finding(rule, sentence, passage.id)


def _moved(ledger: Iterable[EvidenceRow]) -> Iterable[Finding]:
    for row in ledger:
        if row.state != "usable":
            yield finding(
                "source_moved",
                f"{row.source}: {row.state_label.lower()} (“{row.headline[:80]}”).",
                *row.paragraphs,
            )


def _form(copy: Copy, passages: Sequence[Passage]) -> Iterable[Finding]:
    """Say what readers will miss or not get to see."""
    if (length := len(copy.headline)) > MAX_HEADLINE:
        yield finding(
            "headline_long",
            f"The headline has {length} characters; past {MAX_HEADLINE} it is cut.",
        )
    if (length := len(copy.standfirst)) > MAX_STANDFIRST:
        yield finding(
            "standfirst_long",
            f"The standfirst has {length} characters; {MAX_STANDFIRST} are plenty.",
        )
    if not copy.standfirst:
        yield finding("no_standfirst", "There is no standfirst.")
    if copy.alt is not None and not copy.alt.strip():
        yield finding(
            "picture_alt", "The lead picture says nothing to those who hear it."
        )
    if copy.alt is not None and not copy.credit.strip():
        yield finding("picture_credit", "The lead picture has no credit.")
    empty = [
        passage
        for passage, following in zip(passages, [*passages[1:], None], strict=True)
        if passage.tag in _HEADINGS and _ends_at_once(passage, following)
    ]
    if empty:
        words = listed(f"“{passage.text}”" for passage in empty)
        yield finding(
            "empty_part",
            f"Nothing stands under the heading {words}.",
            *(passage.id for passage in empty),
        )


def _ends_at_once(heading: Passage, following: Passage | None) -> bool:
    """Whether a heading is followed by the end, or by one of its own rank or above."""
    if following is None:
        return True
    return following.tag in _HEADINGS and following.tag <= heading.tag
