"""Which kept pages a change of an article purges: the tags they are kept under."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import prefetch_related_objects

from articles import body
from articles.models import Article


def article_tags(article: Article) -> list[str]:
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


def hard_purge_tags(article: Article, touched: Iterable[str]) -> list[str]:
    """Return `touched` and what else shows it, marked so that no kept copy is served.

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
