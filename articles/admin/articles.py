"""Articles at the desk: the list, and the way to the writing surface."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from articles import metadata, notices, revisions
from articles.admin import editing, evidence_panel, history, questions
from articles.admin.forms import StartForm
from articles.limits import TooMuch
from articles.models import Article, Evidence, Revision
from articles.workflow import Refused
from staff.admin_base import user_of

READING = ["GET", "HEAD"]
Answer = Callable[..., HttpResponse]


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    """The list of what is in hand, newest change first."""

    list_display = ["headline", "state", "section", "kind", "changed", "who", "moved"]
    list_filter = ["status", "section", "kind", "issue"]
    list_select_related = ["section"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["headline", "slug", "authors__name"]
    ordering = ["-changed_at", "-pk"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        last = Revision.objects.filter(article=OuterRef("pk")).order_by("-n")
        moved = (
            Evidence.objects.open()
            .moved()
            .filter(article=OuterRef("pk"))
            .order_by()
            .values("article")
            .annotate(n=Count("pk"))
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                last_by=Subquery(last.values("by__username")[:1]),
                moved_count=Subquery(moved.values("n")),
            )
        )

    # What the list says

    @admin.display(description="State", ordering="status")
    def state(self, article: Article) -> SafeString:
        """In words first; the colour only repeats them."""
        words = article.get_status_display()
        if article.is_scheduled(timezone.now()):
            at = article.visible_from()
            words = f"Live from {timezone.localtime(at):%-d %b, %H:%M}" if at else words
        return format_html(
            '<span class="state state--{}">{}</span>', article.status, words
        )

    @admin.display(description="Changed", ordering="changed_at")
    def changed(self, article: Article) -> SafeString:
        return format_html(
            '<time datetime="{}">{} ago</time>',
            article.changed_at.isoformat(),
            timesince(article.changed_at, depth=1),
        )

    @admin.display(description="Last hand")
    def who(self, article: Article) -> str:
        return getattr(article, "last_by", "") or "–"

    @admin.display(description="Sources")
    def moved(self, article: Article) -> SafeString | str:
        count = getattr(article, "moved_count", 0)
        if not count:
            return "as cited"
        return format_html('<strong class="moved">{} moved</strong>', count)

    # Who may

    def has_delete_permission(
        self, request: HttpRequest, obj: Article | None = None
    ) -> bool:
        return False

    # Where things are

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            ("autosave/", self._post(editing.autosave), "autosave"),
            ("forget/", self._post(editing.forget), "forget"),
            ("evidence/", self._post(evidence_panel.attach), "attach"),
            ("evidence/<int:link>/detach/", self._post(self._detach), "detach"),
            ("restore/<int:n>/", self._post(self._restore), "restore"),
            ("notice/", self._post(self._notice), "notice"),
            ("question/", self._post(questions.ask), "ask_question"),
            (
                "question/<int:number>/close/",
                self._post(self._close),
                "close_question",
            ),
            ("compare/", self._compare, "compare"),
        ]
        return [
            path("posts/", view(self._posts), name="articles_article_posts"),
            *(
                path(f"<int:pk>/{tail}", view(answer), name=f"articles_article_{name}")
                for tail, answer, name in own
            ),
            *super().get_urls(),
        ]

    # The writing surface

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask for a headline and a section, make the draft, and go on to write it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = StartForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                article = revisions.start(
                    section=form.cleaned_data["section"],
                    headline=form.cleaned_data["headline"],
                    by=user_of(request),
                    now=timezone.now(),
                )
                if form.cleaned_data["kind"] != article.kind:
                    metadata.place(
                        article,
                        by=user_of(request),
                        now=timezone.now(),
                        kind=form.cleaned_data["kind"],
                    )
            except (Refused, TooMuch) as reason:
                form.add_error(None, str(reason))
            else:
                return HttpResponseRedirect(editing.address(article))
        context = {**self._site(request), "title": "New article", "form": form}
        return TemplateResponse(request, "admin/articles/article/start.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the writing surface, or save what it sent."""
        article = self._found(request, object_id)
        if request.method != "POST":
            return editing.show(request, article, self._site(request))
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        return editing.save(request, article, self._site(request))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Django's address for it; ours is on the page itself."""
        article = self._found(request, object_id)
        return HttpResponseRedirect(f"{editing.address(article)}#history")

    # Its parts

    def _compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method not in READING:
            return HttpResponseNotAllowed(READING)
        article = self._found(request, str(pk))
        context = {
            **self._site(request),
            "title": f"Changes: {article.headline}",
            "article": article,
            "may_write": editing.may_write(article, user_of(request)),
            **history.compared(article, request),
        }
        return TemplateResponse(request, "admin/articles/article/compare.html", context)

    def _posts(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request) or not user_of(request).has_perm(
            "wire.view_item"
        ):
            raise PermissionDenied
        if request.method not in READING:
            return HttpResponseNotAllowed(READING)
        return evidence_panel.search(request)

    def _detach(
        self, request: HttpRequest, article: Article, link: int
    ) -> HttpResponse:
        found = article.evidence.filter(pk=link).first()
        if found is None:
            raise Http404("There is no such evidence.")
        return evidence_panel.detach(request, article, found)

    def _close(
        self, request: HttpRequest, article: Article, number: int
    ) -> HttpResponse:
        question = article.questions.filter(pk=number).first()
        if question is None:
            raise Http404("There is no such question.")
        return questions.close(request, article, question)

    def _restore(self, request: HttpRequest, article: Article, n: int) -> HttpResponse:
        base_n = request.POST.get("base_n", "")
        try:
            made = revisions.restore(
                article,
                n,
                by=user_of(request),
                now=timezone.now(),
                base_n=int(base_n) if base_n.isdecimal() else -1,
            )
        except (*editing.UNHAPPY, revisions.EditConflict) as reason:
            messages.error(request, str(reason))
        else:
            messages.success(request, f"{made.note}: it is revision {made.n} now.")
        return HttpResponseRedirect(editing.address(article))

    def _notice(self, request: HttpRequest, article: Article) -> HttpResponse:
        if not user_of(request).has_perm("articles.add_notice"):
            raise PermissionDenied
        try:
            notices.add(
                article,
                request.POST.get("kind", ""),
                request.POST.get("text", ""),
                by=user_of(request),
                now=timezone.now(),
            )
        except (Refused, TooMuch) as reason:
            messages.error(request, str(reason))
        else:
            messages.success(request, "Printed. Readers see it now.")
        return HttpResponseRedirect(f"{editing.address(article)}#notices")

    # Shared

    def _site(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def _found(self, request: HttpRequest, object_id: str) -> Article:
        """Return the article, to those who may see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Article.objects.select_related(
            "section", "issue", "live_revision", "lead_image"
        )
        article = rows.filter(pk=object_id).first() if object_id.isdecimal() else None
        if article is None:
            raise Http404("There is no such article.")
        return article

    def _post(self, answer: Answer) -> Answer:
        """Let `answer` have the article: on POST alone, and for those who may change it."""

        @wraps(answer)
        def view(request: HttpRequest, pk: int, **kwargs: int) -> HttpResponse:
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            article = self._found(request, str(pk))
            if not self.has_change_permission(request, article):
                raise PermissionDenied
            return answer(request, article, **kwargs)

        return view
