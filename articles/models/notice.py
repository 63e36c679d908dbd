"""What we say about our own copy."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class NoticeKind(models.TextChoices):
    """What a notice says of the article; readers see it as its heading."""

    CORRECTION = "correction", "Correction"
    CLARIFICATION = "clarification", "Clarification"
    UPDATE = "update", "Update"
    RETRACTION = "retraction", "Retraction"
    NOTE = "note", "Editor's note"


#: The kinds that admit an error: they stand on the page of corrections too.
ADMISSIONS = (NoticeKind.CORRECTION, NoticeKind.CLARIFICATION, NoticeKind.RETRACTION)


class Notice(models.Model):
    """A correction or another public note on an article. Append-only."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.PROTECT, related_name="notices"
    )
    kind = models.CharField(max_length=14, choices=NoticeKind.choices)
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:80]}"
