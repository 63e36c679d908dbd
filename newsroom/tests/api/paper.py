"""A small paper with something of everything the API can tell."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from articles import notices, transitions
from articles.models import Article
from articles.tests.factories import (
    make_article,
    make_author,
    make_image,
    make_section,
    make_topic,
    make_user,
)
from markets.loading import load
from markets.models import Instrument
from markets.tests.factories import give, make_feed, make_tick
from wire.models import Item
from wire.tests.factories import make_item, make_source


@dataclass(frozen=True)
class Paper:
    """What stands in it, by the address of the API that tells it."""

    live: list[Article]
    killed: Article
    draft: Article
    posts: list[Item]
    held: Item


def make_paper() -> Paper:
    """Publish articles of each kind, kill one, hold a post, load the markets."""
    now = timezone.now() - timedelta(hours=2)
    section, chief = make_section(name="World"), make_user()
    author = make_author(name="Ines Halvorsen")
    photograph = make_image(caption="The quay", rights="No archive", focal_x=0.25)
    kinds = ("news", "analysis", "opinion", "explainer", "feature")
    live = [
        make_article(
            status="live",
            kind=kind,
            section=section,
            now=now + timedelta(minutes=n),
            editor=chief,
            bylines=[(author, "in Geneva")],
            topics=[make_topic()],
            lead_image=photograph if n % 2 else None,
            standfirst="So it was said." if n else "",
            framing="Two sources." if n else "",
        )
        for n, kind in enumerate(kinds)
    ]
    yesterday = now - timedelta(days=1)
    live.append(make_article(status="live", now=yesterday, evidence=False))
    notices.add(
        live[0], "correction", "It left at seven.", by=chief, now=timezone.now()
    )
    killed = make_article(status="live", now=now)
    transitions.move(killed, "kill", by=chief, now=timezone.now(), note="Wrong.")
    source = make_source(name="Harbour News", last_success_at=timezone.now())
    make_item(source, external_id="a", text="First", language="en-GB", now=now)
    posts = [
        make_item(source, external_id="a", text="Second", language="en-GB", now=now),
        make_item(source, external_id="b", source_time=now, now=now),
    ]
    load()
    priced = Instrument.objects.get(symbol="SPY")
    feed = make_feed(provider=priced.provider, redistributable=True)
    give(feed, make_tick(priced.provider_symbol, currency=""))
    return Paper(
        live=live,
        killed=killed,
        draft=make_article(),
        posts=posts,
        held=make_item(make_source(release="desk")),
    )
