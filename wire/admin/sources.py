"""Publishers and sources, and how the sources do."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from staff.admin_base import BOTH
from wire.models import Publisher, Source


@admin.register(Publisher)
class PublisherAdmin(admin.ModelAdmin):
    """Who stands behind sources."""

    list_display = ["name", "kind", "country"]
    list_filter = ["kind"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False


class HealthFilter(admin.SimpleListFilter):
    """Sources by how they do."""

    title = "health"
    parameter_name = "health"

    def lookups(
        self,
        request: HttpRequest,
        model_admin: Any,  # noqa: ANN401
    ) -> list[tuple[str, str]]:
        return [
            ("failing", "Failing"),
            ("missing", "Posts missed"),
            ("paused", "Paused"),
            ("silent", "Never heard"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Source]
    ) -> QuerySet[Source]:
        missing = Source.objects.missing(timezone.now()).order_by()
        chosen: dict[str | None, QuerySet[Source]] = {
            "failing": queryset.filter(failures__gt=0, enabled=True),
            "missing": queryset.filter(pk__in=missing),
            "paused": queryset.filter(enabled=False),
            "silent": queryset.filter(last_success_at=None),
        }
        return chosen.get(self.value(), queryset)


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    """One feed or channel, its settings, and its health."""

    list_display = [
        "name", "health", "format", "release", "last_attempt", "last_success",
        "newest_item", "failures", "next_try",
    ]  # fmt: skip
    list_filter = [HealthFilter, "release", "format"]
    list_select_related = ["publisher"]
    search_fields = ["name", "url", "publisher__name"]
    autocomplete_fields = ["publisher"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = [
        "health", "last_attempt_at", "last_success_at", "newest_item_at", "failures",
        "due_at", "last_error", "gap", "gap_at", "etag", "last_modified",
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": ["publisher", "name", "slug", "url", "format", "language"]}),
        ("Release", {"fields": ["release", "delay", "standing"]}),
        ("Polling", {"fields": ["enabled", "interval"]}),
        (
            "Health",
            {
                "fields": [
                    "health", "last_attempt_at", "last_success_at", "newest_item_at",
                    "failures", "due_at", "last_error", "gap", "gap_at", "etag",
                    "last_modified",
                ],
            },
        ),
    ]  # fmt: skip
    actions = ["poll_now", "pause", "resume"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "due_at": timezone.now(),
            **super().get_changeform_initial_data(request),
        }

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    @admin.display(description="Health")
    def health(self, source: Source) -> SafeString:
        """In words first; the colour only repeats them."""
        found = source.health(timezone.now())
        return format_html(
            '<span class="health health--{}">{}</span>', found.state, found.words
        )

    @admin.display(description="Last attempt", ordering="last_attempt_at")
    def last_attempt(self, source: Source) -> str:
        return _ago(source.last_attempt_at)

    @admin.display(description="Last success", ordering="last_success_at")
    def last_success(self, source: Source) -> str:
        return _ago(source.last_success_at)

    @admin.display(description="Newest item", ordering="newest_item_at")
    def newest_item(self, source: Source) -> str:
        return _ago(source.newest_item_at)

    @admin.display(description="Next try", ordering="due_at")
    def next_try(self, source: Source) -> str:
        if not source.enabled:
            return "paused"
        wait = source.due_at - timezone.now()
        return (
            f"in {timesince(timezone.now() - wait)}"
            if wait.total_seconds() > 0
            else "due"
        )

    @admin.action(description="Poll now", permissions=["change"], location=BOTH)
    def poll_now(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        count = queryset.filter(enabled=True).update(due_at=timezone.now())
        self.message_user(request, f"{count} sources are polled in a few seconds.")

    @admin.action(description="Pause", permissions=["change"], location=BOTH)
    def pause(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        for source in queryset:
            source.pause()
        self.message_user(request, "Paused. What came in stays.")

    @admin.action(description="Listen again", permissions=["change"], location=BOTH)
    def resume(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        for source in queryset:
            source.resume(now=timezone.now())
        self.message_user(request, "Listening again.")


def _ago(instant: Any) -> str:  # noqa: ANN401
    return f"{timesince(instant)} ago" if instant else "never"
