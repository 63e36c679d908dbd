"""The front page: each story in its place, and in one place only."""

import re

import pytest
from django.db import connection

from articles import metadata
from articles.front import front
from articles.models import Article
from articles.models.choices import Prominence
from articles.tests.factories import (
    HOUR,
    NINE,
    make_article,
    make_image,
    make_section,
    make_topic,
    make_user,
)

pytestmark = pytest.mark.django_db


def story(headline, hours=0, **fields):
    return make_article(
        status="live", headline=headline, now=NINE + hours * HOUR, **fields
    )


def shown(card):
    return re.search(r'card__headline"><a href="[^"]+">([^<]+)<', card)[1]


def everything(page):
    strips = [*page.sections, *([page.opinion] if page.opinion else [])]
    cards = [page.lead, *page.related, *page.secondary, *page.latest]
    return [
        shown(card) for card in [*cards, *(c for strip in strips for c in strip.cards)]
    ]


def test_before_the_first_story_the_front_is_empty():
    page = front(NINE)

    assert page.lead == ""
    assert page.sections == page.secondary == page.latest == []
    assert page.opinion is None


def test_every_story_has_its_place_and_no_story_two(django_assert_num_queries):
    world, money = make_section(name="World", position=1), make_section(name="Money")
    views = make_section(name="Opinion", is_opinion=True)
    topic = make_topic()
    for n in range(7):
        story(f"World {n}", n, section=world)
        story(f"Money {n}", n, section=money)
        story(f"View {n}", n, section=views, kind="opinion")
    story("Old lead", 8, section=world, prominence=Prominence.LEAD)
    story("Lead", 9, section=world, prominence=Prominence.LEAD, topics=[topic])
    story("Big", 1, section=money, prominence=Prominence.SECONDARY)
    story("About it", 0, section=money, topics=[topic])
    story("Inside", 9, section=world, prominence=Prominence.SECTION_ONLY)
    with django_assert_num_queries(2):
        page = front(NINE + 10 * HOUR)

    assert shown(page.lead) == "Lead"
    assert [shown(card) for card in page.related] == ["About it"]
    assert [shown(card) for card in page.secondary][:2] == ["Old lead", "Big"]
    assert len(page.secondary) == 3
    assert [shown(card) for card in page.opinion.cards] == [
        "View 6",
        "View 5",
        "View 4",
    ]
    assert [strip.name for strip in page.sections] == ["World", "Money"]
    assert all(len(strip.cards) == 4 for strip in page.sections)
    assert "card--picture" in page.sections[0].cards[0]
    everywhere = everything(page)
    assert len(everywhere) == len(set(everywhere))
    assert "Inside" not in everywhere


def test_nothing_that_is_not_out_yet_is_on_the_front():
    section = make_section()
    story("Out", section=section)
    make_article(status="live", headline="Tomorrow", at=NINE + HOUR, section=section)
    make_article(status="ready", headline="Ready", section=section)
    make_article(status="killed", headline="Killed", section=section)

    assert everything(front(NINE)) == ["Out"]
    assert sorted(everything(front(NINE + HOUR))) == ["Out", "Tomorrow"]


def test_without_an_instant_the_front_is_that_of_the_database_s_clock():
    story("Out")

    assert shown(front().lead) == "Out"


def test_opinion_never_leads():
    views = make_section(name="Opinion", is_opinion=True)
    story("View", section=views, kind="opinion", prominence=Prominence.LEAD)
    page = front(NINE)

    assert page.lead == ""
    assert [shown(card) for card in page.opinion.cards] == ["View"]


def test_a_story_lowered_in_rank_leaves_the_top_at_once():
    section = make_section()
    top = story("Top", 0, section=section, prominence=Prominence.LEAD)
    story("Other", 1, section=section)
    assert shown(front(NINE + HOUR).lead) == "Top"
    metadata.place(top, by=make_user(), now=NINE + HOUR, prominence=Prominence.ORDINARY)

    assert shown(front(NINE + HOUR).lead) == "Other"


def test_a_section_is_read_from_its_index_however_large_the_archive():
    section = make_section()
    story("Out", section=section, lead_image=make_image())
    section_rows = Article.objects.live(NINE).in_section(section.slug).newest_first()
    pages = section_rows[:12], section_rows.before(NINE, 1)[:12]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")

    for rows in pages:
        assert "article_live_in_section" in rows.explain()
    assert "ROW(public_at, id) <" in pages[1].explain()
