"""What was saved and what was done to one article, and the words between two texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.safestring import SafeString

from articles import alterations, workflow
from articles.admin.edit_conflict import LABELS
from articles.models import Alteration, Article, Move, Revision
from articles.text_diff import diff
from wire.sanitise import plain

MOST = 200  # entries on the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened."""

    at: datetime
    who: str
    what: str
    why: str
    told: str = ""  # to readers
    changes: list[tuple[str, str, str]] = field(default_factory=list)  # what, from, to
    n: int = 0  # the revision it made or was about
    is_text: bool = False


def timeline(article: Article) -> list[Entry]:
    """Return revisions, moves and what was altered around them, newest first.

    Three queries.
    """
    revisions = article.revisions.select_related("by").order_by("-n")[:MOST]
    moves = article.moves.select_related("by").order_by("-pk")[:MOST]
    altered = around(article.alterations.all())
    entries = [*map(_saved, revisions), *map(_moved, moves), *altered]
    entries.sort(key=lambda entry: (entry.at, not entry.is_text), reverse=True)
    return entries


def _saved(revision: Revision) -> Entry:
    return Entry(
        at=revision.at,
        who=str(revision.by),
        what=f"Revision {revision.n}: {revision.get_kind_display().lower()}",
        why=revision.note,
        n=revision.n,
        is_text=True,
    )


def _moved(move: Move) -> Entry:
    return Entry(
        at=move.at,
        who=str(move.by),
        what=f"{workflow.label_of(move.verb)} (revision {move.revision_n})",
        why=move.note,
        told=(move.public_note or workflow.NEUTRAL) if move.verb == "kill" else "",
        n=move.revision_n,
        is_text=False,
    )


def around(rows: QuerySet[Alteration]) -> list[Entry]:
    """Return the newest of these alterations, those of one save together. One query."""
    entries: list[Entry] = []
    together: tuple[object, ...] = ()
    for row in rows.select_related("by").order_by("-pk")[:MOST]:
        if together != (row.by_id, row.at, row.image_id):
            together = (row.by_id, row.at, row.image_id)
            what = "Picture" if row.image_id else "Place"
            what = "Time" if row.field == "publish_at" else what
            entries.append(
                Entry(at=row.at, who=str(row.by), what=f"{what} changed", why="")
            )
        label = alterations.LABELS.get(row.field, row.field)
        entries[-1].changes.append(
            (label, row.before or "nothing", row.after or "nothing")
        )
    return entries


@dataclass(frozen=True, slots=True)
class Part:
    """One field of two revisions."""

    label: str
    words: SafeString  # the newer one, marked against the older
    changed: bool


def compared(article: Article, request: HttpRequest) -> dict[str, Any]:
    """Return two revisions, by default the last two, and the words between them.

    Raises `Http404` if one of them is not there.
    """
    newer_n = _number(request.GET.get("to"), article.revision_n)
    older_n = _number(request.GET.get("from"), max(newer_n - 1, 1))
    older_n, newer_n = sorted((older_n, newer_n))
    found = article.revisions.select_related("by", "image").in_bulk(
        article.revisions.filter(n__in=(older_n, newer_n)).values_list("pk", flat=True)
    )
    texts = {revision.n: revision for revision in found.values()}
    if older_n not in texts or newer_n not in texts:
        raise Http404("There is no such revision.")
    older, newer = texts[older_n], texts[newer_n]
    return {
        "older": older,
        "newer": newer,
        "parts": [_part(name, older, newer) for name in LABELS]
        + [_bylines(older, newer), _picture(older, newer)],
        "numbers": range(article.revision_n, 0, -1),
    }


def _number(given: str | None, default: int) -> int:
    return int(given) if given and given.isdecimal() and len(given) < 9 else default


def _part(name: str, older: Revision, newer: Revision) -> Part:
    before, after = getattr(older, name), getattr(newer, name)
    if name == "body":
        before, after = plain(before), plain(after)
    return Part(LABELS[name], diff(before, after), before != after)


def _bylines(older: Revision, newer: Revision) -> Part:
    before, after = (
        "; ".join(f"{line['name']} {line['role']}".strip() for line in text.bylines)
        for text in (older, newer)
    )
    return Part("By", diff(before, after), before != after)


def _picture(older: Revision, newer: Revision) -> Part:
    before, after = (str(text.image or "none") for text in (older, newer))
    return Part("Lead picture", diff(before, after), older.image_id != newer.image_id)
