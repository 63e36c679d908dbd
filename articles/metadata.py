"""Where and how an article is carried: section, topics, kind, prominence, slug, embargo."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from articles import (
    addresses,
    alterations,
    cache_tags,
    publication,
    rerendering,
    workflow,
)
from articles.models import Article
from articles.models.change import ChangeKind, lock_ledger
from articles.statuses import Status
from articles.workflow import Refused
from foundation.notifications import PushKind, purge

if TYPE_CHECKING:
    from staff.models import User

_FIELDS = {"section", "topics", "kind", "prominence", "slug", "embargo_until"}


def place(article: Article, *, by: User, now: datetime, **fields: Any) -> None:  # noqa: ANN401
    """Change where and how it is carried; readers of a live one see it at once.

    `fields`: section, topics, kind, prominence, slug, embargo_until. An address that
    changes after publication leads on from the old one. Raises `workflow.Refused`.
    """
    if unknown := fields.keys() - _FIELDS:
        raise TypeError(f"no such place: {', '.join(sorted(unknown))}")
    if fields.get("topics", ...) is None:
        del fields["topics"]
    _check(article, by, fields)
    with transaction.atomic():
        instant = min(now, lock_ledger())
        here = Article.objects.select_for_update(no_key=True, of=("self",))
        fresh = here.select_related("section", "issue", "live_revision").get(
            pk=article.pk
        )
        _check(fresh, by, fields)
        altered = _altered(fresh, fields)
        changes = _write(fresh, altered, now=now, instant=instant)
        if altered:
            alterations.keep(altered, by=by, at=now, articles=[fresh])
    for name, value in changes.items():
        setattr(article, name, value)
    article.announced_at = fresh.announced_at


def _write(
    fresh: Article,
    altered: dict[str, tuple[Any, Any]],
    *,
    now: datetime,
    instant: datetime,
) -> dict[str, Any]:
    """Store what is altered and tell who shows it; return the columns that changed."""
    changes = {name: after for name, (_, after) in altered.items() if name != "topics"}
    before = _Before(fresh, instant)
    for name, value in changes.items():
        setattr(fresh, name, value)
    if fresh.status == Status.LIVE:
        changes |= _readdressed(fresh, before, changes, instant)
    if changes:
        changes["changed_at"] = now
        Article.objects.filter(pk=fresh.pk).update(**changes)
    if "topics" in altered:
        fresh.topics.set(altered["topics"][1])  # prefetched for the cache tags before
    if fresh.status == Status.LIVE and altered:
        _tell(fresh, before, instant, moved=bool({"section", "slug"} & set(changes)))
    return changes


def _check(article: Article, by: User, fields: dict[str, Any]) -> None:
    for part in sorted({part_of(name) for name in fields} or {"place"}):
        if reason := workflow.why_not_around(part, article, by):
            raise Refused(reason)
    try:
        validate_slug(fields.get("slug", article.slug))
    except ValidationError as error:
        raise Refused(
            "A slug is made of letters, digits, hyphens and underscores."
        ) from error
    until = fields.get("embargo_until")
    if until is not None and until.tzinfo is None:
        raise Refused("The end of the embargo has no time zone.")


def part_of(field: str) -> str:
    """Return the part of what stands around a text that a field belongs to."""
    return "embargo" if field == "embargo_until" else "place"


def _altered(article: Article, fields: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what differs, by field: what was and what will be. One query for topics."""
    found = {}
    for name, after in fields.items():
        if name == "topics":
            before, after = set(article.topics.all()), set(after)
        else:
            before = getattr(article, name)
        if before != after:
            found[name] = (before, after)
    return found


class _Before:
    """What readers saw of an article before it was changed."""

    def __init__(self, article: Article, instant: datetime) -> None:
        self.visible = article.is_live(instant)
        self.announced = article.announced_at is not None
        self.path = article.get_absolute_url()
        self.tags = (
            cache_tags.article_tags(article) if article.status == Status.LIVE else []
        )


def _readdressed(
    article: Article, before: _Before, changes: dict[str, Any], instant: datetime
) -> dict[str, Any]:
    """Return what else changes on a live article that got a new place or embargo."""
    more: dict[str, Any] = {}
    visible = article.visible_from()
    if not article.was_public(instant) and visible:
        more = addresses.assign_address(article, visible)
        more["first_published_at"] = visible
        more["updated_at"] = visible
    elif {"section", "slug"} & set(changes):
        addresses.redirect_old(article, before.path, at=instant)
    if before.visible and not article.is_live(instant):
        more["announced_at"] = None  # to be announced again when its time has come
    for name, value in more.items():
        setattr(article, name, value)
    return more


def _tell(article: Article, before: _Before, instant: datetime, *, moved: bool) -> None:
    rerendering.store_public_columns(article)
    revision, visible = article.live_revision, article.is_live(instant)
    if revision and before.visible and not visible:
        if not before.announced:  # seen, although nobody had told the ledger yet
            article.changes.append(
                article, ChangeKind.PUBLISHED, revision=revision, at=instant
            )
        article.changes.append(
            article, ChangeKind.WITHDRAWN, revision=revision, at=instant
        )
    elif revision and visible and not article.announced_at:
        publication.announce(article, revision, at=instant)
    elif revision and visible and moved:
        article.changes.append(
            article, ChangeKind.UPDATED, revision=revision, at=instant
        )
    touched = [*before.tags, *cache_tags.article_tags(article)]
    taken_back = before.visible and not visible
    purge(
        *(cache_tags.hard_purge_tags(article, touched) if taken_back else touched),
        also_push=PushKind.FRONT,
    )
