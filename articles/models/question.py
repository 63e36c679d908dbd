"""What a story leaves open: a promise with a date, and a watch on the wire."""

from __future__ import annotations

from datetime import date
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from articles import limits
from articles.models.article import Article
from wire.models import Item

WATCHED = 5_000  # newest posts a watch looks at; each costs some 10 µs
_MATCHES = """
SELECT id FROM (SELECT id, seen_at, headline, left(text, 4000) AS text FROM wire_item
                 WHERE seen_at >= %s ORDER BY seen_at DESC, id DESC LIMIT %s) AS newest
 WHERE to_tsvector('english', headline || ' ' || text)
       @@ websearch_to_tsquery('english', %s)
 ORDER BY seen_at DESC, id DESC LIMIT %s
"""


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
