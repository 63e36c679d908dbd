"""Open questions at the desk: asked and closed beside the article, listed by their day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from articles import questions
from articles.limits import TooMuch
from articles.models import Article, OpenQuestion, Outcome
from articles.workflow import Refused
from staff.admin_base import MachineMade, user_of
from staff.models import User


def panel(article: Article, by: User) -> dict[str, Any]:
    """Return what the panel beside an article shows `by`. One query."""
    asked = article.questions.select_related("asked_by", "closed_by")
    return {
        "rows": list(asked.order_by("closed_at", "due_date", "pk")),
        "may": not questions.why_not(article, by),
        "outcomes": Outcome.choices,
        "today": timezone.now().date(),
    }


def ask(request: HttpRequest, article: Article) -> HttpResponse:
    """Put a question beside the article."""
    try:
        due_date = date.fromisoformat(request.POST.get("due_date", ""))
    except ValueError:
        messages.error(request, "Say a day by which we look again.")
        return _back(article)
    try:
        questions.ask(
            article,
            request.POST.get("text", ""),
            due_date=due_date,
            watch=request.POST.get("watch", ""),
            by=user_of(request),
            now=timezone.now(),
        )
    except (Refused, TooMuch) as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, "Asked.")
    return _back(article)


def close(
    request: HttpRequest, article: Article, question: OpenQuestion
) -> HttpResponse:
    """Say what came of a question."""
    try:
        questions.close(
            question,
            request.POST.get("outcome", ""),
            answer=request.POST.get("answer", ""),
            by=user_of(request),
            now=timezone.now(),
        )
    except (Refused, TooMuch) as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, f"Closed: {question.get_outcome_display().lower()}.")
    return _back(article)


def _back(article: Article) -> HttpResponse:
    return HttpResponseRedirect(f"{_desk_of(article)}#questions")


def _desk_of(article: Article) -> str:
    return reverse("admin:articles_article_change", args=[article.pk])


class DueFilter(admin.SimpleListFilter):
    """Questions by whether their day has come."""

    title = "state"
    parameter_name = "state"

    def lookups(
        self,
        request: HttpRequest,
        model_admin: Any,  # noqa: ANN401
    ) -> list[tuple[str, str]]:
        return [("due", "Due"), ("open", "Open")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[OpenQuestion]
    ) -> QuerySet[OpenQuestion]:
        if self.value() == "due":
            return queryset & OpenQuestion.objects.due(timezone.now().date())
        open_ones = queryset.filter(closed_at=None)
        return open_ones if self.value() == "open" else queryset


@admin.register(OpenQuestion)
class OpenQuestionAdmin(MachineMade):
    """What our stories do not know, by the day it is due. Asked beside the article."""

    list_display = ["text", "article", "due_date", "state", "asked_by"]
    list_filter = [DueFilter]
    list_select_related = ["article", "asked_by"]
    search_fields = ["text", "article__headline", "watch"]
    ordering = ["closed_at", "due_date", "pk"]
    actions = None
    fields = [
        "text", "story", "due_date", "watch", "came_in", "asked_by", "asked_at", "state",
        "answer", "closed_by", "closed_at",
    ]  # fmt: skip
    readonly_fields = ["story", "came_in", "state"]

    @admin.display(description="State")
    def state(self, question: OpenQuestion) -> str:
        if not question.is_open():
            return question.get_outcome_display()
        return "Due" if question.is_due(timezone.now().date()) else "Open"

    @admin.display(description="Article")
    def story(self, question: OpenQuestion) -> SafeString:
        """Where it is closed."""
        return format_html(
            '<a href="{}#questions">{}</a>',
            _desk_of(question.article),
            question.article.headline,
        )

    @admin.display(description="On the wire since")
    def came_in(self, question: OpenQuestion) -> SafeString | str:
        """The posts its watch finds, newest first."""
        rows = format_html_join(
            "",
            '<li><a href="{}" dir="auto">{}</a> <span class="quiet">{} · {}</span></li>',
            (
                (
                    reverse("admin:wire_item_change", args=[item.pk]),
                    str(item),
                    item.source.name,
                    f"{timezone.localtime(item.seen_at):%-d %b, %H:%M}",
                )
                for item in question.matches()
            ),
        )
        nothing = "Nothing yet." if question.watch else "It watches for nothing."
        return format_html("<ul>{}</ul>", rows) if rows else nothing
