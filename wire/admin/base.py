"""What the wire's windows share."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from staff.models import User

BOTH = [admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM]


class MachineMade(admin.ModelAdmin):
    """A window on rows that only the machine writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False


def user_of(request: HttpRequest) -> User:
    """The member of staff at the other end; the admin lets nobody else in."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("the admin was reached without a user")
    return user
