"""Small makers for the tests of articles: staff, sections, articles on their way."""

from datetime import UTC, datetime, timedelta
from itertools import count

from django.utils.text import slugify

from articles import metadata, revisions, transitions
from articles.evidence import attach
from articles.models import Article, Author, Section, Topic
from articles.models.image import Image
from staff.models import User
from wire.models import Version
from wire.tests.factories import make_item

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BODY = "<p>The ferry left at six.</p><p>Nobody was told why.</p>"
_n = count(1)
_WAY = {  # the moves that lead to a status
    "draft": (),
    "in_edit": ("submit",),
    "ready": ("submit", "approve"),
    "live": ("submit", "approve", "publish"),
    "killed": ("submit", "approve", "publish", "kill"),
}


def make_user(role="chief", **fields) -> User:
    n = next(_n)
    return User.objects.create(**{"username": f"{role}-{n}", "role": role, **fields})


def make_section(**fields) -> Section:
    n = next(_n)
    name = fields.pop("name", f"Section {n}")
    return Section.objects.create(**{"name": name, "slug": slugify(name), **fields})


def make_topic(**fields) -> Topic:
    n = next(_n)
    return Topic.objects.create(
        **{"name": f"Topic {n}", "slug": f"topic-{n}", **fields}
    )


def make_author(**fields) -> Author:
    n = next(_n)
    name = fields.pop("name", f"Author {n}")
    return Author.objects.create(**{"name": name, "slug": slugify(name), **fields})


def make_image(**fields) -> Image:
    n = next(_n)
    return Image.objects.create(
        **{
            "original": f"originals/{n}.jpg",
            "sha256": f"{n:064}",
            "width": 2400,
            "height": 1600,
            "alt": "A ferry at the quay",
            "credit": "Staff photograph",
            "uploaded_at": NINE,
            **fields,
        }
    )


def make_version(**fields) -> Version:
    """Store one post the way the wire does, and return its first version."""
    return make_item(**fields).current_version()


def make_article(
    *,
    status="draft",
    evidence=True,
    now=NINE,
    writer=None,
    editor=None,
    at=None,
    section=None,
    headline=None,
    body=BODY,
    **fields,
) -> Article:
    """Start an article and walk it to `status` by its moves; `at` schedules it.

    `fields` go to `revisions.save` (bylines …) or to `metadata.place` (kind, slug …).
    """
    placed = {"topics", "kind", "prominence", "slug", "embargo_until"}
    place = {name: fields.pop(name) for name in placed & fields.keys()}
    editor = editor or make_user()
    article = revisions.start(
        section=section or make_section(),
        headline=headline or f"Headline {next(_n)}",
        by=writer or make_user("reporter"),
        now=now,
        body=body,
        **fields,
    )
    if place:
        metadata.place(article, by=editor, now=now, **place)
    if evidence:
        version = evidence if isinstance(evidence, Version) else make_version()
        attach(article, version, by=editor, now=now)
    for verb in _WAY[status]:
        if verb == "publish" and at is not None:
            transitions.move(article, "schedule", by=editor, now=now, at=at)
            continue
        by = article.created_by if verb == "submit" else editor
        transitions.move(article, verb, by=by, now=now, note="As agreed.")
    return article
