"""One editorial move with all its consequences, in one transaction."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import OuterRef, Subquery

from articles import (
    alterations,
    cache_tags,
    provenance,
    publication,
    rerendering,
    workflow,
)
from articles.checks import EvidenceRow
from articles.models import Article, ChangeKind, Move, Revision, Status
from articles.models.change import lock_ledger
from articles.workflow import Refused, Said, Step
from foundation.notifications import PushKind, purge
from wire.sanitise import clean_text

if TYPE_CHECKING:
    from staff.models import User

_APPROVALS = ("approve", "update")  # verbs by which a second pair of eyes passes a text


def move(
    article: Article,
    verb: str,
    *,
    by: User,
    now: datetime,
    note: str = "",
    public_note: str = "",
    at: datetime | None = None,
    revision_n: int | None = None,
) -> None:
    """Make one editorial move and record it, with all that follows, or nothing.

    `note` is for the house alone; `public_note`, of a kill, is what readers are told (by
    default `workflow.NEUTRAL`). `at` is the instant to publish at, for `schedule`;
    `revision_n` the text `by` has seen, by default the one loaded. Raises
    `workflow.Refused` if the workflow forbids it, or if somebody else moved the article or
    saved its text since.

    Public moves follow one another through the ledger's lock, and are dated by the earlier
    of `now` and the database's clock, so that a fast clock on a web host hides nothing.
    """
    said = Said(note=note, public_note=public_note, at=at)
    step = workflow.find(verb, article=article, user=by, now=now, said=said)
    seen = article.revision_n if revision_n is None else revision_n
    public = bool({Status.LIVE, Status.KILLED} & {article.status, step.target})
    with transaction.atomic():
        instant = min(now, lock_ledger()) if public else now
        revision, approved_n = _revision(article, step, seen)
        rows = provenance.rows(article, revision) if step.goes_public else []
        if step.goes_public:
            _require_approval(step, revision, approved_n)
            _require_checks(article, revision, rows, note)
        changes = _changes(article, step, revision, rows, instant=instant, at=at)
        changes["changed_at"] = now
        after = _with(article, changes)
        kinds = _ledger_kinds(article, after, step, instant)
        if ChangeKind.PUBLISHED in kinds:
            changes["announced_at"] = after.announced_at = instant
        if step.goes_public:
            changes |= rerendering.public_columns(after, rows)
        _compare_and_swap(article, seen, changes)
        if "live_revision" in changes:
            publication.set_public_authors(article, after.live_revision)
        _record(article, after, step, said, by=by, now=now, revision_n=seen)
        for kind in kinds:
            article.changes.append(article, kind, revision=revision, at=instant)
        if kinds or Status.LIVE in (article.status, step.target):
            _purge(article, after)
    _apply(article, changes)


def _revision(article: Article, step: Step, seen: int) -> tuple[Revision, int | None]:
    """Return the text in question, and the number of the one approved last. One query.

    The text is the public one of a kill (then nothing is approved), else the one seen.
    """
    if step.verb == "kill" and article.live_revision:
        return article.live_revision, None
    approvals = Move.objects.filter(article=OuterRef("article"), verb__in=_APPROVALS)
    last = approvals.order_by("-pk").values("revision_n")[:1]
    saved = article.revisions.select_related("image").annotate(
        approved_n=Subquery(last)
    )
    revision = saved.filter(n=seen).first()
    if revision is None:
        raise Refused("Save the text first: there is nothing to move yet.")
    if step.verb == "submit" and not revision.body:
        raise Refused("There is no text yet.")
    return revision, revision.approved_n


def _require_approval(step: Step, revision: Revision, approved_n: int | None) -> None:
    """Refuse to publish a text that no second pair of eyes passed; an update is passed."""
    if not step.new_text and approved_n != revision.n:
        raise Refused(
            "This is not the text that was approved: send it back and submit it again."
        )


def _require_checks(
    article: Article, revision: Revision, rows: list[EvidenceRow], note: str
) -> None:
    """Refuse to publish what a check blocks, unless the note says why it may go out."""
    findings = provenance.findings(article, rows, revision)
    blocking = [finding.sentence for finding in findings if finding.blocks]
    if blocking and not note.strip():
        raise Refused(" ".join(blocking))


def _changes(
    article: Article,
    step: Step,
    revision: Revision,
    rows: list[EvidenceRow],
    *,
    instant: datetime,
    at: datetime | None,
) -> dict[str, object]:
    """Return the columns that the step changes, but for what is rendered of them."""
    changes: dict[str, object] = {"status": step.target}
    if step.goes_public:
        return changes | publication.publication_changes(
            article, step, revision, rows, instant=instant, at=at
        )
    return changes | publication.withdrawal_changes(article, step, instant=instant)


def _with(article: Article, changes: dict[str, object]) -> Article:
    """Return a copy of the article as it will be."""
    after = copy(article)
    _apply(after, changes)
    return after


def _apply(article: Article, changes: dict[str, object]) -> None:
    for name, value in changes.items():
        if name != "search":  # an expression; only the database knows what it comes to
            setattr(article, name, value)


def _ledger_kinds(
    article: Article, after: Article, step: Step, instant: datetime
) -> list[ChangeKind]:
    """Return what the ledger must say: nothing of what nobody has seen."""
    visible = after.is_live(instant) or (
        step.target == Status.KILLED and article.is_live(instant)
    )
    kinds = [ChangeKind.PUBLISHED] if visible and not article.announced_at else []
    if step.verb == "update" and article.announced_at:
        kinds.append(ChangeKind.UPDATED)
    if step.target == Status.KILLED and (visible or after.is_withdrawn()):
        kinds.append(ChangeKind.KILLED)
    return kinds


def _compare_and_swap(article: Article, seen: int, changes: dict[str, object]) -> None:
    """Store `changes` if status and revision are as seen: of two moves one is refused."""
    here = Article.objects.filter(pk=article.pk, status=article.status, revision_n=seen)
    if here.update(**changes):
        return
    now_at = Article.objects.only("status", "revision_n").get(pk=article.pk)
    if now_at.status == article.status and now_at.revision_n != seen:
        raise Refused(
            f"Somebody else saved the text first: it is at revision {now_at.revision_n}, "
            f"you have seen {seen}."
        )
    raise Refused(
        "Somebody else moved this article first: it is "
        f"{now_at.get_status_display().lower()} now."
    )


def _record(
    article: Article,
    after: Article,
    step: Step,
    said: Said,
    *,
    by: User,
    now: datetime,
    revision_n: int,
) -> None:
    """Keep who made the move, when and why, and what it did to the time of publication."""
    if step.time or step.before_public:
        times = (article.publish_at, after.publish_at)
        alterations.keep({"publish_at": times}, by=by, at=now, articles=[article])
    article.moves.create(
        verb=step.verb,
        source=article.status,
        target=step.target,
        revision_n=revision_n,
        by=by,
        at=now,
        note=said.note.strip(),
        public_note=clean_text(said.public_note),
    )


def _purge(article: Article, after: Article) -> None:
    """Purge the pages that showed the article, and those that show it now."""
    was_live = article.status == Status.LIVE
    touched = cache_tags.article_tags(copy(article)) if was_live else []
    touched += cache_tags.article_tags(after)
    is_killed = after.status == Status.KILLED
    purge(
        *(cache_tags.hard_purge_tags(article, touched) if is_killed else touched),
        also_push=PushKind.FRONT,
    )
