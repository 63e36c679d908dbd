"""What happened when we listened."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from staff.admin_base import BOTH, MachineMade, user_of
from wire.models import DeadLetter, Fetch

_LETTER = (
    "source",
    "error",
    "place",
    "beginning",
    "blob",
    "first_at",
    "last_at",
    "times",
    "closed_at",
    "closed_by",
)


@admin.register(Fetch)
class FetchAdmin(MachineMade):
    """The log of polls that brought something, or failed."""

    list_display = [
        "at",
        "source",
        "ok",
        "status",
        "new",
        "changed",
        "rejected",
        "error",
    ]
    list_filter = ["ok", "reason", "source"]
    list_select_related = ["source"]
    date_hierarchy = None
    show_full_result_count = False
    ordering = ["-at", "-pk"]


@admin.register(DeadLetter)
class DeadLetterAdmin(MachineMade):
    """What could not be read, with its bytes and the reason."""

    list_display = ["error", "source", "place", "times", "last_at", "closed_at"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter), "source"]
    list_select_related = ["source"]
    fields = _LETTER
    readonly_fields = _LETTER
    ordering = ["-last_at", "-pk"]
    actions = ["close"]

    @admin.display(description="What came")
    def beginning(self, letter: DeadLetter) -> SafeString:
        text = bytes(letter.raw[:4000]).decode("utf-8", "replace")
        return format_html("<pre>{}</pre>", text)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("wire.change_deadletter")

    @admin.action(description="Seen to", permissions=["close"], location=BOTH)
    def close(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        by, now = user_of(request), timezone.now()
        for letter in queryset:
            letter.close(by=by, now=now)
        self.message_user(request, "Closed.")
