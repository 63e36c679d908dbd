"""The demo's market feeds: simulated, and named so wherever a price is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

from demo.numbers import NEW_YORK, Closing, weekdays
from demo.posts import World
from demo.servers import COINS, RATES, TABLE, Sites
from markets.instruments import PAIRS
from markets.models import Feed, Session
from markets.refresh import refresh

FICTION = "Simulated for this demonstration: not a market price."
EVERY = timedelta(seconds=15)
PAST = timedelta(hours=24)  # of prices heard when the demo is loaded
STEP = timedelta(hours=1)

FEEDS: tuple[tuple[str, str, str, dict[str, object]], ...] = (
    ("Simulated exchange table", "table", TABLE, {}),
    ("Simulated coin prices", "coingecko", COINS, {"currency": "USD"}),
    ("Simulated reference rates", "ecb", RATES, {"pairs": PAIRS}),
)


def subscribe(*, base: str, since: datetime) -> list[Feed]:
    """Make the feeds, or lead them to `base`; return them."""
    feeds = []
    for name, provider, path, options in FEEDS:
        feed, _ = Feed.objects.update_or_create(
            name=name,
            defaults={
                "provider": provider,
                "url": base + path,
                "options": options,
                "interval": EVERY,
                "active": True,
                "attribution": FICTION,
            },
            create_defaults={
                "provider": provider,
                "url": base + path,
                "options": options,
                "interval": EVERY,
                "active": True,
                "attribution": FICTION,
                "due_at": since,
            },
        )
        feeds.append(feed)
    return feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    body: bytes
    not_modified: bool = False
    etag: str = ""
    last_modified: str = ""


def listen(world: World, *, base: str) -> int:
    """Hear the past day's prices from the documents; return how many were stored."""
    stored = 0
    now = world.start - PAST
    feeds = subscribe(base=base, since=now)
    instants: list[datetime] = []
    sites = Sites(
        lambda: world, base=base, clock=lambda: instants[-1], closing=calendar()
    )

    def fetch(
        url: str, *, etag: str, last_modified: str, headers: Mapping[str, str]
    ) -> _Answer:
        document = sites.answer(urlsplit(url).path)
        if document is None:
            raise LookupError(url)
        return _Answer(body=document[1])

    while now <= world.start:
        instants.append(now)
        last = now + STEP > world.start
        for feed in feeds:
            if feed.provider == "ecb" and not last:
                continue  # one document holds all the past there is
            stored += len(refresh(feed, now=now, fetch=fetch).stored)
        now += STEP
    return stored


def calendar() -> Closing:
    """When New York closes on each day; weekdays where the calendar does not reach."""
    rows = Session.objects.filter(exchange__mic="XNYS").values_list("date", "closes_at")
    closes = {
        day: at.astimezone(NEW_YORK).time() if at is not None else None
        for day, at in rows
    }
    if not closes:
        return weekdays
    first, last = min(closes), max(closes)

    def closing(day: date) -> time | None:
        return closes.get(day) if first <= day <= last else weekdays(day)

    return closing
