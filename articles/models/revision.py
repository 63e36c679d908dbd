"""What was saved and what was done: both append-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from articles import workflow
from articles.models.change import canonical_hash

if TYPE_CHECKING:
    from articles.models.image import Image


# What of a text is hashed, by the number of the form; see docs/provenance.md. A field that
# shall count makes the next form; saved revisions keep theirs and verify for ever.
FORMS: dict[int, tuple[str, ...]] = {
    1: ("headline", "standfirst", "body", "framing", "bylines", "image", "caption"),
}


class RevisionKind(models.TextChoices):
    """How a revision came about."""

    SAVED = "saved", "Saved"
    EVIDENCE = "evidence", "Evidence changed"
    RESTORED = "restored", "Restored"


class Revision(models.Model):
    """One saved state of an article. Append-only: the database refuses changes."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.PROTECT, related_name="revisions"
    )
    n = models.PositiveIntegerField()  # 1 for the first
    kind = models.CharField(
        max_length=9, choices=RevisionKind.choices, default=RevisionKind.SAVED
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
    restored_n = models.PositiveIntegerField(null=True)  # of a restored one: which
    hash = models.CharField(max_length=64)  # SHA-256 of the canonical text
    hash_form = models.PositiveSmallIntegerField(db_default=1)  # a key of `FORMS`

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "n"], name="revision_once"),
        ]

    def __str__(self) -> str:
        return f"Revision {self.n} of {self.headline}"

    def text(self) -> dict[str, object]:
        """Return what a reader would see of it, ready to be saved or hashed again."""
        return {
            "headline": self.headline,
            "standfirst": self.standfirst,
            "body": self.body,
            "framing": self.framing,
            "bylines": self.bylines,
            "image": self.image,
            "caption": self.caption,
        }

    def hash_in(self, form: int) -> str:
        """Return the hash of its text in a form, whichever it was saved with."""
        return self.hash if form == self.hash_form else text_hash(self.text(), form)


def newest_form() -> int:
    """Return the form in which revisions are hashed that are saved now."""
    return max(FORMS)


def text_hash(text: dict[str, object], form: int) -> str:
    """Return the SHA-256 of a revision's text, as `Revision.text` gives it, in one form.

    Raises `KeyError` for a form this release does not know.
    """
    image: Image | None = text["image"]  # type: ignore[assignment]
    hashed = {**text, "image": str(image.public_id) if image else ""}
    return canonical_hash({name: hashed[name] for name in FORMS[form]})


class Autosave(models.Model):
    """What one person has typed into one article and not saved yet.

    One row a person and article, replaced as they type and gone when they save. It never
    becomes a revision by itself, so it can neither overwrite one nor swell the history.
    """

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="autosaves"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    base_n = models.PositiveIntegerField()  # the revision the typing started from
    text = models.JSONField()  # {"headline": …, "body": …}: the fields typed in
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "by"], name="autosave_once"),
        ]

    def __str__(self) -> str:
        return f"Unsaved text of {self.by}"


class Move(models.Model):
    """One editorial step: who did what to an article, when, and why. Append-only."""

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
    note = models.TextField(blank=True)  # for the house; no reader ever sees it
    public_note = models.TextField(blank=True)  # of a kill: what readers are told

    def __str__(self) -> str:
        return f"{workflow.current_verb(self.verb)} by {self.by}"
