"""The wire desk: posts, newest first, and what can be done to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from staff.admin_base import BOTH, user_of
from wire.models import Item, Standing, Version

_VERSION = (
    "n",
    "seen_at",
    "source_time",
    "status",
    "headline",
    "text",
)

_ITEM = (
    "headline",
    "text",
    "source",
    "author",
    "link",
    "source_time",
    "seen_at",
    "public_at",
    "standing",
    "status",
    "kind",
    "language",
    "repost_name",
    "claimed_by",
    "external_id",
    "version_count",
)


class ReleaseFilter(admin.SimpleListFilter):
    """Items by whether readers see them."""

    title = "release"
    parameter_name = "shown"

    def lookups(
        self,
        request: HttpRequest,
        model_admin: Any,  # noqa: ANN401
    ) -> list[tuple[str, str]]:
        return [("held", "Waits for the desk"), ("public", "On the rail")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Item]
    ) -> QuerySet[Item]:
        if self.value() == "held":
            return queryset.filter(public_at=None).exclude(kind="service")
        if self.value() == "public":
            return queryset.filter(public_at__lte=timezone.now())
        return queryset


class VersionInline(admin.TabularInline):
    """Every version as it came; none can be changed."""

    model = Version
    fields = _VERSION
    readonly_fields = _VERSION
    ordering = ["-n"]
    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False


@admin.register(Item)
class ItemAdmin(admin.ModelAdmin):
    """The wire desk: newest first, with what can be done to a post."""

    list_display = ["words", "source", "seen", "standing", "shown", "claimed_by"]
    list_filter = [ReleaseFilter, "standing", "status", "source"]
    list_select_related = ["source", "claimed_by"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["headline", "text", "external_id"]
    fields = _ITEM
    readonly_fields = _ITEM
    inlines = [VersionInline]
    actions = [
        "claim", "let_go", "let_through", "hold", "mark_developing", "mark_confirmed",
        "mark_unverified", "withdraw",
    ]  # fmt: skip
    ordering = ["-seen_at", "-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    def has_release_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("wire.release_item")

    def has_claim_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("wire.claim_item")

    @admin.display(description="Post", ordering="headline")
    def words(self, item: Item) -> SafeString:
        changed = f" (version {item.version_count})" if item.version_count > 1 else ""
        return format_html('<span dir="auto">{}</span>{}', str(item), changed)

    @admin.display(description="Seen", ordering="seen_at")
    def seen(self, item: Item) -> str:
        at = timezone.localtime(item.seen_at)
        return f"{at:%H:%M:%S}, {timesince(item.seen_at, depth=1)} ago"

    @admin.display(description="Readers")
    def shown(self, item: Item) -> str:
        if item.public_at is None:
            return "held"
        return (
            "see it"
            if item.is_public(timezone.now())
            else f"from {timezone.localtime(item.public_at):%H:%M}"
        )

    @admin.display(description="At the source")
    def link(self, item: Item) -> SafeString | str:
        if not item.url.startswith(("https://", "http://")):
            return item.url or "no address"
        return format_html('<a href="{0}" rel="noopener noreferrer">{0}</a>', item.url)

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Item],
        verb: Callable[[Item], None],
        done: str,
    ) -> None:
        """Do `verb` to each post; one that is refused costs the others nothing."""
        count = 0
        for item in queryset:
            try:
                verb(item)
                count += 1
            except Item.Taken as refusal:
                messages.error(request, str(refusal))
        if count:
            self.message_user(request, f"{count} {done}.")

    @admin.action(description="Claim", permissions=["claim"], location=BOTH)
    def claim(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        by, now = user_of(request), timezone.now()
        self._each(request, queryset, lambda i: i.claim(by=by, now=now), "claimed")

    @admin.action(description="Give back", permissions=["claim"], location=BOTH)
    def let_go(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        by = user_of(request)
        self._each(request, queryset, lambda i: i.let_go(by=by), "given back")

    @admin.action(description="Let through", permissions=["release"], location=BOTH)
    def let_through(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        by, now = user_of(request), timezone.now()
        self._each(
            request, queryset, lambda i: i.let_through(by=by, now=now), "let through"
        )

    @admin.action(description="Hold back", permissions=["release"], location=BOTH)
    def hold(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        by, now = user_of(request), timezone.now()
        self._each(request, queryset, lambda i: i.hold(by=by, now=now), "held back")

    def _mark(
        self, request: HttpRequest, queryset: QuerySet[Item], to: Standing
    ) -> None:
        by, now = user_of(request), timezone.now()
        self._each(
            *(request, queryset),
            lambda i: i.mark(to, by=by, now=now),
            f"marked {to.label.lower()}",
        )

    @admin.action(description="Mark developing", permissions=["release"], location=BOTH)
    def mark_developing(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._mark(request, queryset, Standing.DEVELOPING)

    @admin.action(description="Mark confirmed", permissions=["release"], location=BOTH)
    def mark_confirmed(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._mark(request, queryset, Standing.CONFIRMED)

    @admin.action(description="Mark unverified", permissions=["release"], location=BOTH)
    def mark_unverified(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._mark(request, queryset, Standing.UNVERIFIED)

    @admin.action(
        description="Withdraw, struck through", permissions=["release"], location=BOTH
    )
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._mark(request, queryset, Standing.WITHDRAWN)
