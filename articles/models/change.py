"""The ledger of what must travel."""

from __future__ import annotations

from django.db import models

from wire.models.items import CurrentXid, XidField


class Change(models.Model):
    """One public change of an article, in the transaction of the change; hash-chained.

    Readers (feeds, partners, the stream) take it in commit order: `(xid, id)` below the
    oldest running transaction.
    """

    xid = XidField(db_default=CurrentXid(), editable=False)
    article = models.ForeignKey(
        "articles.Article", on_delete=models.PROTECT, related_name="changes"
    )
    kind = models.CharField(
        max_length=12,
        choices=[
            ("published", "Published"),
            ("updated", "Updated"),
            ("corrected", "Corrected"),
            ("embargo", "Embargo changed"),
            ("withdrawn", "Taken back before its time"),
            ("killed", "Killed"),
        ],
    )
    revision_n = models.PositiveIntegerField()
    at = models.DateTimeField()
    previous = models.CharField(max_length=64, unique=True)  # the hash before; no forks
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = [models.Index(fields=["xid", "id"], name="change_commit_order")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at:%Y-%m-%d %H:%M}"
