"""Starting an article from what the wire brought, with its evidence attached by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import transaction
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from articles import body, evidence, revisions
from articles.limits import MAX_DRAFT_ITEMS, MAX_HEADLINE
from articles.link_rules import UnusableLink, check_link
from articles.models import Article, Role, Section
from articles.workflow import Refused
from staff.models import User
from wire.graphemes import cut
from wire.models import Item, Version
from wire.sanitise import clean_line


def draft_from(
    items: Sequence[Item], *, by: User, now: datetime, section: Section | None = None
) -> Article:
    """Start an article from wire items: claimed, quoted, and attached as evidence.

    The headline is that of the first item, the section the paper's first unless given;
    the first item is the origin, the others support it. Raises `Item.Taken` if another
    reporter has one of them, `workflow.Refused` otherwise; then nothing has happened. A
    post whose link cannot stand as evidence is quoted all the same, and the first
    revision's note says why it is not attached.
    """
    items = list(dict.fromkeys(items))
    if not items:
        raise Refused("Choose at least one post to start from.")
    if len(items) > MAX_DRAFT_ITEMS:
        raise Refused(f"{MAX_DRAFT_ITEMS} posts are enough to start an article from.")
    if not by.has_perm("wire.draft_item"):
        raise Refused(
            "Starting from the wire is not yours to do: ask somebody who may."
        )
    section = section or Section.objects.in_order().first()
    if section is None:
        raise Refused("The paper has no section yet: make one first.")
    with transaction.atomic():
        for item in sorted(
            items, key=lambda item: item.pk
        ):  # in one order: no deadlock
            item.claim(by=by, now=now)
        pairs = [(item, item.current_version()) for item in items]
        faults = [_fault(version) for _, version in pairs]
        article = revisions.start(
            section=section,
            headline=_headline(pairs[0][1]),
            by=by,
            now=now,
            body="".join(_quote(item, version) for item, version in pairs),
            note=" ".join(["Started from the wire.", *filter(None, faults)]),
        )
        quotes = [b.id for b in body.split(article.body) if b.tag == "blockquote"]
        for index, (_, version) in enumerate(pairs):
            if not faults[index]:
                evidence.attach(
                    article,
                    version,
                    by=by,
                    now=now,
                    paragraph=quotes[index],
                    role=Role.SUPPORTS if index else Role.ORIGIN,
                )
    return article


def _fault(version: Version) -> str:
    """Say why a version cannot stand as evidence, or return nothing."""
    try:
        check_link(version.url)
    except UnusableLink as unusable:
        return f"Not attached: {unusable}"
    return ""


def _headline(version: Version) -> str:
    """Return the post's headline, or the start of its text, in one line."""
    words = clean_line(version.headline) or clean_line(version.text)
    return cut(words, MAX_HEADLINE - 10)[:MAX_HEADLINE] or "Untitled"


def _quote(item: Item, version: Version) -> SafeString:
    """Return the post as a quotation, and a line that says whose it is and when."""
    text = version.text or version.headline
    paragraphs = [part for part in text.split("\n\n") if part.strip()] or ["(no text)"]
    quoted = format_html_join("", "<p>{}</p>", ((part,) for part in paragraphs))
    at = (version.source_time or version.seen_at).astimezone(UTC)
    said = f"{at.day} {at:%B %Y, %H:%M} UTC"
    if not version.source_time:
        said = f"seen {said}"
    link = version.url or item.get_absolute_url()
    return format_html(
        '<blockquote>{}</blockquote><p>{}{}, <a href="{}">{}</a></p>',
        quoted,
        item.source.name,
        f" ({version.author})" if version.author else "",
        link,
        said,
    )
