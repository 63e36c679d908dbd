"""The writing surface: one page, one form, one way to save."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe

from articles import (
    body_elements,
    metadata,
    provenance,
    revisions,
    transitions,
    workflow,
)
from articles.admin import (
    available_transitions,
    edit_conflict,
    evidence_panel,
    history,
    images,
    questions,
)
from articles.admin.forms import (
    TEXT,
    PlaceForm,
    TextForm,
    bylines_of,
)
from articles.body import Unusable
from articles.limits import TooMuch
from articles.models import Article, NoticeKind
from articles.statuses import Status
from articles.workflow import Refused
from staff.admin_base import user_of
from staff.models import User

UNHAPPY = (Refused, TooMuch, Unusable)  # their words are fit for the editor
PARTS = ("place", "embargo")  # of what stands around a text
PRESENT = timedelta(minutes=10)  # somebody who typed within it is still there
TEMPLATE = "admin/articles/article/change_form.html"


@dataclass(slots=True)
class Desk:
    """The three forms of one article, as they stand on the screen."""

    text: TextForm
    place: PlaceForm
    bylines: Any
    shut: list[str] = field(default_factory=list)  # why parts of the place are shut

    @classmethod
    def of(
        cls, article: Article, *, by: User, typed: dict[str, str] | None = None
    ) -> Desk:
        """Return the forms for the working text; shut where `by` may not change it."""
        desk = cls(TextForm.of(article, typed), PlaceForm(article), bylines_of(article))
        if not may_write(article, by):
            _disable(desk.text)
            for form in desk.bylines:
                _disable(form)
        desk.shut = _shut_place(article, desk.place, by)
        return desk

    @classmethod
    def sent(cls, article: Article, data: QueryDict, *, by: User) -> Desk:
        """Return the forms as they were sent; what was shut on the screen is not in it."""
        desk = cls.of(article, by=by)
        if "headline" in data:
            desk.text = TextForm(article, data)
        if "bylines-TOTAL_FORMS" in data and desk.text.is_bound:
            desk.bylines = bylines_of(article, data)
        if "slug" in data:
            desk.place = PlaceForm(article, data)
        return desk

    def is_valid(self) -> bool:
        # All are asked, so that every fault is shown at once.
        forms = (self.text, self.place, self.bylines)
        faults = [not form.is_valid() for form in forms if form.is_bound]
        return not any(faults)


def _disable(form: Any) -> None:  # noqa: ANN401
    for name, box in form.fields.items():
        box.disabled = name != "base_n"


def may_write(article: Article, by: User) -> bool:
    """Whether `by` may change the text: the domain's own answer."""
    try:
        revisions.check_may_edit(article, by)
    except Refused:
        return False
    return True


def may_place(article: Article, by: User) -> bool:
    """Whether `by` may change where the article stands."""
    return not workflow.why_not_around("place", article, by)


def _shut_place(article: Article, form: PlaceForm, by: User) -> list[str]:
    """Shut the fields `by` may not change, and return the reasons."""
    why = {part: workflow.why_not_around(part, article, by) for part in PARTS}
    for name, box in form.fields.items():
        box.disabled = bool(why[metadata.part_of(name)])
    return [why["place"] or why["embargo"]] if any(why.values()) else []


def address(article: Article) -> str:
    """Return where the article is edited."""
    return reverse("admin:articles_article_change", args=[article.pk])


def show(request: HttpRequest, article: Article, site: dict[str, Any]) -> HttpResponse:
    """The surface with the working text, or with what was typed and not saved."""
    by = user_of(request)
    typed = None
    kept = article.autosaves.filter(by=by).first()
    if kept and "recover" in request.GET:
        typed = {**kept.text, "base_n": str(kept.base_n)}
    return render(request, article, Desk.of(article, by=by, typed=typed), site)


def save(request: HttpRequest, article: Article, site: dict[str, Any]) -> HttpResponse:
    """Save what was typed, then take the step that was asked for, if one was.

    A page on which nothing was touched saves nothing: the step is taken with the text
    that was on the screen, and an editor's markup is never mistaken for her words.
    """
    by, now = user_of(request), timezone.now()
    base_n = request.POST.get("base_n", "")
    seen = int(base_n) if base_n.isdecimal() else -1
    if request.POST.get("touched") != "no":
        desk = Desk.sent(article, request.POST, by=by)
        answer = _save(request, article, desk, site, by=by, now=now)
        if answer is not None:
            return answer
        if desk.text.is_bound:
            seen = article.revision_n
    verb = request.POST.get("step", "")
    if verb and not step(request, article, verb, seen=seen, by=by, now=now):
        article.refresh_from_db()
        return render(request, article, Desk.of(article, by=by), site)
    return HttpResponseRedirect(address(article))


def _save(
    request: HttpRequest,
    article: Article,
    desk: Desk,
    site: dict[str, Any],
    *,
    by: User,
    now: datetime,
) -> HttpResponse | None:
    """Save text and place together; None when it is done, else the page that says why not."""
    if not desk.is_valid():
        return render(request, article, desk, site)
    changes = desk.place.changes() if desk.place.is_bound else {}
    before = article.revision_n
    try:
        with transaction.atomic():
            if desk.text.is_bound:
                _save_text(article, desk, by=by, now=now)
            if changes:
                metadata.place(article, by=by, now=now, **changes)
    except revisions.EditConflict as stale:
        return conflict(request, article, stale, site)
    except UNHAPPY as reason:
        article.refresh_from_db()
        return render(request, article, desk, {**site, "refusal": str(reason)})
    _say_saved(request, article, before=before, placed=bool(changes))
    return None


