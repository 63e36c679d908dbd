"""Where an article was before its address changed."""

from __future__ import annotations

from django.db import models


class OldAddress(models.Model):
    """An address a public article has left; it leads to where the article is now."""

    path = models.CharField(max_length=250, unique=True)  # /section/yyyy/mm/dd/slug/
    article = models.ForeignKey(
        "articles.Article", on_delete=models.PROTECT, related_name="old_addresses"
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "old addresses"

    def __str__(self) -> str:
        return self.path
