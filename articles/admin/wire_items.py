"""The wire desk with what articles add to it: drafts from posts, and who used a post."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from articles import drafting
from articles.models import Article
from articles.workflow import Refused
from staff.admin_base import BOTH, user_of
from wire.admin import ItemAdmin
from wire.models import Item

admin.site.unregister(Item)


@admin.register(Item)
class DeskItemAdmin(ItemAdmin):
    """The wire desk, from which articles are started."""

    actions = ["draft", *ItemAdmin.actions]
    change_list_template = "admin/wire/item/desk.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        made_at = timezone.now().isoformat()
        context = {"desk_title": "Wire desk", "made_at": made_at}
        context |= extra_context or {}
        return super().changelist_view(request, context)

    def has_draft_permission(self, request: HttpRequest) -> bool:
        user = user_of(request)
        return user.has_perm("wire.draft_item") and user.has_perm(
            "articles.add_article"
        )

    @admin.action(description="Start a draft", permissions=["draft"], location=BOTH)
    def draft(
        self, request: HttpRequest, queryset: QuerySet[Item]
    ) -> HttpResponse | None:
        """Start one article from the chosen posts, oldest first, and go on to write it."""
        items = list(queryset.select_related("source").order_by("seen_at", "pk"))
        try:
            article = drafting.draft_from(
                items, by=user_of(request), now=timezone.now()
            )
        except (Refused, Item.Taken) as refusal:
            messages.error(request, str(refusal))
            return None
        target = reverse("admin:articles_article_change", args=[article.pk])
        return HttpResponseRedirect(target)

    def get_fields(self, request: HttpRequest, obj: Item | None = None) -> list[Any]:
        """Name the articles to those alone who may see articles."""
        may_see = user_of(request).has_perm("articles.view_article")
        return [*super().get_fields(request, obj), *(["used_in"] if may_see else [])]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Item | None = None
    ) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "used_in"]

    @admin.display(description="Articles that rest on it")
    def used_in(self, item: Item) -> SafeString | str:
        citing = (
            Article.objects.filter(
                evidence__version__item=item, evidence__until__isnull=True
            )
            .distinct()
            .order_by("-changed_at", "-pk")
        )
        rows = (
            (
                reverse("admin:articles_article_change", args=[article.pk]),
                article.headline,
                article.get_status_display().lower(),
            )
            for article in citing[:20]
        )
        return format_html_join("", '<p><a href="{}">{}</a> ({})</p>', rows) or "none"