def _save_text(article: Article, desk: Desk, *, by: User, now: datetime) -> None:
    revisions.save(
        article,
        by=by,
        now=now,
        base_n=desk.text.cleaned_data["base_n"],
        bylines=desk.bylines.lines() if desk.bylines.is_bound else None,
        **desk.text.text(),
    )


def _say_saved(
    request: HttpRequest, article: Article, *, before: int, placed: bool
) -> None:
    if article.revision_n != before:
        messages.success(request, f"Saved as revision {article.revision_n}.")
    elif placed:
        messages.success(request, "Saved.")
    elif not request.POST.get("step"):
        messages.info(request, "Nothing had changed.")


def step(
    request: HttpRequest,
    article: Article,
    verb: str,
    *,
    seen: int,
    by: User,
    now: datetime,
) -> bool:
    """Take one step of the workflow, or say why it cannot be taken; return whether it was."""
    try:
        said = available_transitions.said(verb, request.POST)
        transitions.move(article, verb, by=by, now=now, revision_n=seen, **said)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, _done(article, verb, now))
    return True


def _done(article: Article, verb: str, now: datetime) -> str:
    label = workflow.STEPS[verb].label
    visible = article.visible_from()
    if visible and article.is_scheduled(now):
        at = timezone.localtime(visible)
        return f"{label}: readers see it from {at:%-d %B at %H:%M} ({at.tzname()})."
    return f"{label}: the article is {article.get_status_display().lower()} now."


def conflict(
    request: HttpRequest,
    article: Article,
    stale: revisions.EditConflict,
    site: dict[str, Any],
) -> HttpResponse:
    """Answer 409: what you typed is in the form, what they saved beside it."""
    met = edit_conflict.field_conflicts(stale)
    data = edit_conflict.proposed(stale, met, request.POST)
    article.refresh_from_db()
    desk = Desk.sent(article, data, by=user_of(request))
    extra = {
        "stale": stale,
        "meetings": met,
        "unsettled": [meeting for meeting in met if meeting.merged is None],
    }
    return render(request, article, desk, {**site, **extra}, status=409)


def render(
    request: HttpRequest,
    article: Article,
    desk: Desk,
    site: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Put the page together: the forms, what may be done next, and what stands behind."""
    by, now = user_of(request), timezone.now()
    autosaves = list(article.autosaves.select_related("by"))
    mine = [kept for kept in autosaves if kept.by_id == by.pk]
    writes = may_write(article, by)
    context = {
        **site,
        "title": article.headline,
        "article": article,
        "desk": desk,
        "elements": body_elements.for_editor(),
        "pictures_door": images.staff_door(),
        "body": mark_safe(images.for_staff(article.body)),  # noqa: S308  # cleaned at save
        "is_out": article.is_live(now),
        "is_scheduled": article.is_scheduled(now),
        "is_killed": article.status == Status.KILLED,
        "may_write": writes or desk.text.is_bound,
        "may_place": may_place(article, by),
        "why_not": "" if writes else why_not(article, by),
        "steps": available_transitions.open_to(by, article, now, request.POST),
        "shut": available_transitions.shut_to(by, article, now),
        "findings": _findings(article, by),
        "people": [
            k.by for k in autosaves if k.by_id != by.pk and k.at > now - PRESENT
        ],
        "kept": mine[0] if mine and status == 200 and not desk.text.is_bound else None,
        "recovered": "recover" in request.GET,
        "evidence": evidence_panel.panel(article),
        "picture": images.largest(article.lead_image) if article.lead_image else "",
        "timeline": history.timeline(article),
        "notices": article.notices.select_related("by").order_by("-at", "-pk"),
        "questions": questions.panel(article, by),
        "notice_kinds": NoticeKind.choices,
        "may_notice": by.has_perm("articles.add_notice") and article.is_live(now),
        "was_public": article.was_public(now),
        "neutral": workflow.NEUTRAL,
        "now": now,
    }
    return TemplateResponse(request, TEMPLATE, context, status=status)


def why_not(article: Article, by: User) -> str:
    """Say why the text cannot be changed."""
    try:
        revisions.check_may_edit(article, by)
    except Refused as refusal:
        return str(refusal)
    return ""


def _findings(article: Article, by: User) -> list[provenance.Finding]:
    """What the checks say, for those who decide on it."""
    if article.status == Status.KILLED or not by.has_perm("articles.change_article"):
        return []
    return provenance.findings(article, provenance.rows(article))


def autosave(request: HttpRequest, article: Article) -> JsonResponse:
    """Keep what was typed; the answer says when, or why not."""
    base_n = request.POST.get("base_n", "")
    typed = {name: request.POST[name] for name in TEXT if name in request.POST}
    if not base_n.isdecimal():
        return JsonResponse(
            {"reason": "Which revision did this start from?"}, status=400
        )
    try:
        kept = revisions.autosave(
            article,
            by=user_of(request),
            now=timezone.now(),
            base_n=int(base_n),
            **typed,
        )
    except UNHAPPY as reason:
        return JsonResponse({"reason": str(reason)}, status=409)
    newest = article.revision_n
    return JsonResponse({"at": kept.at.isoformat(), "revision_n": newest})


def forget(request: HttpRequest, article: Article) -> HttpResponse:
    """Throw away what this person typed and did not save."""
    article.autosaves.filter(by=user_of(request)).delete()
    messages.info(request, "Thrown away. The text is as it was last saved.")
    return HttpResponseRedirect(address(article))
