"""One editorial move with all its consequences, in one transaction."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import OuterRef, Subquery

from articles import alterations, provenance, publication, workflow
from articles.checks import EvidenceRow
from articles.models import Article, Move, Revision
from articles.models.change import ChangeKind, lock_ledger, ring
from articles.workflow import Refused, Said, Step
from wire.sanitise import clean_text

if TYPE_CHECKING:
    from staff.models import User

_APPROVALS = ("approve", "update")  # verbs by which a second pair of eyes passes a text
_NOT_PUBLIC: dict[str, object] = {  # what an article loses when it leaves the public
    "card_lead": "",
    "card_picture": "",
    "card_text": "",
    "card_row": "",
    "page": "",
    "json_ld": "",
    "document": "",
    "rendered_with": "",
    "search": None,
}
_UNSCHEDULED: dict[str, object] = {
    "publish_at": None,
    "live_revision": None,
    "public_pictures": [],
    "published_on": None,
    "first_published_at": None,
    "updated_at": None,
    "issue": None,
}


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
    source = article.status
    with transaction.atomic():
        public = bool({"live", "killed"} & {source, step.target})
        instant = min(now, lock_ledger()) if public else now
        revision, ledger = _text(article, step, seen)
        changes: dict[str, object] = {"status": step.target, "changed_at": now}
        if step.goes_public:
            _gate(article, step, revision, ledger, said.note)
            changes |= publication.becoming_public(
                article, step, revision, ledger, instant=instant, at=said.at
            )
        else:
            changes |= _leaving(article, step, instant)
        after = copy(article)
        _set(after, changes)
        told = _told(article, after, step, instant)
        if ChangeKind.PUBLISHED in told:
            changes["announced_at"] = after.announced_at = instant
        if step.goes_public:
            changes |= publication.rendered(after, ledger)
        _swap(article, seen, changes)
        if step.time or step.before_public:
            times = (article.publish_at, after.publish_at)
            alterations.keep({"publish_at": times}, by=by, at=now, articles=[article])
        if "live_revision" in changes:
            publication.credit(article, revision if step.goes_public else None)
        article.moves.create(
            verb=verb,
            source=source,
            target=step.target,
            revision_n=seen,
            by=by,
            at=now,
            note=said.note.strip(),
            public_note=clean_text(said.public_note),
        )
        for kind in told:
            article.changes.append(article, kind, revision=revision, at=instant)
        if told or "live" in (source, step.target):
            _ring(article, after)
    _set(article, changes)


def _ring(article: Article, after: Article) -> None:
    """Tell the pages that showed the article, and those that show it now."""
    before = publication.tags(copy(article)) if article.status == "live" else []
    touched = [*before, *publication.tags(after)]
    killed = after.status == "killed"
    ring(publication.for_good(article, touched) if killed else touched)


def _set(article: Article, changes: dict[str, object]) -> None:
    for name, value in changes.items():
        if name != "search":  # an expression; only the database knows what it comes to
            setattr(article, name, value)


def _told(
    article: Article, after: Article, step: Step, instant: datetime
) -> list[ChangeKind]:
    """Return what the ledger must be told: nothing of what nobody has seen."""
    visible = after.is_live(instant) or (
        step.target == "killed" and article.is_live(instant)
    )
    told = [ChangeKind.PUBLISHED] if visible and not article.announced_at else []
    if step.verb == "update" and article.announced_at:
        told.append(ChangeKind.UPDATED)
    if step.target == "killed" and (visible or article.was_seen()):
        told.append(ChangeKind.KILLED)
    return told


def _text(
    article: Article, step: Step, seen: int
) -> tuple[Revision, list[EvidenceRow]]:
    """Return the revision in question, and its sources when it becomes public.

    The revision comes with `passed_n`: which one a second pair of eyes passed last.
    """
    shown = article.live_revision if step.verb == "kill" else None
    passed = Move.objects.filter(article=OuterRef("article"), verb__in=_APPROVALS)
    last = Subquery(passed.order_by("-pk").values("revision_n")[:1])
    found = article.revisions.select_related("image").annotate(passed_n=last)
    revision = shown or found.filter(n=seen).first()
    if revision is None:
        raise Refused("Save the text first: there is nothing to move yet.")
    if step.verb == "submit" and not revision.body:
        raise Refused("There is no text yet.")
    ledger = provenance.rows(article, revision) if step.goes_public else []
    return revision, ledger


def _gate(
    article: Article,
    step: Step,
    revision: Revision,
    ledger: list[EvidenceRow],
    note: str,
) -> None:
    """Refuse to publish what nobody approved, or what nothing stands behind."""
    if not step.new_text and revision.passed_n != revision.n:  # type: ignore[attr-defined]
        raise Refused(
            "This is not the text that was approved: send it back and submit it again."
        )
    findings = provenance.findings(article, ledger, revision)
    blocking = [finding.sentence for finding in findings if finding.blocks]
    if blocking and not note.strip():
        raise Refused(" ".join(blocking))


def _leaving(article: Article, step: Step, instant: datetime) -> dict[str, object]:
    """Return what a step changes that takes an article off its way to readers.

    Of a kill: what nobody ever saw leaves no trace in public.
    """
    if step.before_public:
        return _UNSCHEDULED | _NOT_PUBLIC
    if step.target != "killed":
        return {}
    changes: dict[str, object] = {"killed_at": instant, **_NOT_PUBLIC}
    if article.status == "live" and not article.was_public(instant):
        changes |= _UNSCHEDULED
    return changes


def _swap(article: Article, seen: int, changes: dict[str, object]) -> None:
    """Compare and swap on status and revision: of two moves at once, one is refused."""
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
