"""What was saved and what was done: both append-only."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Revision(models.Model):
    """One saved state of an article. Append-only: the database refuses changes."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.PROTECT, related_name="revisions"
    )
    n = models.PositiveIntegerField()  # 1 for the first
    kind = models.CharField(
        max_length=9,
        choices=[
            ("autosave", "Autosave"),
            ("saved", "Saved"),
            ("published", "Published"),
        ],
        default="saved",
    )
    headline = models.CharField(max_length=200)
    standfirst = models.TextField(blank=True)
    body = models.TextField(blank=True)
    framing = models.TextField(blank=True)
    bylines = models.JSONField(default=list)  # [{"name", "slug", "role"}], as printed
    image = models.ForeignKey(
        "articles.Image", on_delete=models.PROTECT, null=True, related_name="+"
    )
    caption = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    note = models.TextField(blank=True)
    hash = models.CharField(max_length=64)  # SHA-256 of the canonical text

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "n"], name="revision_once"),
        ]

    def __str__(self) -> str:
        return f"Revision {self.n} of {self.headline}"


class Move(models.Model):
    """One editorial step: who did what to an article, when, and why."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.PROTECT, related_name="moves"
    )
    verb = models.CharField(max_length=12)
    source = models.CharField(max_length=8)  # status before
    target = models.CharField(max_length=8)  # status after
    revision_n = models.PositiveIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.verb} by {self.by}"
