"""The ledger of articles: one row for each public change, chained by hash."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import connection, models

from foundation.fields import CurrentXid, XidField

if TYPE_CHECKING:
    from articles.models.article import Article
    from articles.models.revision import Revision

LOCK = 0x6C6564676572  # "ledger": the advisory lock that every writer takes
FIRST = "0" * 64  # what stands before the first link


# What of a change is hashed, by the number of the form; a link keeps its own for ever.
LINK_FORMS: dict[int, tuple[str, ...]] = {
    1: ("article", "at", "kind", "previous", "revision", "text"),
}


class ChangeKind(models.TextChoices):
    """What happened to an article, as readers and partners must learn it."""

    PUBLISHED = "published", "Published"
    UPDATED = "updated", "Updated"
    CORRECTED = "corrected", "Corrected"
    EMBARGO = "embargo", "Embargo changed"
    WITHDRAWN = "withdrawn", "Taken back before its time"
    KILLED = "killed", "Killed"


class ChangeQuerySet(models.QuerySet["Change"]):
    def append(
        self, article: Article, kind: str, *, revision: Revision, at: datetime
    ) -> Change:
        """Add one link to the chain; call `lock_ledger` first in the same transaction.

        The chain's end is read here: without the lock another may add to it meanwhile,
        and then this one is refused with an `IntegrityError`.
        """
        last = self.model.objects.order_by("-pk").values_list("hash", flat=True).first()
        change = Change(
            article=article,
            kind=kind,
            revision_n=revision.n,
            at=at,
            previous=last or FIRST,
            hash_form=max(LINK_FORMS),
        )
        change.hash = change.digest(revision.hash)
        change.save(force_insert=True)
        return change


class Change(models.Model):
    """One public change of an article, in the transaction of the change; hash-chained.

    The order of ids is the order of commits: a trigger has every writer hold the ledger's
    lock to the end of its transaction. Append-only: the database refuses changes.
    """

    xid = XidField(db_default=CurrentXid(), editable=False)
    article = models.ForeignKey(
        "articles.Article", on_delete=models.PROTECT, related_name="changes"
    )
    kind = models.CharField(max_length=12, choices=ChangeKind.choices)
    revision_n = models.PositiveIntegerField()
    at = models.DateTimeField()
    previous = models.CharField(max_length=64, unique=True)  # the hash before; no forks
    hash = models.CharField(max_length=64, unique=True)
    hash_form = models.PositiveSmallIntegerField(db_default=1)  # a key of `LINK_FORMS`

    objects = ChangeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["xid", "id"], name="change_commit_order")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at:%Y-%m-%d %H:%M}"

    def digest(self, text_hash: str) -> str:
        """Return the SHA-256 this link must have in its form; `text_hash` is its revision's."""
        content: dict[str, object] = {
            "article": str(self.article.public_id),
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "kind": self.kind,
            "previous": self.previous,
            "revision": self.revision_n,
            "text": text_hash,
        }
        return canonical_hash(
            {name: content[name] for name in LINK_FORMS[self.hash_form]}
        )


def canonical_hash(content: object) -> str:
    """Return the SHA-256, in hex, of `content` as JSON in one fixed form."""
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def lock_ledger() -> datetime:
    """Take the lock of this ledger; return the database's clock once it is ours.

    Held until the transaction ends, so public changes follow one another. A trigger takes
    it before every insert; take it here before any row is locked, for two transactions
    that lock in another order wait for each other for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s), clock_timestamp()", [LOCK])
        clock: datetime = cursor.fetchone()[1]
    return clock
