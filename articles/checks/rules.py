"""The rules a text is held to before it is published, and how hard each of them is.

Plain data. A rule that blocks asks for a reason in the note of the move, and no more:
editors decide, and the move keeps what they said. A rule blocks where a reader would be
told something that nothing bears out; it warns where the words may be right all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: whether it blocks, and why it is there."""

    blocks: bool
    why: str


# fmt: off
RULES = {
    "no_evidence": Rule(True, "A report rests on something a reader can look at."),
    "uncovered": Rule(True, "Who is cited must be among the evidence."),
    "first_contradicted": Rule(True, "The evidence of the same paragraph has another earlier."),
    "placeholder_link": Rule(True, "A made-up address proves nothing and leads nowhere."),
    "first_doubtful": Rule(False, "Another paragraph's evidence is earlier; it may be about "
                                  "something else."),
    "first_unproven": Rule(False, "Nothing of theirs has a time to compare."),
    "elsewhere": Rule(False, "The evidence is there, at another paragraph."),
    "second_hand": Rule(False, "We have not seen it, only somebody's word for it."),
    "named": Rule(False, "A name alone may be no claim."),
    "bare_link": Rule(False, "An account changes; a post can be checked."),
    "one_publisher": Rule(False, "Many posts of one publisher are one witness."),
    "one_origin": Rule(False, "Reposts of one post are one witness."),
    "source_moved": Rule(False, "What was cited says something else now."),
    "time_unproven": Rule(False, "A clock time beside a source is checked against the posts."),
    "headline_long": Rule(False, "Search results and phones cut it."),
    "standfirst_long": Rule(False, "Cards on the front page grow with it."),
    "no_standfirst": Rule(False, "Cards and feeds show it under the headline."),
    "empty_part": Rule(False, "A heading promises words."),
    "picture_alt": Rule(False, "Some readers hear the picture."),
    "picture_credit": Rule(False, "Whose picture it is must be said."),
}
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the checks have to say of a text; a blocking one needs a reason in the note."""

    rule: str
    sentence: str
    blocks: bool = False
    paragraphs: tuple[str, ...] = ()  # ids of the blocks concerned; empty: the whole


def finding(rule: str, sentence: str, *paragraphs: str) -> Finding:
    """Make a finding as hard as the table says."""
    return Finding(
        rule=rule,
        sentence=sentence,
        blocks=RULES[rule].blocks,
        paragraphs=tuple(dict.fromkeys(name for name in paragraphs if name)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The text to check."""

    headline: str
    standfirst: str
    body: str  # cleaned, with ids
    kind: str
    alt: str | None = None  # of the lead picture; None: there is none
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """One version of a post in one role, as a text rests on it and as readers see it."""

    mark: int  # printed at the paragraphs and in the ledger
    role: str
    role_label: str
    source: str
    publisher: str
    author: str
    headline: str
    claimed_at: datetime | None  # as the source says
    seen_at: datetime  # our clock
    state: str  # usable, changed, withdrawn, deleted
    state_label: str
    url: str
    wire_url: str  # our own page of the post
    paragraphs: tuple[str, ...]  # ids; empty: the whole article
    note: str
    content_hash: str  # SHA-256 of what was cited
    version_n: int
    item_id: str
    embargo_until: datetime | None
    origin_name: str  # of a repost: whose post it repeats
    origin_url: str
    words: str  # as cited; for the checks, never printed


@dataclass(frozen=True, slots=True)
class Passage:
    """A headline, a standfirst or one block of the body, in plain words."""

    id: str  # the block's; empty for headline and standfirst
    place: str  # as findings print it: "paragraph 4"
    text: str
    markup: str = ""
    tag: str = ""
