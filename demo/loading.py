"""Loading the fictional world, whole or not at all, and taking it away again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.db import connection, transaction

from articles.models import Article
from demo import cast, copydesk, listening, paper, pictures, servers, started, trading
from demo.posts import World
from foundation.notifications import EVERYTHING, purge
from markets import loading as markets_loading
from markets.models import Feed
from staff.models import User
from wire import delayed_release
from wire.models import Source

Say = Callable[[str], object]
_EMPTIED = ("wire", "articles")  # apps whose tables hold nothing but content
_EMPTIED_TOO = ("markets.Quote", "markets.QuoteTick", "markets.Quarantine")


class Refused(Exception):
    """The database holds what is not the demo's; the message says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What came into the database, and the logins made for it."""

    posts: int
    stories: int
    prices: int
    logins: dict[str, str]


def is_loaded() -> bool:
    """Whether the demo is in the database."""
    return Source.objects.filter(slug__in=_slugs()).exists()


def _slugs() -> list[str]:
    return [row["slug"] for row in paper.table("sources")["source"]]


def load(
    *,
    now: datetime,
    port: int,
    var: Path,
    say: Say,
    draw: Callable[[Path], dict[str, bytes]] | None = None,
) -> Loaded:
    """Load the world as of `now`. Raises `Refused` if it is there already.

    `draw` gives the pictures by name, by default `draw_all`. All rows come in one
    transaction: a load that is killed leaves nothing behind.
    """
    if is_loaded():
        raise Refused("The demo is loaded already; `demo reset` loads it anew.")
    world = World(now)
    base = servers.base_url(port)
    say("Drawing pictures …")
    drawn = (draw or draw_all)(var / "demo-pictures")
    with transaction.atomic():
        say("Hiring the staff …")
        logins = cast.hire()
        people = cast.by_name()
        say("Listening to a day and a half of the wire …")
        sources = listening.subscribe(world, base=base)
        posts = listening.listen(world, sources, base=base)
        _take_stock()
        listening.desk(world, by=people["Nils Aumont"])
        # Old posts are no news for the stream.
        delayed_release.announce_due(now=world.start)
        say("Printing the paper …")
        stories = copydesk.print_all(copydesk.furnish(world, people, drawn))
        say("Reading the markets …")
        markets_loading.load()
        prices = trading.listen(world, base=base)
        cast.write_down(logins, var)
        started.keep(world.start, var)
    return Loaded(posts=posts, stories=stories, prices=prices, logins=logins)


def _take_stock() -> None:
    """Let PostgreSQL count what came in: it plans for empty tables until it does.

    The rows of this transaction are out of autovacuum's sight, and every story asks for
    its evidence among them.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wire_publisher, wire_source, wire_item, wire_version")


def draw_all(folder: Path) -> dict[str, bytes]:
    """Draw every picture the paper needs, two at a time; drawn ones are kept in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [s.head["image"] for s in paper.stories() if "image" in s.head]
    wanted += pictures.PORTRAITS
    missing = [name for name in wanted if not (folder / f"{name}.jpg").exists()]
    if missing:
        with ProcessPoolExecutor(max_workers=2) as pool:
            for name, raw in zip(
                missing, pool.map(pictures.draw, missing), strict=True
            ):
                (folder / f"{name}.jpg").write_bytes(raw)
    return {name: (folder / f"{name}.jpg").read_bytes() for name in wanted}


def wipe() -> None:
    """Take everything of the wire and the paper out, and the demo's people and feeds.

    What the database refuses to delete row by row goes with its whole table. Staff that is
    not the demo's stays, and so do instruments, calendars and other market feeds.
    """
    models = [m for app in _EMPTIED for m in apps.get_app_config(app).get_models()]
    models += [apps.get_model(name) for name in _EMPTIED_TOO]
    quote = connection.ops.quote_name
    tables = ", ".join(quote(model._meta.db_table) for model in models)
    usernames = [row["username"] for row in paper.table("staff")["person"]]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {tables} CASCADE")
        purge(EVERYTHING)
        User.objects.filter(username__in=usernames).delete()
        Feed.objects.filter(name__in=[name for name, *_ in trading.FEEDS]).delete()


def foreign() -> list[str]:
    """What the database holds that the demo did not bring, in words; empty if nothing."""
    usernames = [row["username"] for row in paper.table("staff")["person"]]
    others = Article.objects.exclude(created_by__username__in=usernames).count()
    sources = Source.objects.exclude(slug__in=_slugs()).count()
    found = [(others, "article"), (sources, "source")]
    return [f"{n} {word}{'s' if n > 1 else ''}" for n, word in found if n]
