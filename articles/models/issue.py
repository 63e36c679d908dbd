"""One day's paper."""

from __future__ import annotations

from django.db import models


class Issue(models.Model):
    """One day's paper: volume, number, date. `articles.numbering` gives the number."""

    date = models.DateField(unique=True)
    volume = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    edition = models.CharField(
        max_length=60, blank=True, help_text="Empty: computed from the date."
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

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
