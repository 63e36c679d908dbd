"""An article's public text as pages, cards and data need it, made once when it changes.

Everything shown is in the revision, the ledger of sources and the article's own columns;
so a page that shows forty stories asks for forty strings.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings
from django.db.models import prefetch_related_objects
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from articles import body, body_elements, checks, image_markup
from articles.image_markup import picture, renditions
from articles.models.image import Image
from articles.models.notice import ADMISSIONS
from articles.models.taxonomy import Author
from foundation import stored_html

if TYPE_CHECKING:
    from articles.checks import EvidenceRow
    from articles.models import Article, Notice, OpenQuestion, Revision

# A picture in a body; cleaning writes its tags in this one form.
_PICTURE = re.compile(rf'<img [^>]*?src="/media/({body.PICTURE_ID})/[^"]*"[^>]*>')
_ROOTED = re.compile(r'\b(href|src)="(/[^"]*)"')
_GONE = "<em>A picture that stood here was removed.</em>"
CARDS = ("card_lead", "card_picture", "card_text", "card_row")
_SCHEMA_TYPES = {
    "news": "ReportageNewsArticle",
    "analysis": "AnalysisNewsArticle",
    "opinion": "OpinionNewsArticle",
    "explainer": "BackgroundNewsArticle",
    "feature": "NewsArticle",
}


@cache
def stamp() -> str:
    """Return what articles are rendered with now, for `Article.rendered_with`."""
    return stored_html.stamp(
        modules=[__name__, body, body_elements, image_markup],
        templates=[f"articles/{name}.html" for name in (*CARDS, "story")],
        values=[settings.PAPER_NAME, settings.PAPER_URL],
    )


def render(
    article: Article, revision: Revision, ledger: list[EvidenceRow]
) -> dict[str, str]:
    """Return the columns to store: cards, page, JSON-LD, document and `rendered_with`.

    Asks for notices, topics, questions and the authors' portraits: four queries.
    """
    notices = list(article.notices.order_by("at", "pk"))
    prefetch_related_objects([article], "topics")
    facts = _facts(article, revision, ledger, notices)
    made = {
        name: get_template(f"articles/{name}.html").render(facts).strip()
        for name in CARDS
    }
    made["page"] = get_template("articles/story.html").render(facts).strip()
    document = _document(facts, article, revision, ledger, notices)
    bodies = {
        "document_html": absolute(without_removed(revision.body)),
        "document_text": body.words(revision.body),
    }
    made["document"] = orjson.dumps(document).decode()
    made |= {name: orjson.dumps(text).decode() for name, text in bodies.items()}
    made["json_ld"] = _json_ld(facts, document, revision)
    made["rendered_with"] = stamp()
    return made


def iso(at: datetime) -> str:
    """Return an instant as the paper's data give it: UTC, to the second, with a Z."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def long_time(at: datetime) -> str:
    """Return an instant for readers: 25 June 2026, 20:19 UTC."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _facts(
    article: Article,
    revision: Revision,
    ledger: list[EvidenceRow],
    notices: list[Notice],
) -> dict[str, Any]:
    """Return what the templates print."""
    section = article.section
    published = article.visible_from() or revision.at
    if article.first_published_at:
        published = article.first_published_at
    updated = article.updated_at
    was_updated = updated is not None and updated > published
    image = shown_image(revision)
    gone = revision.image.removed_at if revision.image else None
    return {
        "id": str(article.public_id),
        "url": article.get_absolute_url(),
        "headline": revision.headline,
        "standfirst": revision.standfirst,
        "section": section.name,
        "section_url": section.get_absolute_url(),
        "is_opinion": section.is_opinion,
        "kind_label": "" if article.kind == "news" else article.get_kind_display(),
        "bylines": revision.bylines,
        "published_iso": iso(published),
        "published_text": f"{published.astimezone(UTC):%-d %b, %H:%M} UTC",
        "published_long": long_time(published),
        "updated_iso": iso(updated) if updated and was_updated else "",
        "updated_long": long_time(updated) if updated and was_updated else "",
        "topics": [
            {"name": topic.name, "slug": topic.slug, "url": topic.get_absolute_url()}
            for topic in sorted(article.topics.all(), key=lambda topic: topic.name)
        ],
        "framing": revision.framing,
        "notices": [
            {
                "kind": notice.kind,
                "label": notice.get_kind_display(),
                "text": notice.text,
                "iso": iso(notice.at),
                "long": long_time(notice.at),
            }
            for notice in notices
        ],
        "questions": [_question(question) for question in article.questions.shown()],
        "body": marked(without_removed(revision.body), ledger),
        "rows": _printed(ledger, revision.body),
        "evidence": summary(ledger),
        "caption": revision.caption or (image.caption if image else ""),
        "credit": image.credit if image else "",
        "picture_removed": f"{gone.day} {gone:%B %Y}" if gone else "",
        **_pictures(image),
        "portrait": _portrait(revision) if section.is_opinion else "",
    }


def shown_image(revision: Revision) -> Image | None:
    """Return the picture of a text, None also where it was removed since."""
    image = revision.image
    return None if image is None or image.is_removed else image


def without_removed(text: str) -> str:
    """Return the body with a word in place of each picture that was removed.

    One query where the body has pictures, else none.
    """
    named = set(_PICTURE.findall(text))
    if not named:
        return text
    kept = Image.objects.kept().filter(public_id__in=named)
    there = {str(public_id) for public_id in kept.values_list("public_id", flat=True)}
    return _PICTURE.sub(lambda tag: tag[0] if tag[1] in there else _GONE, text)


def _question(question: OpenQuestion) -> dict[str, object]:
    due, closed = question.due_date, question.closed_at
    return {
        "text": question.text,
        "is_open": question.is_open(),
        "due_iso": due.isoformat(),
        "due_long": f"{due.day} {due:%B %Y}",
        "outcome_label": question.get_outcome_display(),
        "answer": question.answer,
        "closed_iso": iso(closed) if closed else "",
        "closed_long": long_time(closed) if closed else "",
    }


def _pictures(image: Image | None) -> dict[str, SafeString | str]:
    if image is None:
        return dict.fromkeys(("picture_lead", "picture_card", "picture_story"), "")
    return {
        "picture_lead": picture(
            image, shape="3x2", sizes="(width < 48rem) 100vw, 34rem", alt="", eager=True
        ),
        "picture_card": picture(
            image, shape="3x2", sizes="(width < 48rem) 100vw, 22rem", alt=""
        ),
        "picture_story": picture(
            image, shape="whole", sizes="(width < 64rem) 100vw, 56rem", eager=True
        ),
    }


def _portrait(revision: Revision) -> SafeString | str:
    """Return the first author's portrait, for cards of opinion."""
    if not revision.bylines:
        return ""
    named = Author.objects.filter(slug=revision.bylines[0]["slug"])
    author = named.select_related("portrait").first()
    if author is None or author.portrait is None:
        return ""
    return picture(author.portrait, shape="1x1", sizes="4rem", alt="")


