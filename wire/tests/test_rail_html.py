"""A line on the rail: cut where a reader would cut it, safe, with the full text at hand."""

from datetime import UTC, datetime, timedelta

from wire import rail_html
from wire.models import Item, Source

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def line(source_name="Harbour News", source_slug="harbour-news", **fields):
    source = Source(name=source_name, slug=source_slug)
    item = Item(source=source, seen_at=NINE, text="The ferry sails.")
    for name, value in fields.items():
        setattr(item, name, value)
    return item.rail_row()


def test_it_tells_time_source_and_standing():
    html = line()
    assert '<time datetime="2026-03-02T09:00:00Z">09:00</time>' in html
    assert "<bdi>Harbour News</bdi>" in html
    assert "Unverified" in html


def test_the_sources_name_is_never_cut():
    assert "CLASHREPORTERS OF THE NORTH" in line(
        source_name="CLASHREPORTERS OF THE NORTH"
    )


def test_a_long_text_is_cut_between_characters_and_whole_behind_more():
    family = "👩‍👩‍👧‍👦"
    html = line(text=family * 400)
    assert "<details" in html
    assert f"{family}…" in html
    assert family * 400 in html


def test_a_short_text_needs_no_more():
    assert "<details" not in line()


def test_line_breaks_and_words_survive():
    assert "drone.\nUKMTO" in line(text="drone.\nUKMTO issued")


def test_nothing_in_a_post_becomes_markup():
    html = line(
        text="<script>alert(1)</script>",
        source_name="<b>x</b>",
        source_slug='"><i>',
        language='en"><u>',
        repost_name="<em>y</em>",
        repost_url="javascript:alert(1)",
    )
    for tag in ("<script", "<b>", "<i>", "<u>", "<em>", 'javascript:alert(1)"'):
        assert tag not in html


def test_flags_are_named_for_those_who_cannot_see_them():
    assert 'aria-label="Lebanon"' in line(text="\U0001f1f1\U0001f1e7 NEW")


def test_a_withdrawn_post_is_struck_through_not_gone():
    for fields in ({"status": "withdrawn"}, {"standing": "withdrawn"}):
        html = line(**fields)
        assert "<s " in html
        assert "Withdrawn" in html


def test_an_arabic_post_runs_right_to_left_by_itself():
    assert 'dir="auto" lang="ar"' in line(text="ميناء", language="ar")


def test_the_time_shown_is_never_after_we_saw_it():
    seen = NINE
    assert rail_html.shown_time(NINE + timedelta(days=1), seen) == seen
    assert rail_html.shown_time(NINE - timedelta(hours=1), seen) == NINE - timedelta(
        hours=1
    )
    assert rail_html.shown_time(None, seen) == seen
