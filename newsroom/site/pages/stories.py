"""One story: its page, what it was before, and what it rests on."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Min, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateformat import format as write
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe

from articles import image_markup
from articles.image_processing import height_of, widths
from articles.models import (
    Article,
    Change,
    Image,
    OpenQuestion,
    Revision,
)
from articles.models.redirect import OldAddress
from articles.provenance import rows as evidence_rows
from articles.rendering import iso, shown_image
from articles.text_diff import diff
from foundation.notifications import article_tag, item_tag
from newsroom.edge import public
from newsroom.site.api import errors as problems
from newsroom.site.pages.errors import refusal
from newsroom.site.pages.layout import page
from wire.sanitise import plain

PUBLIC_KINDS = ("published", "updated", "corrected")
FEWEST_HEADINGS = 3  # below it a list to jump by is no help
Address = tuple[str, date, str]
_HEADING = re.compile(r'<h2 id="([^"]+)"[^>]*>(.*?)</h2>', re.DOTALL)


@public(minute=True)
def story(request: HttpRequest, section: str, on: date, slug: str) -> HttpResponse:
    """The story at this address; 301 if it moved, 410 with the reason if withdrawn."""
    rows = _at((section, on, slug)).select_related("live_revision__image")
    article = rows.first()
    if article is None or article.live_revision is None:
        return _elsewhere(request.path, (section, on, slug))
    revision = article.live_revision
    context = {
        "here": section,
        "article": article,
        "revision": revision,
        "path": request.path,
        "picture": _shared(shown_image(revision)),
        "headings": _headings(revision.body),
        # Both were escaped when the public text was rendered.
        "body": mark_safe(article.page),  # noqa: S308
        "json_ld": mark_safe(article.json_ld),  # noqa: S308
    }
    return page(
        "pages/story.html",
        context,
        now=timezone.now(),
        tags=[article_tag(article.public_id)],
    )


@public(minute=True)
def history(request: HttpRequest, section: str, on: date, slug: str) -> HttpResponse:
    """Every text of the story that was ever public, newest first, and what changed."""
    shown = list(_public_texts((section, on, slug)))
    if not shown:
        return _elsewhere(request.path, (section, on, slug), tail="history/")
    article = shown[0].article
    newest = [
        {
            "revision": revision,
            "at": revision.public_at,  # type: ignore[attr-defined]
            "headline": _change(revision, older, "headline"),
            "standfirst": _change(revision, older, "standfirst"),
            "body": _change(revision, older, "body"),
            "is_first": older is None,
        }
        for revision, older in zip(shown, [*shown[1:], None], strict=True)
    ]
    return page(
        "pages/history.html",
        {
            "here": section,
            "article": article,
            "path": request.path.removesuffix("history/"),
            "newest": newest,
            "notices": article.notices.order_by("-at", "-pk"),
        },
        now=timezone.now(),
        tags=[article_tag(article.public_id)],
    )


@public()
def provenance(
    request: HttpRequest, section: str, on: date, slug: str
) -> HttpResponseBase:
    """The ledger of what the story rests on, as JSON."""
    article = _at((section, on, slug)).select_related("live_revision").first()
    if article is None or article.live_revision is None:
        return _no_provenance(request, (section, on, slug))
    revision = article.live_revision
    site = settings.PAPER_URL
    rows = [_row(asdict(row), site) for row in evidence_rows(article, revision)]
    answer = {
        "article": str(article.public_id),
        "url": f"{site}{request.path.removesuffix('provenance.json')}",
        "headline": revision.headline,
        "revision": revision.n,
        "text_sha256": revision.hash,
        "evidence": rows,
        "questions": [_question(one) for one in article.questions.shown()],
    }
    response = JsonResponse(answer)
    tags = [article_tag(article.public_id)]
    tags += [item_tag(row["item_id"]) for row in rows]
    response.headers["Surrogate-Key"] = " ".join(dict.fromkeys(tags))
    return response


def _no_provenance(request: HttpRequest, address: Address) -> HttpResponseBase:
    """Answer a program for a story that is not in view: as a page would, in its form."""
    try:
        found = _elsewhere(request.path, address, tail="provenance.json")
    except Http404:
        return problems.answer(request, 404, problems.ADVICE[404])
    return problems.translated(request, found)


def _shared(image: Image | None) -> dict[str, object] | None:
    """The picture that stands for the story where it is shared, 3 by 2."""
    if image is None:
        return None
    width = widths("3x2", image.width, image.height)[0]
    return {
        "url": settings.PAPER_URL
        + image_markup.address(image, shape="3x2", width=width),
        "width": width,
        "height": height_of("3x2", width, (image.width, image.height)),
        "alt": image.alt,
    }


def _headings(text: str) -> list[tuple[str, str]]:
    """The parts of a long story, as (id, words), for the list to jump by."""
    found = [(mark, strip_tags(words)) for mark, words in _HEADING.findall(text)]
    return found if len(found) >= FEWEST_HEADINGS else []


def _row(row: dict[str, Any], site: str) -> dict[str, Any]:
    """A row of the ledger as data: whose words they are, never the words themselves."""
    del row["words"]
    return {**row, "wire_url": f"{site}{row['wire_url']}"}


def _question(question: OpenQuestion) -> dict[str, object]:
    """What the story does not know, as data: open until it has an outcome."""
    return {
        "id": str(question.public_id),
        "text": question.text,
        "asked_at": iso(question.asked_at),
        "due_date": question.due_date.isoformat(),
        "outcome": question.outcome,
        "answer": question.answer,
        "closed_at": iso(question.closed_at) if question.closed_at else None,
    }


def _at(address: Address) -> QuerySet[Article]:
    return Article.objects.live().at_address(*address).select_related("section")


def _public_texts(address: Address) -> QuerySet[Revision]:
    """The revisions of a live story that readers have seen, each with its `public_at`."""
    section, on, slug = address
    live = Article.objects.live().at_address(section, on, slug)
    told = Change.objects.filter(
        article=OuterRef("article"), revision_n=OuterRef("n"), kind__in=PUBLIC_KINDS
    )
    first_told = told.values("article").annotate(at=Min("at")).values("at")
    shown = Revision.objects.annotate(public_at=Subquery(first_told))
    # What is live and due is public although the ledger has not been told yet.
    is_current = Q(pk__in=live.values("live_revision"))
    return (
        shown.filter(Q(public_at__isnull=False) | is_current, article__in=live)
        .select_related("article__section")
        .order_by("-n")
    )


def _change(revision: Revision, older: Revision | None, field: str) -> str:
    """A field as plain text, with what changed since the text before."""
    text, before = getattr(revision, field), getattr(older, field, "")
    if field == "body":
        text, before = plain(text), plain(before)
    return diff(before, text) if older is not None else text


def _elsewhere(path: str, address: Address, *, tail: str = "") -> HttpResponse:
    """Answer for an address without a story in view: moved, withdrawn or never there."""
    section, on, slug = address
    gone = Article.objects.withdrawn()
    article = gone.at_address(section, on, slug).select_related("section").first()
    if article is not None:
        return _withdrawn(article)
    came_from = path.removesuffix(tail)
    old = OldAddress.objects.filter(path=came_from).select_related("article__section")
    moved = old.filter(
        Q(article__in=Article.objects.live()) | Q(article__in=gone)
    ).first()
    if moved is None:
        raise Http404(f"no story at {came_from}")
    response = redirect(f"{moved.article.get_absolute_url()}{tail}", permanent=True)
    response.headers["Surrogate-Key"] = article_tag(moved.article.public_id)
    return response


def _withdrawn(article: Article) -> HttpResponse:
    """410: it stood here, and what readers are told of its end. No text is shown."""
    lines = ["A story stood at this address. We have withdrawn it."]
    if article.killed_at:
        day = write(article.killed_at, "j F Y, H:i")
        lines[0] = f"A story stood at this address. We withdrew it on {day} UTC."
    lines.append(article.withdrawn_because())
    response = refusal(
        "This story was withdrawn", *lines, status=410, label="Withdrawn"
    )
    response.headers["Surrogate-Key"] = article_tag(article.public_id)
    return response
