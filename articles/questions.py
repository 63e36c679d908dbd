"""Asking what a story does not know yet, and closing it with what came of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from articles import limits, rerendering
from articles.models import Article, OpenQuestion, Outcome, Status
from articles.models.change import lock_ledger
from articles.workflow import Refused
from foundation.notifications import article_tag, purge
from wire.sanitise import clean_line, clean_text

if TYPE_CHECKING:
    from staff.models import User

LONGEST = timedelta(days=3 * 365)  # a question due later than this is a slip of the pen
_PASSED = {  # why a reporter leaves the questions of such an article alone
    Status.READY: "This was approved as it is: an editor must do it.",
    Status.LIVE: "Readers see this at once: an editor must do it.",
}


def ask(
    article: Article,
    text: str,
    *,
    due_date: date,
    by: User,
    now: datetime,
    watch: str = "",
) -> OpenQuestion:
    """Put a question beside an article; readers of a live one see it at once.

    Raises `Refused` if `by` may not, if it says nothing, or if its day is past.
    """
    text, watch = clean_line(text), clean_line(watch)
    limits.within("The question", text, 300)
    limits.within("The watch", watch, limits.MAX_QUERY)
    if not text:
        raise Refused("The question asks nothing.")
    if not now.date() <= due_date <= (now + LONGEST).date():
        raise Refused("Say a day to come by which we look again.")
    with transaction.atomic():
        _check(article, by)
        if same := article.questions.open().filter(text=text).first():
            return same  # a click sent twice
        question = OpenQuestion.objects.create(
            article=article,
            text=text,
            due_date=due_date,
            watch=watch,
            asked_by=by,
            asked_at=now,
        )
        _show(article)
    return question


def close(
    question: OpenQuestion, outcome: str, *, by: User, now: datetime, answer: str = ""
) -> None:
    """Say what came of a question. Raises `Refused` if somebody was faster, or with why.

    What was answered needs its answer in words; readers see them.
    """
    answer = limits.within("The answer", clean_text(answer), limits.MAX_NOTE)
    if outcome not in Outcome.values:
        raise Refused(f"“{outcome}” is no outcome: use {', '.join(Outcome.values)}.")
    if outcome == Outcome.ANSWERED and not answer:
        raise Refused("Say what the answer is.")
    with transaction.atomic():
        _check(question.article, by)
        here = OpenQuestion.objects.open().filter(pk=question.pk)
        closed = {"outcome": outcome, "answer": answer, "closed_at": now}
        if not here.update(closed_by=by, **closed):
            raise Refused("Somebody else has closed this question already.")
        _show(question.article)
    question.outcome, question.answer = outcome, answer
    question.closed_by, question.closed_at = by, now


def why_not(article: Article, by: User) -> str:
    """Say why `by` may not ask or close beside `article`; empty if they may.

    Once the text is passed it is for editors: no second pair of eyes comes between.
    """
    if not by.has_perm("articles.change_article"):
        return "Questions are not yours to ask or close: ask somebody who may."
    if article.status in _PASSED and not by.has_perm("articles.edit_article"):
        return _PASSED[Status(article.status)]
    if article.status == Status.KILLED:
        return "This article was killed; nothing of it is open any more."
    return ""


def _check(article: Article, by: User) -> None:
    """Refuse those who may not; see `why_not`.

    Holds the ledger, so that nobody publishes it without the change meanwhile.
    """
    lock_ledger()
    article.refresh_from_db(fields=["status"])
    if reason := why_not(article, by):
        raise Refused(reason)


def _show(article: Article) -> None:
    """Put the list before readers, if there are any."""
    if article.status == Status.LIVE:
        rerendering.rerender_one(article)
        purge(article_tag(article.public_id))
