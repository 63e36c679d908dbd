"""Changing sections, topics and authors: public articles that carry their names follow."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Model, QuerySet

from articles import rerendering
from articles.models import Article, Author, Section, Status, Topic
from foundation.notifications import EVERYTHING, Tag, author_tag, topic_tag


@transaction.atomic
def save_taxonomy(part: Section | Topic | Author) -> int:
    """Save a section, topic or author, and render again what carries its name.

    Return how many public articles were rendered again.
    """
    part.save()
    live = Article.objects.filter(status=Status.LIVE)
    carrying: dict[type[Model], QuerySet[Article]] = {
        Section: live.filter(section_id=part.pk),
        Topic: live.filter(topics=part.pk),
        Author: live.filter(public_authors=part.pk),
    }
    return rerendering.rerender_newest(carrying[type(part)], [_tag(part)])


def _tag(part: Section | Topic | Author) -> Tag:
    if isinstance(part, Section):  # every page has a menu of them
        return EVERYTHING
    return (topic_tag if isinstance(part, Topic) else author_tag)(part.slug)
