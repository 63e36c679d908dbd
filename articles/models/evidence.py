"""Which wire version stands behind which paragraph."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Max, Q


class Role(models.TextChoices):
    """What a wire version does for a paragraph."""

    SUPPORTS = "supports", "Supports"
    CONTRADICTS = "contradicts", "Contradicts"
    CONTEXT = "context", "Context"
    ORIGIN = "origin", "Origin"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def at(self, revision_n: int) -> Self:
        """What stood behind the text with revision `revision_n`."""
        ended = Q(until=None) | Q(until__gt=revision_n)
        return self.filter(ended, since__lte=revision_n)

    def open(self) -> Self:
        """What stands behind the working text."""
        return self.filter(until=None)

    def moved(self) -> Self:
        """What the source has changed, withdrawn or deleted since we cited it."""
        return self.filter(version__item__current_n__gt=F("version__n"))

    def embargo(self) -> datetime | None:
        """Return the latest embargo of the versions cited, None without any."""
        latest: datetime | None = self.aggregate(at=Max("version__embargo_until"))["at"]
        return latest

    def with_sources(self) -> Self:
        """With all that a ledger of sources prints, in one query, in order of arrival."""
        chain = "version__item__source__publisher"
        return self.select_related(chain).order_by("pk")


class Evidence(models.Model):
    """A link from a paragraph to one version of a wire item, over a span of revisions.

    It holds from revision `since` until, not including, revision `until`; so what was
    shown with any revision can be told, and nothing is deleted: the database refuses it.
    """

    article = models.ForeignKey(
        "articles.Article", on_delete=models.PROTECT, related_name="evidence"
    )
    paragraph = models.CharField(
        max_length=16, blank=True, help_text="The block's id; empty: the whole article."
    )
    version = models.ForeignKey(
        "wire.Version", on_delete=models.PROTECT, related_name="evidence"
    )
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.SUPPORTS)
    note = models.CharField(max_length=300, blank=True)
    since = models.PositiveIntegerField()
    until = models.PositiveIntegerField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(
                fields=["article", "paragraph", "version", "role"],
                condition=Q(until=None),
                name="evidence_once",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")),
                name="evidence_span_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.version}"
