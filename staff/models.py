"""Who works here, and who came in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models

from foundation import codes


class Role(models.TextChoices):
    """What somebody is in the newsroom. `staff.roles` says what each may do."""

    REPORTER = "reporter", "Reporter"
    EDITOR = "editor", "Editor"
    CHIEF = "chief", "Editor in chief"
    WIRE = "wire", "Wire editor"
    MARKETS = "markets", "Markets editor"
    OPERATOR = "operator", "Operator"


class User(AbstractUser):
    """A member of staff. What they may do follows from the role: see `staff.roles`."""

    role = models.CharField(
        max_length=12,
        choices=Role.choices,
        default=Role.REPORTER,
        help_text="What this person is in the newsroom; it sets what they may do.",
    )
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[codes.time_zone],
        help_text="Times at the desk are shown in it: a name such as Europe/London.",
    )
    # Counted up by the database whenever the rights change, by whatever way.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_session_auth_hash(self) -> str:
        """Tie sessions to the rights too: when these change, all of them end for good."""
        return self._tied(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same by each of the older secret keys."""
        yield from map(self._tied, super().get_session_auth_fallback_hash())

    def _tied(self, proof: str) -> str:
        return f"{proof}{self.session_epoch or ''}"


class AccessEventQuerySet(models.QuerySet["AccessEvent"]):
    def sign_ins(self) -> Self:
        """Those who came in."""
        return self.filter(kind=AccessEvent.Kind.SIGN_IN)

    def failures(self) -> Self:
        """Passwords that were wrong."""
        return self.filter(kind=AccessEvent.Kind.FAILED)

    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class AccessEvent(models.Model):
    """Somebody came in, failed to, left, or was given other rights. Kept for a while."""

    class Kind(models.TextChoices):
        SIGN_IN = "sign-in", "Signed in"
        FAILED = "sign-in-failed", "Wrong password"
        SIGN_OUT = "sign-out", "Signed out"
        PASSWORD = "password-changed", "Password changed"  # noqa: S105
        RIGHTS = "rights-changed", "Rights changed"

    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(
        max_length=150, help_text="The user name as it was typed; it may be nobody's."
    )
    address = models.CharField(max_length=45, help_text="Where the request came from.")
    network = models.CharField(max_length=49, help_text="The /64 of an IPv6 address.")
    by = models.CharField(
        max_length=150, blank=True, help_text="Who did it, if it was somebody else."
    )
    detail = models.CharField(max_length=200, blank=True)

    objects = AccessEventQuerySet.as_manager()

    class Meta:
        verbose_name = "sign-in"
        indexes = [
            models.Index(fields=["name", "network", "at"], name="access_event_known"),
            models.Index(fields=["kind", "at"], name="access_event_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name}"


class ThrottleQuerySet(models.QuerySet["Throttle"]):
    def idle_since(self, before: datetime) -> Self:
        """What nobody has tried since `before`."""
        return self.filter(at__lt=before)


class Throttle(models.Model):
    """How often passwords were tried lately, by one key of `staff.throttling`."""

    key = models.CharField(primary_key=True, max_length=220)
    failures = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_index=True)  # of the last try

    objects = ThrottleQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.key}: {self.failures}"
