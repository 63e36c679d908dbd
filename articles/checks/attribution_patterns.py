"""Who is said to have said something, and who is said to have been first. Pure.

English, as our copy is. A pattern looks at the words right before and right after a
name, within one sentence; names in a row ("the BBC and Nikkei Asia report") share both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from articles.checks.publisher_index import Mention, Names

LOOKED_AT = 160  # characters before and after a name
# A full stop ends a sentence, but not that of an initial ("U.S. officials").
_STOP = re.compile(r"(?<=[.!?…])(?<!\b[A-Z]\.)[\"'”’)]*\s+(?=[\"'“‘(]*[^\W\d_])")
_AND = re.compile(
    r"\s*(?:,\s*(?:and|or|nor)?|and|or|nor|&)\s+(?:(?:both|the)\s+)*", re.IGNORECASE
)
_THE = (
    r"\s+(?:(?:both|either|neither|the|news|agency|newspaper|daily|broadcaster)\s+)*$"
)
_DONE = (
    "(?:reported|published|described|carried|disclosed|revealed|broken|seen|cited|"
    "confirmed|verified|obtained|quoted|posted|relayed|announced|claimed)"
)
_SAYS = (
    "(?:says?|said|reports?|reported|reporting|writes?|wrote|writing|describe[sd]?|"
    "describing|characteri[sz]e[sd]?|characteri[sz]ing|confirm(?:s|ed|ing)?|note[sd]?|"
    "claim(?:s|ed|ing)?|publish(?:es|ed|ing)?|reveal(?:s|ed|ing)?|disclose[sd]?|"
    "announce[sd]?|quote[sd]?|quoting|cite[sd]?|citing|adds|added|tells?|told|"
    "warn(?:s|ed|ing)?|state[sd]|argue[sd]?|estimate[sd]?|identif(?:y|ies|ied)|"
    "learn(?:s|ed|t)|post(?:s|ed)|has it|had it|breaks|broke)"
)
_TIME = r"(?:\s+(?:on|late on|early on)\s+\w+day)?"
_ASIDE = r"(?:,[^,;]{0,80},)?"
_BEFORE = re.compile(
    rf"\b(?:according to|{_DONE}\s+(?:\w+\s+){{0,3}}(?:by|in|on)|told|tells|citing|"
    rf"quoting|quotes|cites|per|via|(?:said|says|wrote)\s+(?:in|on)|"
    rf"(?:interview|statement|report|story|account)\s+(?:with|to|in|from|by|of)){_THE}",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"{_ASIDE}{_TIME},?\s+(?:(?:has|had|have|also|first|later|then|is|was|itself|"
    rf"earlier|exclusively|separately)\s+)*{_SAYS}\b"
)
_OWN = re.compile(
    r"['’]s?\s+(?:\w+\s+){0,2}(?:account|reports?|reporting|story|stories|article|"
    r"coverage|characteri[sz]ation|description|dispatch|investigation|interview|sources|"
    r"figures|analysis|scoop|wording|version|claims?|posts?|exclusive)\b"
)
_FIRST_BEFORE = re.compile(
    rf"\b(?:first\s+{_DONE}\s+(?:\w+\s+){{0,3}}(?:by|in|on)|broken\s+by|"
    rf"{_DONE}\s+first\s+by){_THE}",
    re.IGNORECASE,
)
_FIRST_AFTER = re.compile(
    rf"{_ASIDE}{_TIME}\s+(?:(?:had|which|who)\s+)?(?:first\s+{_SAYS}|"
    r"(?:was|were)\s+(?:the\s+)?first\s+to|broke\s+(?:the|this)\s+(?:story|news))\b"
)


@dataclass(frozen=True, slots=True)
class Naming:
    """One place where a publisher is named, and what the words around make of it."""

    outlet: int  # its place in `Names.outlets`
    speaks: bool  # something is put in its mouth
    is_first: bool  # it is said to have been first
    sentence: str


def namings(text: str, names: Names) -> list[Naming]:
    """Return the publishers a text names, in order."""
    found = []
    for start, end, chain in _chains(text, names.find(text)):
        sentence = text[start:end]
        name, last = chain[0].start, chain[-1].end
        before = text[max(start, name - LOOKED_AT) : name]
        after = text[last : min(end, last + LOOKED_AT)]
        speaks = bool(
            _BEFORE.search(before) or _AFTER.match(after) or _OWN.match(after)
        )
        first = bool(_FIRST_BEFORE.search(before) or _FIRST_AFTER.match(after))
        found += [
            Naming(mention.outlet, speaks or first, first, sentence)
            for mention in chain
            if speaks or first or not mention.must_speak
        ]
    return found


def _chains(
    text: str, mentions: list[Mention]
) -> Iterator[tuple[int, int, list[Mention]]]:
    """Part mentions into names in a row, each with the bounds of its sentence."""
    if not mentions:
        return
    stops = [match.end() for match in _STOP.finditer(text)]
    bounds = list(zip([0, *stops], [*stops, len(text)], strict=True))
    at = 0
    chain: list[Mention] = []
    for mention in mentions:
        follows = chain and _AND.fullmatch(text, chain[-1].end, mention.start)
        if chain and not (follows and mention.start < bounds[at][1]):
            yield *bounds[at], chain
            chain = []
        while mention.start >= bounds[at][1]:
            at += 1
        chain.append(mention)
    yield *bounds[at], chain