def marked(text: str, ledger: list[EvidenceRow]) -> SafeString:
    """Return the body with the number of each source at the paragraph it stands behind."""
    marks: dict[str, list[str]] = {}
    for row in ledger:
        for name in row.paragraphs:
            marks.setdefault(name, []).append(
                format_html(
                    '<sup class="mark mark--{}"><a href="#source-{}" '
                    'aria-label="Source {}">{}</a></sup>',
                    *(row.role, row.mark, row.mark, row.mark),
                )
            )
    blocks = (_with_marks(block, marks.get(block.id, [])) for block in body.split(text))
    return mark_safe("\n".join(blocks))  # noqa: S308  # cleaned when it was saved


def _with_marks(block: body.Block, marks: list[str]) -> str:
    """Put the marks at the end of the block's last words."""
    if not marks:
        return str(block)
    sups = "".join(marks)
    whole = str(block)
    if not body_elements.ends_in_words(block.tag):
        return f'{whole}<p class="marks">{sups}</p>'
    for end in ("</p>", "</li>"):
        if block.inner.endswith((end, f"{end}</li>")):
            head, found, tail = whole.rpartition(end)
            return f"{head}{sups}{found}{tail}"
    head, found, tail = whole.rpartition("</")
    return f"{head}{sups}{found}{tail}"


def _printed(ledger: list[EvidenceRow], text: str) -> list[dict[str, object]]:
    number = {name: index for index, name in enumerate(body.ids(text), start=1)}
    return [
        {
            **asdict(row),
            "places": [{"id": name, "n": number[name]} for name in row.paragraphs],
            "claimed_iso": iso(row.claimed_at) if row.claimed_at else "",
            "claimed_long": long_time(row.claimed_at) if row.claimed_at else "",
            "seen_iso": iso(row.seen_at),
            "seen_long": long_time(row.seen_at),
        }
        for row in ledger
    ]


