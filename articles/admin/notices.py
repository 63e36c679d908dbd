"""What we have said about our own copy."""

from __future__ import annotations

from django.contrib import admin

from articles.models import Notice
from staff.admin_base import MachineMade


@admin.register(Notice)
class NoticeAdmin(MachineMade):
    """Corrections and other notes, newest first. They are printed from the article."""

    list_display = ["at", "kind", "article", "text", "by"]
    list_filter = ["kind"]
    list_select_related = ["article", "by"]
    search_fields = ["text", "article__headline"]
    ordering = ["-at", "-pk"]
    actions = None
