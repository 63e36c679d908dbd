"""How a text becomes public: its address, its issue, what is rendered, who is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.search import SearchVector
from django.db import connection, transaction
from django.db.models import Value, prefetch_related_objects
from django.db.models.expressions import Combinable

from articles import body, issue_numbering, provenance, rendering
from articles.checks import EvidenceRow
from articles.models import Article, Revision
from articles.models.change import ChangeKind, lock_ledger
from articles.models.issue import Issue
from articles.models.redirect import OldAddress
from articles.workflow import Refused, Step

_CREDIT = """
WITH named AS (SELECT id FROM articles_author WHERE slug = ANY(%(slugs)s)),
     gone AS (DELETE FROM articles_article_public_authors
               WHERE article_id = %(article)s
                 AND author_id NOT IN (SELECT id FROM named))
INSERT INTO articles_article_public_authors (article_id, author_id)
SELECT %(article)s, id FROM named ON CONFLICT DO NOTHING
"""


def becoming_public(
    article: Article,
    step: Step,
    revision: Revision,
    ledger: list[EvidenceRow],
    *,
    instant: datetime,
    at: datetime | None,
) -> dict[str, object]:
    """Return what changes on an article whose `revision` becomes the public one.

    Raises `Refused` if an update would hide what readers see already.
    """
    if not revision.body:
        raise Refused("There is no text yet.")
    publish_at = article.publish_at if step.new_text else (at or instant)
    inherited = provenance.embargo(ledger)
    bars = [bar for bar in (publish_at, article.embargo_until, inherited) if bar]
    visible = max(bars)
    if article.was_public(instant) and inherited and inherited > instant:
        row = max((row for row in ledger if row.embargo_until), key=_until)
        raise Refused(
            f"{row.source} holds its post back until {inherited:%-d %B, %H:%M} UTC: "
            "take it off, or update then."
        )
    changes: dict[str, object] = {
        "live_revision": revision,
        "public_pictures": [UUID(name) for name in body.pictures(revision.body)],
        "publish_at": publish_at,
        "inherited_embargo_until": inherited,
        "updated_at": instant if step.new_text else visible,
    }
    if not article.was_public(instant):
        changes["first_published_at"] = visible
        changes |= placed_on(article, visible)
    return changes


def _until(row: EvidenceRow) -> datetime:
    assert row.embargo_until  # noqa: S101
    return row.embargo_until


def placed_on(article: Article, visible: datetime) -> dict[str, object]:
    """Return day, issue and slug of an article that readers first see at `visible`.

    The slug gets a number if another article has this address, or has had it.
    """
    on = issue_numbering.day(visible, settings.PAPER_TIME_ZONE)
    slug = article.slug
    taken = taken_slugs(article, on)
    turn = 2
    while slug in taken:
        slug = f"{article.slug[:114]}-{turn}"
        turn += 1
    issue = Issue.objects.for_date(on)
    return {"published_on": on, "slug": slug, "issue": issue}


def taken_slugs(article: Article, on: date) -> set[str]:
    """Return the slugs of other articles in this one's section on that day. One query."""
    here = Article.objects.filter(section=article.section_id, published_on=on)
    start = f"/{article.section.slug}/{on:%Y/%m/%d}/"
    old = OldAddress.objects.filter(path__startswith=start).exclude(article=article)
    now = here.exclude(pk=article.pk).values_list("slug", flat=True)
    found = now.union(old.values_list("path", flat=True), all=True)
    return {slug.removeprefix(start).rstrip("/") for slug in found}


def render(article: Article) -> None:
    """Render the public text again and store it, telling nobody.

    Call it with the ledger locked, on an article read since: then no page is overwritten
    with an older one.
    """
    revision = article.live_revision
    if revision is None:
        raise Refused("Nothing of this article is public.")
    columns = rendered(article, provenance.rows(article, revision))
    shown = Article.objects.filter(pk=article.pk, live_revision=revision)
    shown.filter(status="live").update(**columns)
    for name, value in columns.items():
        if name != "search":
            setattr(article, name, value)


def rendered(article: Article, ledger: list[EvidenceRow]) -> dict[str, object]:
    """Return the columns that hold the public text as readers get it, search included."""
    revision = article.live_revision
    assert revision is not None  # noqa: S101  # the caller made it public
    columns = rendering.render(article, revision, ledger)
    return {**columns, "search": _search(revision)}


@transaction.atomic
def render_again(article: Article) -> None:
    """Render the public text as it is now and store it, telling nobody."""
    lock_ledger()
    whole = Article.objects.select_related("section", "issue", "live_revision__image")
    render(whole.get(pk=article.pk))


def _search(revision: Revision) -> Combinable:
    names = " ".join(byline["name"] for byline in revision.bylines)
    parts = (
        ("A", revision.headline),
        ("B", f"{revision.standfirst} {names}"),
        ("C", body.words(revision.body)),
    )
    vectors = [
        SearchVector(Value(text), weight=weight, config="english")
        for weight, text in parts
    ]
    return vectors[0] + vectors[1] + vectors[2]


def announce(article: Article, revision: Revision, *, at: datetime) -> None:
    """Tell the ledger that readers can see the article; once, whoever comes first.

    Call it with the ledger locked.
    """
    untold = Article.objects.filter(pk=article.pk, announced_at=None)
    if untold.update(announced_at=at):
        article.changes.append(article, ChangeKind.PUBLISHED, revision=revision, at=at)
    article.announced_at = at


def credit(article: Article, revision: Revision | None) -> None:
    """Put the article on the pages of those `revision` names, and of no others.

    Call it while `article` still has the text that was public before. At most one query.
    """
    before = article.live_revision.bylines if article.live_revision else []
    after = revision.bylines if revision else []
    if before == after:
        return
    slugs = [line["slug"] for line in after]
    with connection.cursor() as cursor:
        cursor.execute(_CREDIT, {"article": article.pk, "slugs": slugs})


def tags(article: Article) -> list[str]:
    """Return the tags of every page that shows the article.

    One query, whose topics stay on `article`: hand in a copy of what lives on.
    """
    found = ["front", f"article:{article.public_id}", f"section:{article.section.slug}"]
    prefetch_related_objects([article], "topics")
    found += [f"topic:{topic.slug}" for topic in article.topics.all()]
    if article.live_revision:
        found += [f"author:{line['slug']}" for line in article.live_revision.bylines]
    if article.issue:
        found.append(f"issue:{article.issue.date:%Y-%m-%d}")
    return [*found, "feeds", "search"]


def for_good(article: Article, touched: Iterable[str]) -> list[str]:
    """Return `touched` marked so that no kept copy stands in, and what else shows it.

    A page that shows what was taken back must not serve while a new one is made: so the
    pages of its pictures and of the posts it rests on, which name it, go too.
    """
    shown: list[str] = []
    if revision := article.live_revision:
        shown = body.pictures(revision.body)
        shown += [str(revision.image.public_id)] if revision.image else []
    pictures = [f"image:{name}" for name in dict.fromkeys(shown)]
    cited = article.evidence.values_list("version__item__public_id", flat=True)
    posts = [f"item:{public_id}" for public_id in cited.distinct()]
    return [f"!{tag}" for tag in (*touched, *pictures, *posts, "corrections")]
