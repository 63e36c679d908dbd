"""What stands behind an article: the public ledger of its sources, and the first checks.

Evidence is a stored version of a wire item. Its link must lead to one post: a bare
channel, a home page or a made-up number proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from articles import body

if TYPE_CHECKING:
    from articles.models import Article, Evidence
    from wire.models import Item

_UNWRITTEN = re.compile(r"[{}<>]|\.\.\.|…|\b(?:placeholder|xxx+|todo)\b", re.IGNORECASE)
_SAMPLE_HOSTS = {"example.com", "example.org", "example.net"}
_TELEGRAM = {"t.me", "telegram.me", "telegram.dog"}
_X = {"x.com", "twitter.com", "mobile.twitter.com", "mobile.x.com"}
_SEQUENCES = ("1234567890123456789", "9876543210")
SHORTEST_STATUS = 10  # digits; X has numbered its posts with more since 2010


class Placeholder(ValueError):
    """A link that leads to no post; the message is fit for the editor."""


def check_link(url: str) -> None:
    """Raise `Placeholder` unless `url` leads to one post or one page.

    An empty one is right: what the source sent had no link, and our own stored copy is
    what is cited. Pure; whether anything answers there is not asked.
    """
    if not url:
        return
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Placeholder(f"{url} is no web address: {error}.") from error
    if reason := _fault(parts):
        raise Placeholder(f"{url} cannot stand as evidence: {reason}.")


def _fault(parts: SplitResult) -> str:
    host = (parts.hostname or "").removeprefix("www.")
    steps = [step for step in parts.path.split("/") if step]
    if parts.scheme not in ("http", "https") or not host:
        return "it is no web address"
    if host in _SAMPLE_HOSTS:
        return "it is a sample address"
    if _UNWRITTEN.search(parts.path):
        return "part of it has not been filled in"
    if host in _TELEGRAM:
        return _telegram(steps)
    if host in _X:
        return _status(steps)
    return _account(host, steps) if steps or parts.query else "it is a home page"


def _account(host: str, steps: list[str]) -> str:
    """Tell an account from a post, for Bluesky and what looks like Mastodon."""
    if host == "bsky.app":
        posted = len(steps) == 4 and steps[::2] == ["profile", "post"]
    else:
        posted = not (len(steps) == 1 and steps[0].startswith("@"))
    return "" if posted else "it names an account, not a post"


def _telegram(steps: list[str]) -> str:
    if steps[:1] == ["s"]:
        steps = steps[1:]
    if len(steps) >= 2 and steps[-1].isdecimal() and int(steps[-1]) > 0:
        return ""
    return "it names a channel, not a post"


def _status(steps: list[str]) -> str:
    if len(steps) < 3 or steps[1] != "status":
        return "it names an account, not a post"
    number = steps[2]
    if not number.isdecimal() or len(number) < SHORTEST_STATUS:
        return f"“{number}” is not the number of a post"
    made_up = len(set(number)) == 1 or any(run.startswith(number) for run in _SEQUENCES)
    return f"“{number}” looks made up" if made_up else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the public ledger: one version in one role."""

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


_STATES = {
    "usable": "As cited",
    "changed": "Changed since",
    "withdrawn": "Withdrawn by the source",
    "deleted": "Deleted at the source",
}


def rows(article: Article, revision_n: int, text: str) -> list[Row]:
    """Return the public ledger of a revision whose body is `text`. One query.

    Numbered in the order the paragraphs come, then what stands behind the whole article.
    """
    places = {name: index for index, name in enumerate(body.ids(text))}
    last = len(places)
    grouped: dict[tuple[int, str], list[Evidence]] = {}
    for link in article.evidence.at(revision_n).with_sources():
        grouped.setdefault((link.version_id, link.role), []).append(link)
    ordered = sorted(
        grouped.values(),
        key=lambda links: min(places.get(link.paragraph, last) for link in links),
    )
    return [_row(mark, links, places) for mark, links in enumerate(ordered, start=1)]


def _row(mark: int, links: list[Evidence], places: dict[str, int]) -> Row:
    link = links[0]
    version, item = link.version, link.version.item
    state = state_of(item, version.n)
    shown = {one.paragraph for one in links if one.paragraph in places}
    return Row(
        mark=mark,
        role=link.role,
        role_label=link.get_role_display(),
        source=item.source.name,
        publisher=item.source.publisher.name,
        author=version.author,
        headline=str(item) if not version.headline else version.headline,
        claimed_at=version.source_time,
        seen_at=version.seen_at,
        state=state,
        state_label=_STATES[state],
        url=version.url,
        wire_url=item.get_absolute_url(),
        paragraphs=tuple(sorted(shown, key=places.__getitem__)),
        note=" ".join(one.note for one in links if one.note),
        content_hash=version.content_hash,
        version_n=version.n,
        item_id=str(item.public_id),
        embargo_until=version.embargo_until,
    )


def state_of(item: Item, cited_n: int) -> str:
    """Return what has become of an item since its version `cited_n` was cited."""
    if item.status != "usable":
        return str(item.status)
    return "changed" if item.current_n > cited_n else "usable"


def sources_moved(article: Article) -> list[Evidence]:
    """Return the links of the working text whose item has a newer version. One query."""
    return list(article.evidence.open().moved().with_sources())


def embargo(ledger: Iterable[Row]) -> datetime | None:
    """Return the latest embargo of the versions cited, None without any."""
    return max((row.embargo_until for row in ledger if row.embargo_until), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the checks have to say of a text; a blocking one needs a reason in the note."""

    rule: str
    sentence: str
    blocks: bool = False


def findings(article: Article, ledger: list[Row]) -> list[Finding]:
    """Check the text against its evidence. No query."""
    found = []
    if not ledger and article.kind != "opinion":
        found.append(
            Finding(
                rule="no_evidence",
                sentence="Nothing from the wire stands behind this text. Attach evidence, "
                "or say in the note why it needs none.",
                blocks=True,
            )
        )
    if ledger and len({row.publisher for row in ledger}) == 1:
        found.append(
            Finding(
                rule="one_publisher",
                sentence=f"Everything cited comes from {ledger[0].publisher} alone.",
            )
        )
    found += [
        Finding(
            rule="source_moved",
            sentence=f"{row.source}: {row.state_label.lower()} (“{row.headline[:80]}”).",
        )
        for row in ledger
        if row.state != "usable"
    ]
    return found
