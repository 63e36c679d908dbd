"""What happened when we listened: fetches, and what could not be read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import connection, models

from wire.models.sources import Source

if TYPE_CHECKING:
    from staff.models import User


class Fetch(models.Model):
    """One poll that brought a new document, or failed. Unchanged answers leave no row."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="fetches")
    at = models.DateTimeField(db_index=True)
    ok = models.BooleanField()
    status = models.PositiveSmallIntegerField(null=True)  # HTTP
    url = models.TextField(blank=True)  # after redirects
    blob = models.CharField(max_length=64, blank=True)  # SHA-256 of the raw bytes
    size = models.PositiveIntegerField(default=0)  # bytes, decoded
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=40, blank=True)  # a word for counting
    error = models.TextField(blank=True)  # a sentence for people
    warnings = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "fetches"
        indexes = [models.Index(fields=["source", "-at"], name="fetch_by_source")]

    def __str__(self) -> str:
        return f"{self.source} at {self.at:%Y-%m-%d %H:%M:%S}"


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)


class DeadLetter(models.Model):
    """Something a source sent that could not be read, with its bytes and the reason.

    The same bytes with the same reason are one letter, however often they come again.
    """

    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="dead_letters"
    )
    raw_hash = models.CharField(max_length=64)
    raw = models.BinaryField()
    blob = models.CharField(max_length=64, blank=True)  # the document it came in
    place = models.CharField(max_length=200, blank=True)
    error = models.TextField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "staff.User", on_delete=models.PROTECT, null=True, blank=True
    )

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "raw_hash"], name="dead_letter_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.error[:80]}"

    def close(self, *, by: User, now: datetime) -> None:
        """Say that somebody has seen to it."""
        self.closed_at, self.closed_by = now, by
        self.save(update_fields=["closed_at", "closed_by"])


class ReadingQuerySet(models.QuerySet["Reading"]):
    def begin(self, source: Source, document: str, *, now: datetime) -> bool:
        """Note that `document` of `source` is being read. False: leave it alone.

        Belongs outside a transaction, before the first byte is parsed: a reader that
        ends its process leaves the note behind, and three such notes set the document
        aside. `end` takes it back.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO wire_reading AS r (source_id, document, tries, at)
                VALUES (%s, %s, 1, %s)
                ON CONFLICT (source_id, document) DO UPDATE
                   SET tries = r.tries + 1, at = excluded.at WHERE r.tries < %s
                RETURNING r.tries""",
                [source.pk, document, now, Reading.TRIES],
            )
            return cursor.fetchone() is not None

    def end(self, source: Source, *documents: str) -> None:
        """Note that reading them came to an end, good or bad. With what it led to."""
        self.filter(source=source, document__in=documents).delete()


class Reading(models.Model):
    """A document that is being read, or that nobody came back from reading.

    Known by its hash: what kills its reader is set aside, never the source it came from.
    """

    TRIES = 3

    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="readings"
    )
    document = models.CharField(max_length=64)  # SHA-256 of the raw bytes
    tries = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    objects = ReadingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "document"], name="reading_once")
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.document[:12]}, {self.tries} times"
