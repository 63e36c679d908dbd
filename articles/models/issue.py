"""One day's paper."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from articles import issue_numbering
from articles.workflow import Refused
from foundation.notifications import FRONT, issue_tag, purge

if TYPE_CHECKING:
    from staff.models import User

LOCK = 0x6973737565  # "issue": one numbering at a time


class IssueQuerySet(models.QuerySet["Issue"]):
    def newest_first(self) -> Self:
        return self.order_by("-date")

    def closed(self) -> Self:
        return self.exclude(closed_at=None)

    def for_date(self, on: date) -> Issue:
        """Return the issue of `on`, made and numbered if there is none; safe in a race."""
        found = self.filter(date=on).first()
        return found or self._made(on)

    @transaction.atomic(savepoint=False)
    def _made(self, on: date) -> Issue:
        with connection.cursor() as cursor:  # two at once would take the same number
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        before = self.filter(date__lte=on).newest_first().first()
        if before and before.date == on:
            return before
        if settings.PAPER_NUMBERING == "counter":
            self._make_room(on)
        return self.create(
            date=on,
            volume=issue_numbering.volume(on, first_year=settings.PAPER_VOLUME_ONE),
            number=issue_numbering.number(
                on,
                rule=settings.PAPER_NUMBERING,
                last=before.number if before else 0,
            ),
        )

    def _make_room(self, on: date) -> None:
        """Move the open issues after `on` up by one; the number of a closed one stays."""
        later = self.filter(date__gt=on).newest_first()
        if closed := later.closed().first():
            raise Refused(
                f"{closed} is closed with its number: no issue can be counted before it."
            )
        for issue in later:  # the last one first, so that no number is there twice
            self.filter(pk=issue.pk).update(number=issue.number + 1)


class Issue(models.Model):
    """One day's paper: volume, number, date. Immutable in the database once closed."""

    date = models.DateField(unique=True)
    volume = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    edition = models.CharField(
        max_length=60, blank=True, help_text="Empty: computed from the date."
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = IssueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["volume", "number"], name="issue_number_once"
            ),
        ]
        permissions = [("close_issue", "Can close an issue")]

    def __str__(self) -> str:
        return f"No. {self.number}, {self.date:%-d %B %Y}"

    def get_absolute_url(self) -> str:
        return f"/issues/{self.date:%Y-%m-%d}/"

    def clean(self) -> None:
        """Refuse an edition named after another day."""
        try:
            self.edition_name()
        except issue_numbering.WrongDay as wrong:
            raise ValidationError({"edition": str(wrong)}) from wrong

    def edition_name(self) -> str:
        """Return the edition as printed. Raises `numbering.WrongDay` if it is another day's."""
        return issue_numbering.edition(
            self.date, given=self.edition, pattern=settings.PAPER_EDITION
        )

    def close(self, *, by: User, now: datetime) -> None:
        """Fix the issue for ever: date, volume, number and the edition's name as printed.

        Raises `Refused` if it is closed already, named after another day, or not yours to
        close.
        """
        if not by.has_perm("articles.close_issue"):
            raise Refused("Closing an issue is not yours to do: ask somebody who may.")
        try:
            edition = self.edition_name()
        except issue_numbering.WrongDay as wrong:
            raise Refused(str(wrong)) from wrong
        with transaction.atomic():
            still_open = Issue.objects.filter(pk=self.pk, closed_at=None)
            if not still_open.update(closed_at=now, edition=edition):
                raise Refused(f"{self} is closed already.")
            purge(issue_tag(self.date), FRONT)
        self.closed_at, self.edition = now, edition
