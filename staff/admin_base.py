"""What the admin pages of all apps share."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from staff.models import User

BOTH = [admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM]


class MachineMade(admin.ModelAdmin):
    """Rows to look at: only the machine writes them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False


def user_of(request: HttpRequest) -> User:
    """Return the member of staff who asks; the admin lets nobody else in."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("the admin was reached without a user")
    return user
