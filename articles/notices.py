"""Printing corrections and other notes on what readers can see."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from articles import cache_tags, limits, publication, rerendering
from articles.models import ADMISSIONS, Article, Notice, NoticeKind
from articles.models.change import ChangeKind, lock_ledger
from articles.workflow import Refused
from foundation.notifications import CORRECTIONS, PushKind, purge
from wire.sanitise import clean_text

if TYPE_CHECKING:
    from staff.models import User


def add(article: Article, kind: str, text: str, *, by: User, now: datetime) -> Notice:
    """Print a correction or another note on a public article. Raises `Refused`."""
    text = limits.within("The notice", clean_text(text), limits.MAX_NOTE)
    if kind not in NoticeKind.values:
        raise Refused(f"“{kind}” is no notice: use {', '.join(NoticeKind.values)}.")
    if not text:
        raise Refused("The notice says nothing.")
    if not by.has_perm("articles.add_notice"):
        raise Refused("Printing notices is not yours to do: ask somebody who may.")
    with transaction.atomic():
        at = min(now, lock_ledger())
        article.refresh_from_db(fields=["status", "live_revision", "announced_at"])
        revision = article.live_revision
        if revision is None or not article.is_live(at):
            raise Refused("Only what readers can see carries notices.")
        made = article.notices.create(kind=kind, text=text, at=at, by=by)
        article.updated_at = at
        article.save(update_fields=["updated_at"])
        if not article.announced_at:
            publication.announce(article, revision, at=at)
        change = ChangeKind.CORRECTED if kind in ADMISSIONS else ChangeKind.UPDATED
        article.changes.append(article, change, revision=revision, at=at)
        rerendering.store_public_columns(shown := copy(article))
        tags = [*cache_tags.article_tags(shown), CORRECTIONS]
        purge(*tags, also_push=PushKind.FRONT)
    article.page, article.document = shown.page, shown.document
    return made
