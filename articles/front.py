"""The front page: which story stands where. No story stands twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import connection
from django.utils.safestring import SafeString, mark_safe

from articles.live_rule import live_sql
from articles.models.choices import Prominence

PER_SECTION = 12  # newest stories of each section that are looked at
SECONDARY = 4
FEWEST_SECONDARY = 3  # below it, ordinary stories move up
WITH_PICTURE = 2  # of the secondary stories
RELATED = 3
OPINION = 3
STRIP = 4  # stories of a section; the first with its picture
LATEST = 8

_STORIES = f"""
SELECT a.id, s.id, s.is_opinion, a.prominence,
       ARRAY(SELECT t.topic_id FROM articles_article_topics t WHERE t.article_id = a.id)
  FROM articles_section s
 CROSS JOIN LATERAL (
       SELECT id, prominence, public_at FROM articles_article
        WHERE section_id = s.id AND prominence < %(hidden)s
          AND {live_sql("COALESCE(%(now)s::timestamptz, statement_timestamp())")}
        ORDER BY public_at DESC, id DESC LIMIT %(each)s) a
 ORDER BY a.public_at DESC, a.id DESC
"""  # noqa: S608  # built of constants alone
_CARDS = """
SELECT s.id, s.name, s.slug, a.id,
       CASE slot.size WHEN 'lead' THEN a.card_lead WHEN 'picture' THEN a.card_picture
                      WHEN 'text' THEN a.card_text ELSE a.card_row END
  FROM articles_section s
  LEFT JOIN (unnest(%(ids)s::bigint[], %(sizes)s::text[]) AS slot (id, size)
             JOIN articles_article a ON a.id = slot.id) ON a.section_id = s.id
 ORDER BY s.position, s.id
"""


@dataclass(frozen=True, slots=True)
class Strip:
    """One section's place on the front: its name and its cards, ready to print."""

    name: str
    slug: str
    url: str
    cards: list[SafeString]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The front page: cards in their order, ready to print."""

    lead: SafeString  # empty before the first story
    related: list[SafeString] = field(
        default_factory=list
    )  # rows about the lead's topics
    secondary: list[SafeString] = field(default_factory=list)
    opinion: Strip | None = None
    sections: list[Strip] = field(default_factory=list)  # in the paper's order
    latest: list[SafeString] = field(
        default_factory=list
    )  # rows: the rest, newest first


@dataclass(frozen=True, slots=True)
class _Story:
    id: int
    section: int
    is_opinion: bool
    prominence: int
    topics: frozenset[int]


class _Page:
    """Stories still to be placed, newest first, and the size of card each slot takes."""

    def __init__(self, stories: Iterable[_Story]) -> None:
        self.left = list(stories)
        self.sizes: dict[int, str] = {}

    def take(
        self, wanted: Callable[[_Story], bool], most: int, *sizes: str
    ) -> list[_Story]:
        """Give the newest wanted stories a slot each; the last size serves the rest."""
        taken = [story for story in self.left if wanted(story)][:most]
        for index, story in enumerate(taken):
            self.left.remove(story)
            self.sizes[story.id] = sizes[min(index, len(sizes) - 1)]
        return taken


def front(now: datetime | None = None) -> Front:
    """Return the front page at `now`, by default by the database's clock. Two queries.

    The lead is the newest story marked so; without one, the newest of the next rank.
    Opinion stands apart and never leads.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _STORIES,
            {"now": now, "each": PER_SECTION, "hidden": Prominence.SECTION_ONLY},
        )
        stories = [
            _Story(pk, section, is_opinion, prominence, frozenset(topics))
            for pk, section, is_opinion, prominence, topics in cursor.fetchall()
        ]
        page = _Page(stories)
        lead = _lead(page)
        related = _related(page, lead)
        secondary = _secondary(page)
        opinion = page.take(lambda story: story.is_opinion, OPINION, "text")
        strips = {
            section: page.take(
                lambda story, section=section: story.section == section,  # type: ignore[misc]
                STRIP,
                *("picture", "text"),
            )
            for section in {
                story.section for story in page.left if not story.is_opinion
            }
        }
        latest = page.take(lambda story: not story.is_opinion, LATEST, "row")
        cursor.execute(
            _CARDS, {"ids": list(page.sizes), "sizes": list(page.sizes.values())}
        )
        sections, cards = _read(cursor.fetchall())
    made = {
        section: Strip(name, slug, f"/{slug}/", _cards(cards, strips.get(section, [])))
        for section, (name, slug) in sections.items()
    }
    apart = opinion[0].section if opinion else None
    return Front(
        lead=next(iter(_cards(cards, lead)), SafeString("")),
        related=_cards(cards, related),
        secondary=_cards(cards, secondary),
        opinion=replace(made[apart], cards=_cards(cards, opinion)) if apart else None,
        sections=[strip for strip in made.values() if strip.cards],
        latest=_cards(cards, latest),
    )


def _lead(page: _Page) -> list[_Story]:
    news = [story for story in page.left if not story.is_opinion]
    highest = min((story.prominence for story in news), default=None)
    return page.take(
        lambda story: not story.is_opinion and story.prominence == highest, 1, "lead"
    )


def _related(page: _Page, lead: list[_Story]) -> list[_Story]:
    topics = lead[0].topics if lead else frozenset()
    return page.take(
        lambda story: (
            not story.is_opinion
            and story.prominence == Prominence.ORDINARY
            and bool(topics & story.topics)
        ),
        RELATED,
        "row",
    )


def _secondary(page: _Page) -> list[_Story]:
    """Give the stories ranked high their slots, and the newest others if those are few."""
    sizes = ["picture"] * WITH_PICTURE + ["text"]
    taken = page.take(
        lambda story: not story.is_opinion and story.prominence < Prominence.ORDINARY,
        SECONDARY,
        *sizes,
    )
    missing = max(FEWEST_SECONDARY - len(taken), 0)
    more = page.take(
        lambda story: not story.is_opinion, missing, *sizes[len(taken) :] or ["text"]
    )
    return taken + more


def _read(
    rows: Iterable[tuple[int, str, str, int | None, str | None]],
) -> tuple[dict[int, tuple[str, str]], dict[int, str]]:
    sections, cards = {}, {}
    for section, name, slug, article, card in rows:
        sections[section] = (name, slug)
        if article is not None:
            cards[article] = card or ""
    return sections, cards


def _cards(cards: dict[int, str], stories: Iterable[_Story]) -> list[SafeString]:
    # They were escaped when they were rendered. One killed this instant has none.
    found = (cards.get(story.id, "") for story in stories)
    return [mark_safe(card) for card in found if card]  # noqa: S308