def summary(ledger: list[EvidenceRow]) -> dict[str, int]:
    """Count posts, publishers and origins apart.

    Two posts of one publisher are one witness, and so are two reposts of one post.
    """
    return {
        "posts": len({row.item_id for row in ledger}),
        "publishers": len({row.publisher for row in ledger}),
        "origins": len(checks.roots(ledger)),
    }


def _document(
    facts: dict[str, Any],
    article: Article,
    revision: Revision,
    ledger: list[EvidenceRow],
    notices: list[Notice],
) -> dict[str, object]:
    """Return the article as the API gives it, without its bodies."""
    issue, image = article.issue, shown_image(revision)
    return {
        "id": facts["id"],
        "url": settings.PAPER_URL + facts["url"],
        "headline": revision.headline,
        "standfirst": revision.standfirst,
        "kind": article.kind,
        "section": {"name": article.section.name, "slug": article.section.slug},
        "topics": [
            {"name": topic["name"], "slug": topic["slug"]} for topic in facts["topics"]
        ],
        "authors": revision.bylines,
        "framing": revision.framing,
        "published_at": facts["published_iso"],
        "updated_at": facts["updated_iso"] or facts["published_iso"],
        "revision": revision.n,
        "issue": {
            "date": issue.date.isoformat(),
            "volume": issue.volume,
            "number": issue.number,
        }
        if issue
        else None,
        "picture": _picture_document(image, facts["caption"]) if image else None,
        "evidence": {
            **summary(ledger),
            "url": f"{settings.PAPER_URL}{facts['url']}provenance.json",
        },
        "rights": f"© {article_year(article, revision)} {settings.PAPER_NAME}",
        "notices": [
            {"kind": notice.kind, "text": notice.text, "at": iso(notice.at)}
            for notice in notices
        ],
    }


def _picture_document(image: Image, caption: str) -> dict[str, object]:
    """Return a picture as the API gives it; `caption` is the text's own, if it has one."""
    return {
        "id": str(image.public_id),
        "alt": image.alt,
        "caption": caption,
        "credit": image.credit,
        "rights": image.rights,
        "width": image.width,
        "height": image.height,
        "focal_point": {"x": image.focal_x, "y": image.focal_y},
        "renditions": renditions(image, base=settings.PAPER_URL),
    }


def absolute(markup: str) -> str:
    """Return markup whose links lead here from anywhere: with the paper's own address."""
    return _ROOTED.sub(rf'\1="{settings.PAPER_URL}\2"', markup)


def article_year(article: Article, revision: Revision) -> int:
    """Return the year the text was first published in."""
    return (article.first_published_at or revision.at).year


def _json_ld(
    facts: dict[str, Any], document: dict[str, Any], revision: Revision
) -> str:
    """Return schema.org's NewsArticle, safe inside a script element."""
    paper = {
        "@type": "NewsMediaOrganization",
        "name": settings.PAPER_NAME,
        "url": f"{settings.PAPER_URL}/",
        "correctionsPolicy": f"{settings.PAPER_URL}/about/corrections/",
    }
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": _SCHEMA_TYPES[document["kind"]],
        "mainEntityOfPage": document["url"],
        "headline": revision.headline,
        "description": revision.standfirst,
        "articleSection": facts["section"],
        "keywords": [topic["name"] for topic in facts["topics"]],
        "datePublished": document["published_at"],
        "dateModified": document["updated_at"],
        "author": [
            {
                "@type": "Person",
                "name": line["name"],
                "url": f"{settings.PAPER_URL}/authors/{line['slug']}/",
            }
            for line in revision.bylines
        ]
        or [paper],
        "publisher": paper,
        "backstory": revision.framing or None,
        "isBasedOn": [row["url"] for row in facts["rows"] if row["url"]],
        "correction": [
            {
                "@type": "CorrectionComment",
                "text": notice["text"],
                "datePublished": notice["iso"],
            }
            for notice in facts["notices"]
            if notice["kind"] in ADMISSIONS
        ],
    }
    shown = {name: value for name, value in data.items() if value not in (None, [], "")}
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    for character, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(character, code)
    return text
