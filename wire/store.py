"""A document's posts into the database: items, versions and ledger, as one.

Everything here runs inside the caller's transaction, under the lock of the source's row:
one storer per source at a time, so what is known is read once and each kind of row is
written by one statement, however many posts there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID, uuid4

from django.db import connection

from foundation.notifications import WIRE, PushKind, Tag, hard, item_tag, purge
from wire import rail_html
from wire.connectors.base import Batch, Rejected
from wire.models import DeadLetter, Source
from wire.normalise import Ready, as_json, ready
from wire.sql import (
    COLUMNS,
    COUNT_VERSIONS,
    INSERT_ITEMS,
    INSERT_VERSIONS,
    KEPT,
    LOOK_UP,
    UPDATE_ITEMS,
)

MAX_DEAD = 64 * 1024  # bytes kept of what could not be read; the blob has it all


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of one document, post by post."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    newest: datetime | None = (
        None  # the newest instant a post claims, not in the future
    )
    warnings: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.new + self.changed + self.unchanged + self.rejected

    def add(self, other: Report) -> None:
        """Count another document of the same poll in."""
        self.new += other.new
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.rejected += other.rejected
        self.newest = max(filter(None, (self.newest, other.newest)), default=None)
        self.warnings += other.warnings


@dataclass(slots=True, kw_only=True)
class Known:
    """What the database has of an item, kept in step while a batch is stored.

    Its names are those `LOOK_UP` asks for; most are columns of the item.
    """

    pk: int
    public_id: UUID
    signature: str  # of what it shows: "form:hash", see `Ready.signature`
    revised_at: datetime | None
    version_count: int
    seen_at: datetime
    source_time: datetime | None
    standing: str
    headline: str
    text: str
    signatures: list[str]  # of all its versions
    # Not asked for: a new version overwrites them before any row is rendered, see `show`
    current_n: int = 1
    status: str = ""
    language: str = ""
    repost_name: str = ""
    repost_url: str = ""

    def show(self, post: Ready) -> None:
        """Let `post`, the version counted last, be the current one."""
        self.current_n = self.version_count
        self.signature, self.revised_at = post.signature(), post.revised_at
        self.source_time = post.source_time or self.source_time
        self.headline = post.headline or _kept(post, self.headline)
        self.text = post.text or _kept(post, self.text)
        self.status, self.language = post.status, post.language
        self.repost_name, self.repost_url = post.repost_name, post.repost_url


@dataclass(frozen=True, slots=True)
class Newer:
    """One more version of an item that is known."""

    known: Known
    post: Ready
    n: int
    is_current: bool


def store(source: Source, batch: Batch, *, blob: str, now: datetime) -> Report:
    """Store the posts of `batch`, which came in the document `blob`, seen at `now`.

    A post that cannot be made ready is a dead letter; the others are stored. Call inside
    a transaction that holds the source's row.
    """
    report = Report(warnings=list(batch.warnings))
    posts, dead = _make_ready(source, batch)
    _bury(source, dead, blob=blob, now=now)
    report.rejected = len(dead)
    known = _look_up(source, {post.external_id for post in posts})
    firsts, others = _split(posts, known)
    first_poll = source.last_success_at is None
    known |= _insert_items(source, firsts, blob=blob, now=now, backlog=first_poll)
    report.new = len(firsts)
    last = {post.external_id: post for post in posts}
    newer = [
        found
        for post in others
        if (
            found := _newer(
                post, known[post.external_id], is_last=last[post.external_id] is post
            )
        )
    ]
    _insert_versions(source, newer, blob=blob, now=now)
    report.changed, report.unchanged = len(newer), len(others) - len(newer)
    times = [p.source_time for p in posts if p.source_time and p.source_time <= now]
    report.newest = max(times, default=None)
    if report.new or report.changed:
        purge(*_tags(newer, now), also_push=PushKind.WIRE)
    return report


def _make_ready(source: Source, batch: Batch) -> tuple[list[Ready], list[Rejected]]:
    language = source.language or batch.language
    posts, dead = [], list(batch.rejected)
    for post in batch.posts:
        try:
            posts.append(ready(post, language=language))
        except ValueError as error:
            dead.append(Rejected(error=str(error), where=post.where, raw=post.raw))
    return posts, dead


def _tags(newer: Sequence[Newer], now: datetime) -> list[Tag]:
    """Return the tags of the pages that show these versions' items.

    Of what an embargo takes back no kept copy may stand in: those pages go at once.
    """
    tags = [WIRE, *(item_tag(n.known.public_id) for n in newer)]
    held = any(n.is_current and (n.post.embargo_until or now) > now for n in newer)
    return hard(tags) if held else tags


def _look_up(source: Source, ids: Iterable[str]) -> dict[str, Known]:
    with connection.cursor() as db:
        db.execute(LOOK_UP, [source.pk, list(ids)])
        names = [column.name for column in db.description[1:]]
        return {
            external_id: Known(**dict(zip(names, values, strict=True)))
            for external_id, *values in db.fetchall()
        }


def _split(
    posts: Sequence[Ready], known: dict[str, Known]
) -> tuple[list[Ready], list[Ready]]:
    """Part the first versions of new items from all other versions, in their order."""
    firsts: dict[str, Ready] = {}
    others = []
    for post in posts:
        if post.external_id in known or post.external_id in firsts:
            others.append(post)
        else:
            firsts[post.external_id] = post
    return list(firsts.values()), others


def _newer(post: Ready, known: Known, *, is_last: bool) -> Newer | None:
    """Tell what `post` is to an item that is known: nothing new, or a version.

    A version older by the source's own time than the current one is kept as history and
    never shown as current, in whatever order the two arrive. So is one that the same
    document replaces further on (`is_last` is False): read again, it is nothing new.
    """
    if post.says(known.signature):
        return None
    late = bool(
        post.revised_at and known.revised_at and post.revised_at < known.revised_at
    )
    if (late or not is_last) and any(map(post.says, known.signatures)):
        return None
    known.version_count += 1
    known.signatures.append(post.signature())
    if not late:
        known.show(post)
    return Newer(known, post, known.version_count, not late)


def _kept(post: Ready, words: str) -> str:
    """A deletion comes without words: the item goes on showing, struck, what it said."""
    return words if post.status != "usable" else ""


def _public_at(
    source: Source, post: Ready, *, now: datetime, backlog: bool
) -> datetime | None:
    """When readers may see a new post; None: when the desk says.

    What stood in a source before we listened takes its own time, so that a new source
    does not bury the rail under its archive.
    """
    at = source.public_at(now)
    if at is None or post.held:
        return None
    if backlog and post.source_time:
        at = min(at, rail_html.shown_time(post.source_time, now) + (at - now))
    return max(at, post.embargo_until) if post.embargo_until else at


def _insert_items(
    source: Source, posts: Sequence[Ready], *, blob: str, now: datetime, backlog: bool
) -> dict[str, Known]:
    """Write new items, their first versions and ledger rows: one statement.

    Oldest first by the source's clock, so that ids rise with time inside one document.
    """
    if not posts:
        return {}
    earliest = now - timedelta(days=36500)
    posts = list(reversed(posts))  # documents are newest first; a sort keeps ties so
    posts.sort(key=lambda p: p.source_time or p.revised_at or earliest)
    known: dict[str, Known] = {}
    table = []
    for post in posts:
        fresh = _fresh(source, post, now)
        public_at = _public_at(source, post, now=now, backlog=backlog)
        announced = public_at is not None and public_at <= now
        row = rail_html.row(fresh, source)
        table.append((fresh.public_id, public_at, announced, row, *_columns(post)))
        known[post.external_id] = fresh
    with connection.cursor() as db:
        db.execute(
            INSERT_ITEMS,
            [
                *(list(column) for column in zip(*table, strict=True)),
                *(source.pk, now, now, source.standing, rail_html.stamp()),
                *(now, blob, now),
            ],
        )
        for external_id, pk in db.fetchall():
            known[external_id].pk = pk
    return known


def _fresh(source: Source, post: Ready, now: datetime) -> Known:
    """Return what is known of a new item; its key comes with the row."""
    known = Known(
        pk=0,
        public_id=uuid4(),
        signature=post.signature(),
        revised_at=post.revised_at,
        version_count=1,
        seen_at=now,
        source_time=post.source_time,
        standing=source.standing,
        headline=post.headline,
        text=post.text,
        signatures=[post.signature()],
    )
    known.show(post)
    return known


def _insert_versions(
    source: Source, newer: Sequence[Newer], *, blob: str, now: datetime
) -> None:
    """Write further versions, bring their items up to date, and write the ledger."""
    if not newer:
        return
    last = {n.known.pk: n for n in newer if n.is_current}
    counts = {n.known.pk: n.known.version_count for n in newer}
    versions = [(n.known.pk, n.n, n.is_current, *_columns(n.post)) for n in newer]
    items = [
        (
            *(pk, n.n, rail_html.row(n.known, source)),
            *(getattr(n.known, name) for name in KEPT),
        )
        for pk, n in last.items()
    ]
    with connection.cursor() as db:
        db.execute(
            INSERT_VERSIONS,
            [*(list(c) for c in zip(*versions, strict=True)), now, blob, now, now],
        )
        if items:
            db.execute(
                UPDATE_ITEMS,
                [
                    *(rail_html.stamp(), now, now, now),
                    *(list(c) for c in zip(*items, strict=True)),
                ],
            )
        db.execute(COUNT_VERSIONS, [list(counts), list(counts.values())])


def _columns(post: Ready) -> list[object]:
    """Return the values of `COLUMNS`."""
    values = list(_values(post))
    values[_MEDIA] = as_json(post.media)
    return values


_values = attrgetter(*COLUMNS)
_MEDIA = list(COLUMNS).index("media")


def _bury(
    source: Source, dead: Sequence[Rejected], *, blob: str, now: datetime
) -> None:
    """Keep what could not be read, once for the same bytes."""
    for letter in dead:
        bury(
            source,
            letter.raw,
            error=letter.error,
            place=letter.where,
            blob=blob,
            now=now,
        )


def bury(
    source: Source, raw: bytes, *, error: str, place: str, blob: str, now: datetime
) -> None:
    """Keep `raw` as a dead letter with the reason; seen again, it is counted."""
    name = hashlib.sha256(raw or place.encode()).hexdigest()
    letter, made = DeadLetter.objects.get_or_create(
        source=source,
        raw_hash=name,
        defaults={
            "raw": raw[:MAX_DEAD],
            "blob": blob,
            "place": place[:200],
            "error": error[:2000],
            "first_at": now,
            "last_at": now,
        },
    )
    if not made:
        letter.last_at, letter.times = now, letter.times + 1
        letter.save(update_fields=["last_at", "times"])
