"""Which wire version stands behind which paragraph."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Role(models.TextChoices):
    """What a wire version does for a paragraph."""

    SUPPORTS = "supports", "Supports"
    CONTRADICTS = "contradicts", "Contradicts"
    CONTEXT = "context", "Context"
    ORIGIN = "origin", "Origin"


class Evidence(models.Model):
    """A link from a paragraph to one version of a wire item, over a span of revisions.

    It holds from revision `since` until, not including, revision `until`; so what was
    shown with any revision can be told, and nothing is deleted.
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

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(
                fields=["article", "paragraph", "version", "role"],
                condition=Q(until=None),
                name="evidence_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.version}"
