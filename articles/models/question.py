"""What a story leaves open: a promise with a date, and a watch on the wire."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q

from articles import limits, publication
from articles.models.article import Article, Status
from articles.models.change import lock_ledger, ring
from articles.workflow import Refused
from wire.models import Item
from wire.sanitise import clean_line, clean_text

if TYPE_CHECKING:
    from staff.models import User

WATCHED = 5_000  # newest posts a watch looks at; each costs some 10 µs
LONGEST = timedelta(days=3 * 365)  # a question due later than this is a slip of the pen
_MATCHES = """
SELECT id FROM (SELECT id, seen_at, headline, left(text, 4000) AS text FROM wire_item
                 WHERE seen_at >= %s ORDER BY seen_at DESC, id DESC LIMIT %s) AS newest
 WHERE to_tsvector('english', headline || ' ' || text)
       @@ websearch_to_tsquery('english', %s)
 ORDER BY seen_at DESC, id DESC LIMIT %s
"""


_PASSED = {  # why a reporter leaves the questions of such an article alone
    Status.READY: "This was approved as it is: an editor must do it.",
    Status.LIVE: "Readers see this at once: an editor must do it.",
}


class Outcome(models.TextChoices):
    """How a question was closed."""

    ANSWERED = "answered", "Answered"
    NO_ANSWER = "no_answer", "No answer to be had"
    DROPPED = "dropped", "Dropped"


class OpenQuestionQuerySet(models.QuerySet["OpenQuestion"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def due(self, on: date) -> Self:
        """Open ones whose day has come on `on`, the longest due first."""
        return self.open().filter(due_date__lte=on).order_by("due_date", "pk")

    def shown(self) -> Self:
        """What readers see: all but those dropped, in the order they were asked."""
        return self.exclude(outcome=Outcome.DROPPED).order_by("asked_at", "pk")


class OpenQuestion(models.Model):
    """Something a story does not know yet. Never deleted; closed with what came of it."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    article = models.ForeignKey(
        Article, on_delete=models.PROTECT, related_name="questions"
    )
    text = models.CharField(max_length=300, help_text="As readers will see it.")
    due_date = models.DateField(help_text="When we look again at the latest.")
    watch = models.CharField(
        max_length=limits.MAX_QUERY,
        blank=True,
        help_text="Words to look for on the wire. Quotes, OR and - mean what they do "
        "on the web.",
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    answer = models.TextField(blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)

    objects = OpenQuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, outcome="", answer="")
                | (
                    Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(outcome="")
                ),
                name="question_closed_by_somebody_with_an_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_date", "id"],
                name="question_due",
                condition=Q(closed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    # Questions

    def is_open(self) -> bool:
        return self.closed_at is None

    def is_due(self, on: date) -> bool:
        """The same rule as `OpenQuestionQuerySet.due`, for one question in hand."""
        return self.is_open() and self.due_date <= on

    @staticmethod
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

    def matches(self, *, limit: int = 20) -> list[Item]:
        """Return posts since it was asked that match its watch, newest first.

        The newest `WATCHED` are looked at, in English. Two queries; none without a watch.
        """
        if not self.watch:
            return []
        with connection.cursor() as db:
            db.execute(_MATCHES, [self.asked_at, WATCHED, self.watch, limit])
            found = [pk for (pk,) in db.fetchall()]
        items = Item.objects.filter(pk__in=found).select_related("source__publisher")
        return list(items.last_seen_first())

    # Changes

    @classmethod
    def ask(
        cls,
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
            question = cls.objects.create(
                article=article,
                text=text,
                due_date=due_date,
                watch=watch,
                asked_by=by,
                asked_at=now,
            )
            _show(article)
        return question

    def close(self, outcome: str, *, by: User, now: datetime, answer: str = "") -> None:
        """Say what came of it. Raises `Refused` if somebody was faster, or without reason.

        What was answered needs its answer in words; readers see them.
        """
        answer = limits.within("The answer", clean_text(answer), limits.MAX_NOTE)
        if outcome not in Outcome.values:
            raise Refused(
                f"“{outcome}” is no outcome: use {', '.join(Outcome.values)}."
            )
        if outcome == Outcome.ANSWERED and not answer:
            raise Refused("Say what the answer is.")
        with transaction.atomic():
            _check(self.article, by)
            here = type(self).objects.open().filter(pk=self.pk)
            closed = {"outcome": outcome, "answer": answer, "closed_at": now}
            if not here.update(closed_by=by, **closed):
                raise Refused("Somebody else has closed this question already.")
            _show(self.article)
        self.outcome, self.answer = outcome, answer
        self.closed_by, self.closed_at = by, now


def _check(article: Article, by: User) -> None:
    """Refuse those who may not; see `OpenQuestion.why_not`.

    Holds the ledger, so that nobody publishes it without the change meanwhile.
    """
    lock_ledger()
    article.refresh_from_db(fields=["status"])
    if reason := OpenQuestion.why_not(article, by):
        raise Refused(reason)


def _show(article: Article) -> None:
    """Put the list before readers, if there are any."""
    if article.status == Status.LIVE:
        publication.render_again(article)
        ring([f"article:{article.public_id}"], live=False)
