"""What we say about our own copy."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Notice(models.Model):
    """A correction or another public note on an article. Append-only."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.PROTECT, related_name="notices"
    )
    kind = models.CharField(
        max_length=14,
        choices=[
            ("correction", "Correction"),
            ("clarification", "Clarification"),
            ("update", "Update"),
            ("retraction", "Retraction"),
            ("note", "Editor's note"),
        ],
    )
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:80]}"
