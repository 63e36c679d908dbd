"""Changing what people may do: who did it, and that somebody is left who can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import IntegrityError, connection

from staff.models import User

FIELDS = ("role", "is_staff", "is_active", "is_superuser")
LAST_SUPERUSER = (
    "This is the last superuser. Make somebody else one first: without any, nobody could"
    " add people or change their roles."
)


def leaves_no_superuser(leaving: Iterable[User]) -> bool:
    """Tell whether without these people nobody is left who may change people.

    For a sentence in time. What holds, also of two at once, is the trigger
    `staff_user_last_superuser`.
    """
    theirs = [person.pk for person in leaving]
    masters = User.objects.filter(is_superuser=True, is_active=True, is_staff=True)
    gone = masters.filter(pk__in=theirs).exists()
    return gone and not masters.exclude(pk__in=theirs).exists()


def take_turns() -> None:
    """Wait until nobody else removes a superuser; holds to the end of the transaction."""
    with connection.cursor() as cursor:  # the lock the trigger takes
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('staff_user_last_superuser'))"
        )


def is_last_superuser(error: IntegrityError) -> bool:
    """Tell whether the database refused to lose its last superuser."""
    found = getattr(error.__cause__, "diag", None)
    return getattr(found, "constraint_name", "") == "staff_user_last_superuser"


def difference(before: Mapping[str, object], after: User) -> str:
    """Return the rights that are not as `before`: `role: editor → chief`; "" for none."""
    changed = (
        f"{field}: {before[field]} → {getattr(after, field)}"
        for field in FIELDS
        if field in before and before[field] != getattr(after, field)
    )
    return ", ".join(changed)
