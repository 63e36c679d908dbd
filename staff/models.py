"""Who works here."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


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
        max_length=64, default="UTC", help_text="Times at the desk are shown in it."
    )

    def __str__(self) -> str:
        return self.get_full_name() or self.username
