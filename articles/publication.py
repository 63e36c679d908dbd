"""What changes on an article when it becomes public, and when it is taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from articles import addresses, body, provenance
from articles.checks import EvidenceRow
from articles.live_rule import visible_from
from articles.models import Article, ChangeKind, Revision, Status
from articles.workflow import Refused, Step

_SET_PUBLIC_AUTHORS = """
WITH named AS (SELECT id FROM articles_author WHERE slug = ANY(%(slugs)s)),
     gone AS (DELETE FROM articles_article_public_authors
               WHERE article_id = %(article)s
                 AND author_id NOT IN (SELECT id FROM named))
INSERT INTO articles_article_public_authors (article_id, author_id)
SELECT %(article)s, id FROM named ON CONFLICT DO NOTHING
"""
_NO_PUBLIC_TEXT: dict[str, object] = {  # for what readers must not find any more
    "card_lead": "",
    "card_picture": "",
    "card_text": "",
    "card_row": "",
    "page": "",
    "json_ld": "",
    "document": "",
    "document_html": "",
    "document_text": "",
    "rendered_with": "",
    "search": None,
}
_UNPUBLISHED: dict[str, object] = {
    "publish_at": None,
    "live_revision": None,
    "public_pictures": [],
    "published_on": None,
    "first_published_at": None,
    "updated_at": None,
    "issue": None,
}


def publication_changes(
    article: Article,
    step: Step,
    revision: Revision,
    rows: list[EvidenceRow],
    *,
    instant: datetime,
    at: datetime | None,
) -> dict[str, object]:
    """Return what changes on an article whose `revision` becomes the public one.

    `rows` are its sources, `at` the instant it is scheduled for, if it is. Raises
    `Refused` if an update would hide what readers see already.
    """
    if not revision.body:
        raise Refused("There is no text yet.")
    publish_at = article.publish_at if step.new_text else (at or instant)
    inherited = provenance.embargo(rows)
    visible = visible_from(publish_at, article.embargo_until, inherited) or instant
    if article.was_public(instant) and inherited and inherited > instant:
        row = max((row for row in rows if row.embargo_until), key=_until)
        raise Refused(
            f"{row.source} holds its post back until {inherited:%-d %B, %H:%M} UTC: "
            "take it off, or update then."
        )
    changes: dict[str, object] = {
        "live_revision": revision,
        "public_pictures": [UUID(name) for name in body.pictures(revision.body)],
        "publish_at": publish_at,
        "inherited_embargo_until": inherited,
        "updated_at": max(instant, visible),  # no change is seen before the text is
    }
    if not article.was_public(instant):
        changes["first_published_at"] = visible
        changes |= addresses.assign_address(article, visible)
    return changes


def _until(row: EvidenceRow) -> datetime:
    assert row.embargo_until  # noqa: S101
    return row.embargo_until


def withdrawal_changes(
    article: Article, step: Step, *, instant: datetime
) -> dict[str, object]:
    """Return what changes on an article that a step takes off its way to readers.

    A killed one that nobody ever saw leaves no trace in public. Empty for other steps.
    """
    if step.before_public:
        return _UNPUBLISHED | _NO_PUBLIC_TEXT
    if step.target != Status.KILLED:
        return {}
    changes: dict[str, object] = {"killed_at": instant, **_NO_PUBLIC_TEXT}
    if article.status == Status.LIVE and not article.was_public(instant):
        changes |= _UNPUBLISHED
    return changes


def announce(article: Article, revision: Revision, *, at: datetime) -> None:
    """Tell the ledger that readers can see the article; once, whoever comes first.

    Call it with the ledger locked.
    """
    untold = Article.objects.filter(pk=article.pk, announced_at=None)
    if untold.update(announced_at=at):
        article.changes.append(article, ChangeKind.PUBLISHED, revision=revision, at=at)
    article.announced_at = at


def set_public_authors(article: Article, revision: Revision | None) -> None:
    """Put the article on the pages of those `revision` names, and of no others.

    Call it while `article` still has the text that was public before. At most one query.
    """
    before = article.live_revision.bylines if article.live_revision else []
    after = revision.bylines if revision else []
    if before == after:
        return
    slugs = [line["slug"] for line in after]
    with connection.cursor() as cursor:
        cursor.execute(_SET_PUBLIC_AUTHORS, {"article": article.pk, "slugs": slugs})
