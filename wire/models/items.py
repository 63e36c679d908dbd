"""What sources sent: items, their versions, and the ledger of what changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from foundation.fields import CurrentXid, XidField
from foundation.notifications import WIRE, PushKind, hard, item_tag, purge
from foundation.stored_html import StampField
from wire import rail_html
from wire.models.sources import Source, SourceQuerySet

if TYPE_CHECKING:
    from staff.models import User


class Status(models.TextChoices):
    """What the source says of its post."""

    USABLE = "usable", "Usable"
    WITHDRAWN = "withdrawn", "Withdrawn by the source"
    DELETED = "deleted", "Deleted at the source"


class Standing(models.TextChoices):
    """What the desk says of a post; readers see it as a mark."""

    UNVERIFIED = "unverified", "Unverified"
    DEVELOPING = "developing", "Developing"
    CONFIRMED = "confirmed", "Confirmed"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ItemQuerySet(models.QuerySet["Item"]):
    def public(self, now: datetime) -> Self:
        """What readers may see on the rail at `now`; withdrawn posts stay, struck through.

        A query over time: a delayed post appears without any job.
        """
        return self.filter(public_at__lte=now)

    def newest_first(self) -> Self:
        """By the instant readers could see them, newest first: the order of the rail."""
        return self.order_by("-public_at", "-pk")

    def last_seen_first(self) -> Self:
        """By our own clock, newest first: the order of the desk."""
        return self.order_by("-seen_at", "-pk")

    def sources(self) -> SourceQuerySet:
        """The sources that sent one of these posts."""
        return Source.objects.filter(Exists(self.filter(source=OuterRef("pk"))))

    def held(self) -> Self:
        """What waits for the desk."""
        return self.filter(public_at=None)

    def to_announce(self, now: datetime) -> Self:
        """Delayed posts whose time has come and which the stream has not told yet."""
        return self.filter(public_at__lte=now, announced=False)


class Item(models.Model):
    """One post or story as a source sent it, with the newest of its versions in front.

    The fields below `version_count` repeat the current version, so that lists read one
    table; `wire.store` writes both in one statement.
    """

    public_id = models.UUIDField(
        default=uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="items")
    external_id = models.CharField(max_length=512)  # the source's own
    seen_at = models.DateTimeField()  # our clock, at the first version
    changed_at = models.DateTimeField()  # our clock, at the current version
    public_at = models.DateTimeField(null=True, blank=True)  # None: held by the desk
    announced = models.BooleanField(default=False)  # the stream has told it
    standing = models.CharField(
        max_length=12, choices=Standing.choices, default=Standing.UNVERIFIED
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="claimed_items",
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    version_count = models.PositiveIntegerField(default=1)

    # The current version
    current_n = models.PositiveIntegerField(default=1)
    content_hash = models.CharField(max_length=64)
    hash_form = models.PositiveSmallIntegerField(db_default=1)
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.USABLE
    )
    kind = models.CharField(max_length=10, default="post")
    headline = models.TextField(blank=True)
    text = models.TextField(blank=True)
    url = models.TextField(blank=True)
    author = models.TextField(blank=True)
    language = models.CharField(max_length=35, blank=True)
    source_time = models.DateTimeField(null=True, blank=True)  # as the source claims
    revised_at = models.DateTimeField(null=True, blank=True)  # the source's own
    repost_name = models.TextField(blank=True)
    repost_url = models.TextField(blank=True)
    row = models.TextField(blank=True)  # its `<li>` on the rail, ready HTML
    rendered_with = StampField()  # of `row`

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="item_once_per_source"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-public_at", "-id"],
                name="item_rail",
                condition=Q(public_at__isnull=False),
            ),
            models.Index(
                fields=["source", "-public_at", "-id"],
                name="item_rail_by_source",
                condition=Q(public_at__isnull=False),
            ),
            models.Index(fields=["-seen_at", "-id"], name="item_desk"),
            models.Index(fields=["source", "-seen_at", "-id"], name="item_by_source"),
            models.Index(fields=["rendered_with", "id"], name="item_rendered_with"),
            models.Index(
                fields=["public_at"],
                name="item_to_announce",
                condition=Q(announced=False),
            ),
        ]
        permissions = [
            ("claim_item", "Can claim wire items"),
            ("draft_item", "Can start a draft from wire items"),
            ("release_item", "Can let posts through, hold, mark and withdraw them"),
        ]

    def __str__(self) -> str:
        return (self.headline or self.text)[:120] or self.external_id

    def get_absolute_url(self) -> str:
        return f"/wire/{self.public_id}/"

    def is_public(self, now: datetime) -> bool:
        """The same rule as `ItemQuerySet.public`, for one item in hand."""
        return self.public_at is not None and self.public_at <= now

    def current_version(self) -> Version:
        return self.versions.get(n=self.current_n)

    def rail_row(self) -> str:
        """Return its `<li>` on the rail, rendered from what it says now."""
        return rail_html.row(self, self.source)

    def let_through(self, *, by: User, now: datetime) -> None:
        """Let readers see a held or delayed post now, or when its embargo ends."""
        if self.is_public(now):
            return
        until = max(now, self.current_version().embargo_until or now)
        self._say(
            EventKind.RELEASED, by=by, now=now, public_at=until, announced=until <= now
        )

    def hold(self, *, by: User, now: datetime, note: str = "") -> None:
        """Take a post off the rail until the desk lets it through again."""
        self._say(EventKind.HELD, by=by, now=now, note=note, public_at=None)

    def mark(self, standing: str, *, by: User, now: datetime, note: str = "") -> None:
        """Say how sure the desk is of it; readers see the mark."""
        kind = EventKind.MARKED
        if standing == Standing.WITHDRAWN:
            kind = EventKind.WITHDRAWN
        self._say(kind, by=by, now=now, note=note, standing=Standing(standing))

    @transaction.atomic
    def _say(
        self,
        kind: EventKind,
        *,
        by: User,
        now: datetime,
        note: str = "",
        **changes: object,
    ) -> None:
        """Write the change, its row on the rail, its ledger entry and its notices as one."""
        fresh = Item.objects.select_for_update(of=["self"]).select_related("source")
        item = fresh.get(pk=self.pk)
        for field, value in changes.items():
            setattr(item, field, value)
            setattr(self, field, value)
        item.row = self.row = item.rail_row()
        item.rendered_with = rail_html.stamp()
        item.save(update_fields=[*changes, "row", "rendered_with"])
        item.events.create(kind=kind, at=now, by=by, note=note)
        # Of what was taken back no kept copy may stand in: those pages go at once.
        tags = [WIRE, item_tag(item.public_id)]
        purge(
            *(hard(tags) if kind == EventKind.HELD else tags), also_push=PushKind.WIRE
        )

    def claim(self, *, by: User, now: datetime) -> None:
        """Take the item for one reporter. Raises `Item.Taken` if somebody has it."""
        mine = Q(claimed_by=None) | Q(claimed_by=by)
        if not Item.objects.filter(mine, pk=self.pk).update(
            claimed_by=by, claimed_at=now
        ):
            raise Item.Taken(f"Somebody else has claimed “{self}” already.")
        self.claimed_by, self.claimed_at = by, now

    def let_go(self, *, by: User) -> None:
        """Give a claimed item back to the desk. Raises `Item.Taken` if it is not yours."""
        if not Item.objects.filter(pk=self.pk, claimed_by=by).update(
            claimed_by=None, claimed_at=None
        ):
            raise Item.Taken(f"“{self}” is not claimed by you.")
        self.claimed_by = self.claimed_at = None

    class Taken(Exception):
        """Another reporter has the item."""


class VersionQuerySet(models.QuerySet["Version"]):
    def public(self, now: datetime) -> Self:
        """Versions readers may see at `now`, of items they may see: past their embargo."""
        return self.filter(Q(embargo_until=None) | Q(embargo_until__lte=now))


class Version(models.Model):
    """One state of an item, as it came. Append-only: the database refuses changes."""

    public_id = models.UUIDField(
        default=uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="versions")
    n = models.PositiveIntegerField()  # 1 for the first, by arrival
    seen_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)  # SHA-256 of what a reader would see
    hash_form = models.PositiveSmallIntegerField(db_default=1)  # a key of `FORMS`
    status = models.CharField(max_length=10, choices=Status.choices)
    kind = models.CharField(max_length=10)
    headline = models.TextField(blank=True)
    text = models.TextField(blank=True)  # plain, paragraphs by a blank line
    html = models.TextField(blank=True)  # sanitised
    url = models.TextField(blank=True)
    author = models.TextField(blank=True)
    language = models.CharField(max_length=35, blank=True)
    source_time = models.DateTimeField(null=True)
    revised_at = models.DateTimeField(null=True)
    repost_name = models.TextField(blank=True)
    repost_url = models.TextField(blank=True)
    reply_to = models.TextField(blank=True)
    media = models.JSONField(default=list)
    embargo_until = models.DateTimeField(null=True)
    source_version = models.CharField(
        max_length=200, blank=True
    )  # the source's own mark
    blob = models.CharField(max_length=64)  # SHA-256 of the document it came in
    place = models.CharField(max_length=200, blank=True)  # where in that document

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "n"], name="version_once_per_item"),
        ]

    def __str__(self) -> str:
        return f"{self.headline or self.text[:80]} (version {self.n})"


class EventKind(models.TextChoices):
    """What happened to an item, as readers and desks must learn it."""

    NEW = "new", "New"
    CHANGED = "changed", "Changed at the source"
    WITHDRAWN = "withdrawn", "Withdrawn"
    RELEASED = "released", "Let through"
    HELD = "held", "Held back"
    MARKED = "marked", "Marked by the desk"


class Event(models.Model):
    """The wire's ledger: one row for each change, in the transaction of the change.

    Read it with `wire.ledger`, never by id alone: a slow transaction commits lower ids
    late.
    """

    xid = XidField(db_default=CurrentXid(), editable=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="events")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True)
    kind = models.CharField(max_length=10, choices=EventKind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["xid", "id"], name="event_commit_order")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at:%H:%M:%S}"
