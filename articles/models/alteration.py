"""What was changed around a text: its place, its times, what its picture says."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Alteration(models.Model):
    """One field that somebody changed outside the text. Append-only, as the moves are.

    Of an article, of a picture, or of a picture in an article that showed it. `before` and
    `after` are words for people, as they were then; empty where there was nothing.
    """

    article = models.ForeignKey(
        "articles.Article",
        on_delete=models.PROTECT,
        null=True,
        related_name="alterations",
    )
    image = models.ForeignKey(
        "articles.Image",
        on_delete=models.PROTECT,
        null=True,
        related_name="alterations",
    )
    field = models.CharField(max_length=20)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(article__isnull=False) | Q(image__isnull=False),
                name="alteration_of_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} changed by {self.by}"
