"""Attaching wire versions to paragraphs, and ending such links. Nothing is deleted."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from articles import body, revisions
from articles.limits import MAX_EVIDENCE
from articles.link_rules import UnusableLink, check_link
from articles.models import Article, Evidence, Role
from articles.statuses import EDITABLE
from articles.workflow import Refused

if TYPE_CHECKING:
    from staff.models import User
    from wire.models import Version


def attach(
    article: Article,
    version: Version,
    *,
    by: User,
    now: datetime,
    paragraph: str = "",
    role: str = Role.SUPPORTS,
    note: str = "",
) -> Evidence:
    """Put a stored version behind a paragraph of the working text, or behind it all.

    On an article whose working text is public this makes a new revision, so that readers
    see it with the next update. Raises `workflow.Refused`.
    """
    revisions.check_may_edit(article, by)
    if version.pk is None:
        raise Refused("Only what is stored can stand as evidence.")
    if role not in Role.values:
        raise Refused(f"“{role}” is no role: use {', '.join(Role.values)}.")
    try:
        check_link(version.url)
    except UnusableLink as unusable:
        raise Refused(str(unusable)) from unusable
    with transaction.atomic():
        _lock(article)
        if paragraph and paragraph not in body.ids(article.body):
            raise Refused("That paragraph is not in the text any more.")
        links = article.evidence.open()
        same = links.filter(paragraph=paragraph, version=version, role=role).first()
        if same is not None:  # a click sent twice
            return same
        if links.count() >= MAX_EVIDENCE:
            raise Refused(f"{MAX_EVIDENCE} links are enough for one article.")
        _leave_public_revision(article, by=by, now=now, note="Evidence attached")
        link = article.evidence.create(
            version=version,
            paragraph=paragraph,
            role=role,
            note=note[:300],
            since=article.revision_n,
            by=by,
            at=now,
        )
        _inherit_embargo(article)
    return link


def detach(article: Article, link: Evidence, *, by: User, now: datetime) -> None:
    """End a link with the working text; nothing is deleted. Raises as `attach`."""
    revisions.check_may_edit(article, by)
    with transaction.atomic():
        _lock(article)
        if not article.evidence.open().filter(pk=link.pk).exists():
            raise Refused("Somebody else has taken this evidence off already.")
        _leave_public_revision(article, by=by, now=now, note="Evidence taken off")
        article.evidence.filter(pk=link.pk).update(until=article.revision_n)
        _inherit_embargo(article)
    link.until = article.revision_n


def _lock(article: Article) -> None:
    """Hold the article's row, and see its text as it is now."""
    article.refresh_from_db(
        fields=["status", "revision_n", "body", "live_revision"],
        from_queryset=Article.objects.select_for_update(no_key=True),
    )
    if article.status not in EDITABLE:
        raise Refused("Somebody else moved this article first.")


def _leave_public_revision(
    article: Article, *, by: User, now: datetime, note: str
) -> None:
    """Save the text as a new revision if it is public: what is public must not change."""
    if article.live_revision and not article.has_unpublished_changes():
        revisions.save_again(article, by=by, now=now, note=note)


def _inherit_embargo(article: Article) -> None:
    """Take over the latest embargo of what is cited, unless readers have another text.

    A live article keeps the embargo of its public text; an update takes the new one.
    """
    if article.live_revision_id:
        return
    latest = article.evidence.open().embargo()
    article.inherited_embargo_until = latest
    article.save(update_fields=["inherited_embargo_until"])
