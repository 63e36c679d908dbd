"""Pictures, and the sizes readers get."""

from __future__ import annotations

from datetime import timedelta
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from foundation.leased_work import Backoff, LeasedWork, LeasedWorkQuerySet

SHARE = (MinValueValidator(0.0), MaxValueValidator(1.0))


class ImageState(models.TextChoices):
    """How far the making of a picture's renditions is."""

    NEW = "new", "Waiting"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    REMOVED = "removed", "Removed"


class ImageQuerySet(LeasedWorkQuerySet["Image"]):
    """Questions about pictures."""

    def kept(self) -> Self:
        """Those we have; of the others only the row is left."""
        return self.filter(removed_at=None)

    def active(self) -> Self:
        """Those whose sizes may be made."""
        return self.kept()


class Image(LeasedWork):
    """A picture with its credit and rights. The original is never served.

    A picture that was removed leaves its row, without files and words: the texts that
    named it are proved by its id, and who removed it, when and why stays known.
    """

    LEASE = timedelta(seconds=90)
    BACKOFF = Backoff(first=timedelta(seconds=30), longest=timedelta(hours=1))
    # The pixels are read by a child: if the worker dies, that is not the picture's doing
    LONGEST_CRASH_WAIT = timedelta(0)

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    original = models.FileField(upload_to="originals/", blank=True)
    sha256 = models.CharField(max_length=64, editable=False)
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    alt = models.CharField(
        max_length=300, help_text="What the picture shows, for those who cannot see it."
    )
    caption = models.CharField(max_length=300, blank=True)
    credit = models.CharField(max_length=200)
    rights = models.CharField(max_length=300, blank=True, help_text="Terms of use.")
    focal_x = models.FloatField(
        default=0.5,
        validators=SHARE,
        help_text="0 is the left edge, 1 the right.",
    )
    focal_y = models.FloatField(
        default=0.5,
        validators=SHARE,
        help_text="0 is the top edge, 1 the bottom.",
    )
    colour = models.CharField(
        max_length=7, blank=True, editable=False
    )  # "#rrggbb", mean
    uploaded_at = models.DateTimeField(editable=False)

    state = models.CharField(
        max_length=8,
        choices=ImageState.choices,
        default=ImageState.NEW,
        editable=False,
    )
    due_at = models.DateTimeField(null=True, db_index=True, editable=False)
    # Children that its pixels ended. Only these set a picture aside.
    decoder_crashes = models.PositiveSmallIntegerField(default=0, editable=False)

    removed_at = models.DateTimeField(null=True, editable=False)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    removed_why = models.TextField(blank=True, editable=False)  # for the desk alone

    objects = ImageQuerySet.as_manager()

    class Meta:
        permissions = [
            ("remove_image", "Can remove pictures, and withdraw them at once")
        ]
        constraints = [
            models.CheckConstraint(
                name="image_focal_point_inside",
                condition=Q(
                    focal_x__gte=0, focal_x__lte=1, focal_y__gte=0, focal_y__lte=1
                ),
            ),
            models.CheckConstraint(
                name="image_removed_leaves_nothing",
                condition=Q(removed_at__isnull=True)
                | Q(state=ImageState.REMOVED, original="", due_at__isnull=True, alt=""),
            ),
        ]

    def __str__(self) -> str:
        return "Removed picture" if self.is_removed else self.alt[:80]

    def is_active(self) -> bool:
        """The same rule as `ImageQuerySet.active`, for one in hand."""
        return not self.is_removed

    @property
    def is_removed(self) -> bool:
        """The same rule as `ImageQuerySet.kept`, the other way about, for one in hand."""
        return self.removed_at is not None


class Rendition(models.Model):
    """One size of a picture in one format, made by a worker, with all metadata gone."""

    image = models.ForeignKey(
        Image, on_delete=models.CASCADE, related_name="renditions"
    )
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    format = models.CharField(max_length=4)  # avif, webp, jpeg
    file = models.FileField(upload_to="renditions/")
    size = models.PositiveIntegerField()  # bytes
    shape = models.CharField(max_length=8, default="whole")  # whole, 3x2, 1x1

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "shape", "width", "format"], name="rendition_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.width} px {self.format}"
