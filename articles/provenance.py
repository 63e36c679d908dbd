"""What stands behind an article: the ledger of its sources, and what the checks say.

Evidence is a stored version of a wire item. Its link must lead to one post: a bare
channel, a home page or a made-up number proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from articles import body, checks
from articles.checks import Copy, EvidenceRow, Finding, Names, Outlet, index
from wire.graphemes import cut
from wire.models import Publisher, PublisherKind

if TYPE_CHECKING:
    from articles.models import Article, Evidence, Revision
    from wire.models import Item

# Publishers a mere mention of whom is a claim
_PRESS = (PublisherKind.AGENCY, PublisherKind.MEDIA)


_STATES = {
    "usable": "As cited",
    "changed": "Changed since",
    "withdrawn": "Withdrawn by the source",
    "deleted": "Deleted at the source",
}


def rows(article: Article, revision: Revision | None = None) -> list[EvidenceRow]:
    """Return the sources of a revision, the working one by default. Two queries at most.

    Numbered in the order the paragraphs come, then what stands behind the whole article.
    """
    shown = revision or article.current_revision()
    places = {name: index for index, name in enumerate(body.ids(shown.body))}
    last = len(places)
    grouped: dict[tuple[int, str], list[Evidence]] = {}
    for link in article.evidence.at(shown.n).with_sources():
        grouped.setdefault((link.version_id, link.role), []).append(link)
    ordered = sorted(
        grouped.values(),
        key=lambda links: min(places.get(link.paragraph, last) for link in links),
    )
    return [_row(mark, links, places) for mark, links in enumerate(ordered, start=1)]


def _row(mark: int, links: list[Evidence], places: dict[str, int]) -> EvidenceRow:
    link = links[0]
    version, item = link.version, link.version.item
    state = state_of(item, version.n)
    shown = {one.paragraph for one in links if one.paragraph in places}
    return EvidenceRow(
        mark=mark,
        role=link.role,
        role_label=link.get_role_display(),
        source=item.source.name,
        publisher=item.source.publisher.name,
        author=version.author,
        headline=version.headline or cut(version.text, 120) or "A post without text",
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
        origin_name=version.repost_name,
        origin_url=version.repost_url,
        words=f"{version.headline}\n{version.text}",
    )


def state_of(item: Item, cited_n: int) -> str:
    """Return what has become of an item since its version `cited_n` was cited."""
    if item.status != "usable":
        return str(item.status)
    return "changed" if item.current_n > cited_n else "usable"


def embargo(ledger: Iterable[EvidenceRow]) -> datetime | None:
    """Return the latest embargo of the versions cited, None without any."""
    return max((row.embargo_until for row in ledger if row.embargo_until), default=None)


def findings(
    article: Article, ledger: list[EvidenceRow], revision: Revision | None = None
) -> list[Finding]:
    """Check a text, the working one by default, against its evidence. One query.

    That is for the names of publishers; the lead picture is read if it was not loaded.
    """
    text: Article | Revision = revision or article
    image = revision.image if revision else article.lead_image
    if image is not None and image.is_removed:
        image = None
    return checks.findings(
        Copy(
            headline=text.headline,
            standfirst=text.standfirst,
            body=text.body,
            kind=article.kind,
            alt=image.alt if image else None,
            credit=image.credit if image else "",
        ),
        ledger,
        _names(),
    )


def _names() -> Names:
    return index(
        tuple(
            Outlet(tuple(known.names), is_press=known.kind in _PRESS)
            for known in Publisher.objects.named()
        )
    )
