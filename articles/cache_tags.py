"""Which kept pages a change of an article purges: the tags they are kept under."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import prefetch_related_objects

from articles import body
from articles.models import Article
from foundation.notifications import (
    CORRECTIONS,
    FEEDS,
    FRONT,
    SEARCH,
    Tag,
    article_tag,
    author_tag,
    hard,
    image_tag,
    issue_tag,
    item_tag,
    section_tag,
    topic_tag,
)


def article_tags(article: Article) -> list[Tag]:
    """Return the tags of every page that shows the article.

    One query, whose topics stay on `article`: hand in a copy of what lives on.
    """
    found = [FRONT, article_tag(article.public_id), section_tag(article.section.slug)]
    prefetch_related_objects([article], "topics")
    found += [topic_tag(topic.slug) for topic in article.topics.all()]
    if article.live_revision:
        found += [author_tag(line["slug"]) for line in article.live_revision.bylines]
    if article.issue:
        found.append(issue_tag(article.issue.date))
    return [*found, FEEDS, SEARCH]


def hard_purge_tags(article: Article, touched: Iterable[Tag]) -> list[Tag]:
    """Return `touched` and what else shows it, marked so that no kept copy is served.

    A page that shows what was taken back must not serve while a new one is made: so the
    pages of its pictures and of the posts it rests on, which name it, go too.
    """
    shown: list[str] = []
    if revision := article.live_revision:
        shown = body.pictures(revision.body)
        shown += [str(revision.image.public_id)] if revision.image else []
    pictures = [image_tag(name) for name in dict.fromkeys(shown)]
    cited = article.evidence.values_list("version__item__public_id", flat=True)
    posts = [item_tag(public_id) for public_id in cited.distinct()]
    return hard([*touched, *pictures, *posts, CORRECTIONS])
