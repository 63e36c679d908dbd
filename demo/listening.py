"""The wire of the demo in the database: its sources, and a day and a half of listening.

The history is heard, not inserted: each source's document is rendered as it was at each
instant at which it changed, and goes through the same door as a poll's answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from demo import formats, paper
from demo.posts import World
from staff.models import User
from wire import ingest
from wire.models import (
    Item,
    Publisher,
    PublisherKind,
    Source,
    SourceStanding,
    Standing,
    Version,
)

FORMATS = {
    "rss": "rss",
    "rdf": "rss",
    "atom": "atom",
    "json": "jsonfeed",
    "telegram": "telegram",
}
EVERY = timedelta(seconds=15)
HEARD_AFTER = timedelta(seconds=8)  # from a post to our poll


def subscribe(world: World, *, base: str) -> dict[str, Source]:
    """Make the publishers and sources; return the sources by slug."""
    tables = paper.table("sources")
    publishers = {
        row["slug"]: Publisher.objects.get_or_create(
            slug=row["slug"],
            defaults={
                "name": row["name"],
                "kind": row.get("kind", PublisherKind.UNKNOWN),
            },
        )[0]
        for row in tables["publisher"]
    }
    return {
        row["slug"]: _source(row, publishers[row["publisher"]], world, base)
        for row in tables["source"]
    }


def _source(
    row: dict[str, Any], publisher: Publisher, world: World, base: str
) -> Source:
    fields: dict[str, Any] = {
        "name": row["name"],
        "publisher": publisher,
        "url": base + formats.path(row),
        "format": FORMATS[row["format"]],
        "language": row["language"],
        "release": row["release"],
        "delay": timedelta(minutes=row.get("delay_minutes", 10)),
        "standing": row.get("standing", SourceStanding.UNVERIFIED),
        "interval": EVERY,
        "due_at": world.start,
    }
    return Source.objects.get_or_create(slug=row["slug"], defaults=fields)[0]


def repoint(world: World, *, base: str) -> int:
    """Lead the sources to `base`, where the servers are now; return how many moved."""
    moved = 0
    for slug, row in world.sources.items():
        url = base + formats.path(row)
        here = Source.objects.filter(slug=slug).exclude(url=url)
        moved += here.update(url=url, etag="", last_modified="", body_hash="")
    return moved


def listen(world: World, sources: dict[str, Source], *, base: str) -> int:
    """Hear the history of `world` through ingest, in order; return how many posts came."""
    heard = 0
    for at, slug in _turns(world):
        _, raw = formats.render(world, slug, base=base, now=at)
        source = sources[slug]
        now = min(at + HEARD_AFTER, world.start)
        heard += ingest.take_in(source, raw, now=now, url=source.url).new
    return heard


def _turns(world: World) -> list[tuple[datetime, str]]:
    """Every instant up to the start at which a source's document changed, in order."""
    turns = {
        (at, post.source)
        for post in world.history()
        for at in post.turns()
        if at <= world.start
    }
    return sorted(turns)


def item_of(world: World, source: str, key: str) -> Item:
    """The stored item of a post written by hand. Raises `Item.DoesNotExist`."""
    post = world.post(source, key)
    return Item.objects.get(
        source__slug=source, external_id__regex=rf"(^|\D){post.number}$"
    )


def version_at(item: Item, now: datetime) -> Version:
    """The version we knew at `now`; the first one if it was not seen yet."""
    versions = item.versions.order_by("n")
    return versions.filter(seen_at__lte=now).last() or versions[0]


def desk(world: World, *, by: User) -> None:
    """Let posts through and mark them, as content/desk.toml says, some minutes later."""
    did = paper.table("desk")
    for name in did["through"]:
        post, item = _named(world, name)
        item.let_through(by=by, now=post.at + timedelta(minutes=4))
    for standing in (Standing.DEVELOPING, Standing.CONFIRMED, Standing.WITHDRAWN):
        for name in did[standing]:
            post, item = _named(world, name)
            at = post.withdrawn_at if standing == Standing.WITHDRAWN else post.at
            minutes = 16 if standing == Standing.CONFIRMED else 5
            now = min((at or post.at) + timedelta(minutes=minutes), world.start)
            item.mark(standing, by=by, now=now)


def _named(world: World, name: str) -> tuple[Any, Item]:
    source, key = name.split("/")
    return world.post(source, key), item_of(world, source, key)
