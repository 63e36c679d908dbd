"""The parts of the paper at the desk: sections, topics, authors and issues."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from articles import issue_numbering, taxonomy
from articles.models import Article, Author, Issue, Section, Topic
from articles.workflow import Refused
from foundation.notifications import FRONT, issue_tag, purge
from staff.admin_base import BOTH, user_of


def from_to(form: Any) -> str:  # noqa: ANN401
    """Return what a form changes, each field from what to what, for the admin's log."""
    return "; ".join(
        f"{form[name].label}: “{_was(form, name)}” → “{form.cleaned_data[name]}”"
        for name in form.changed_data
    )


def _was(form: Any, name: str) -> object:  # noqa: ANN401
    before, field = form[name].initial, form.fields[name]
    choices = getattr(field, "queryset", None)  # of a choice among models
    if before and choices is not None:
        return choices.filter(pk=before).first() or before
    return "" if before is None else before


class Logged(admin.ModelAdmin):
    """Its history says what each field was before."""

    def construct_change_message(
        self,
        request: HttpRequest,
        form: Any,  # noqa: ANN401
        formsets: Any,  # noqa: ANN401
        add: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:  # noqa: ANN401
        """Keep what stood there before: readers had it."""
        said = super().construct_change_message(request, form, formsets, add)
        return said if add else from_to(form) or said


class Part(Logged):
    """A name that articles carry. Nothing printed is ever deleted."""

    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name", "slug"]
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ANN401
        """An address that readers may have kept stays as it is."""
        fixed = ["slug"] if obj and obj.articles.exists() else []
        return [*self.readonly_fields, *fixed]

    def get_prepopulated_fields(
        self,
        request: HttpRequest,
        obj: Any = None,  # noqa: ANN401
    ) -> dict[str, Any]:
        return {} if obj else {"slug": ["name"]}

    def save_model(
        self,
        request: HttpRequest,
        obj: Any,  # noqa: ANN401
        form: Any,  # noqa: ANN401
        change: bool,  # noqa: FBT001
    ) -> None:
        """Save by the verb that also renders what carries the name."""
        count = taxonomy.save_taxonomy(obj)
        if count:
            messages.info(request, f"{count} public articles were rendered again.")


@admin.register(Section)
class SectionAdmin(Part):
    list_display = ["name", "slug", "position", "is_opinion", "stories"]
    ordering = ["position", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Section]:
        return super().get_queryset(request).annotate(count=Count("articles"))

    @admin.display(description="Articles", ordering="count")
    def stories(self, section: Section) -> int:
        return int(getattr(section, "count", 0))


@admin.register(Topic)
class TopicAdmin(Part):
    list_display = ["name", "slug", "stories"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        return super().get_queryset(request).annotate(count=Count("articles"))

    @admin.display(description="Articles", ordering="count")
    def stories(self, topic: Topic) -> int:
        return int(getattr(topic, "count", 0))


@admin.register(Author)
class AuthorAdmin(Part):
    list_display = ["name", "role", "slug", "user"]
    list_select_related = ["user"]
    fields = ["name", "slug", "role", "bio", "portrait", "user"]
    autocomplete_fields = ["portrait"]
    ordering = ["name", "pk"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ANN401
        """The address stays as well where only the public text names its author."""
        fixed = super().get_readonly_fields(request, obj)
        if obj and not fixed and obj.public_articles.exists():
            return ["slug"]
        return fixed


class IssueForm(forms.Form):
    """A day, and the edition's name where it is not the usual one."""

    date = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    edition = forms.CharField(
        max_length=60, required=False, help_text="Empty: computed from the date."
    )

    def clean(self) -> dict[str, Any]:
        """Refuse an edition named after another day, and a day before the paper was."""
        said: dict[str, Any] = super().clean() or {}
        on = said.get("date")
        if on is None:
            return said
        try:
            volume = issue_numbering.volume(on, first_year=settings.PAPER_VOLUME_ONE)
            issue_numbering.roman(volume)  # it is printed so
        except ValueError as error:
            self.add_error("date", f"{str(error).capitalize()}.")
        try:
            issue_numbering.edition(
                on, given=said.get("edition", ""), pattern=settings.PAPER_EDITION
            )
        except issue_numbering.WrongDay as wrong:
            self.add_error("edition", str(wrong))
        return said


@admin.register(Issue)
class IssueAdmin(Logged):
    """One day's paper each. Its number follows from the rule; nobody types it."""

    list_display = ["name", "date", "edition", "stories", "closed_at"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter)]
    date_hierarchy = "date"
    ordering = ["-date"]
    fields = ["date", "volume", "number", "edition", "closed_at", "running_order"]
    readonly_fields = ["date", "volume", "number", "closed_at", "running_order"]
    actions = ["close"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Issue]:
        return super().get_queryset(request).annotate(count=Count("articles"))

    def has_delete_permission(
        self, request: HttpRequest, obj: Issue | None = None
    ) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Issue | None = None
    ) -> bool:
        """A closed issue stays as it was."""
        is_open = obj is None or obj.closed_at is None
        return is_open and super().has_change_permission(request, obj)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("articles.close_issue")

    @admin.display(description="Issue", ordering="date")
    def name(self, issue: Issue) -> str:
        return f"Vol. {issue_numbering.roman(issue.volume)} · No. {issue.number}"

    @admin.display(description="Articles", ordering="count")
    def stories(self, issue: Issue) -> int:
        return int(getattr(issue, "count", 0))

    @admin.display(description="In it")
    def running_order(self, issue: Issue) -> SafeString | str:
        rows = Article.objects.filter(issue=issue).select_related("section")
        rows = rows.order_by("section__position", "prominence", "pk")
        return (
            format_html_join(
                "",
                '<p>{}: <a href="{}">{}</a> ({}, {})</p>',
                (
                    (
                        article.section.name,
                        reverse("admin:articles_article_change", args=[article.pk]),
                        article.headline,
                        article.get_prominence_display().lower(),
                        article.get_status_display().lower(),
                    )
                    for article in rows
                ),
            )
            or "Nothing yet: what goes live that day stands in it by itself."
        )

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Make the issue of a day; the rule gives it its number."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = IssueForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                issue = Issue.objects.for_date(form.cleaned_data["date"])
            except Refused as refusal:
                form.add_error("date", str(refusal))
            else:
                return self._made(request, issue, form.cleaned_data["edition"])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "New issue",
            "form": form,
        }
        return TemplateResponse(request, "admin/articles/issue/start.html", context)

    def _made(self, request: HttpRequest, issue: Issue, edition: str) -> HttpResponse:
        if edition and not issue.closed_at:
            issue.edition = edition
            issue.save(update_fields=["edition"])
        purge(issue_tag(issue.date), FRONT)
        messages.success(request, f"{issue} is there.")
        target = reverse("admin:articles_issue_change", args=[issue.pk])
        return HttpResponseRedirect(target)

    def save_model(
        self,
        request: HttpRequest,
        obj: Issue,
        form: Any,  # noqa: ANN401
        change: bool,  # noqa: FBT001
    ) -> None:
        """Save the edition's name, and tell the pages that print it."""
        obj.save(update_fields=["edition"])
        purge(issue_tag(obj.date), FRONT)

    @admin.action(description="Close for ever", permissions=["close"], location=BOTH)
    def close(self, request: HttpRequest, queryset: QuerySet[Issue]) -> None:
        by, now = user_of(request), timezone.now()
        for issue in queryset:
            try:
                issue.close(by=by, now=now)
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, f"{issue} is closed.")
