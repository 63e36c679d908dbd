"""The fictional wire: enough of it, distinct, and the same after every restart."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from demo import paper
from demo.posts import PACE, World, queue

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def world():
    return World(START)


def test_the_past_day_and_a_half_holds_more_than_three_hundred_distinct_posts(world):
    history = world.history()

    assert len({(post.source, post.title, post.text) for post in history}) >= 300
    assert min(post.at for post in history) >= START - timedelta(hours=37)
    assert {post.source for post in history} == set(world.sources)


def test_more_than_a_hundred_and_twenty_posts_are_written_by_hand(world):
    by_hand = [post for post in world.history() if not post.key.startswith("stock-")]

    assert len(by_hand) >= 120


def test_six_hours_of_new_posts_hardly_repeat_themselves(world):
    slots = range(6 * 3600 // PACE)
    posts = [post for n in slots if (post := world.from_stock(n))]
    told = Counter((post.source, post.title, post.text) for post in posts)

    assert len(told) > 0.97 * len(posts)


def test_something_arrives_every_ten_to_twenty_five_seconds(world):
    times = sorted(
        post.at for n in range(2000) if (post := world.from_stock(n)) is not None
    )
    gaps = [(b - a).total_seconds() for a, b in zip(times, times[1:], strict=False)]

    assert min(gaps) >= 10
    assert sum(10 <= gap <= 25 for gap in gaps) > 0.97 * len(gaps)


def test_no_two_posts_of_a_source_share_a_number_and_numbers_grow(world):
    now = START + timedelta(hours=5)
    for source in world.sources:
        page = world.page(source, now, limit=300)
        numbers = [post.number for post in page]

        assert len(set(numbers)) == len(numbers)
        assert numbers == sorted(numbers, reverse=True)


def test_a_restarted_world_tells_the_same_story(world):
    again = World(START)
    now = START + timedelta(hours=3, minutes=7)

    assert all(again.page(s, now) == world.page(s, now) for s in world.sources)


def test_another_start_makes_another_stock_but_the_same_hand_written_posts(world):
    other = World(START + timedelta(hours=7))

    assert other.from_stock(5) != world.from_stock(5)
    assert other.post("straitwatch", "grounding-1").text.startswith("🔴 BREAKING")


def test_an_edited_post_shows_its_new_text_from_that_instant_on(world):
    post = world.post("straitwatch", "grounding-1")

    assert "Not under command?" in post.state(post.edit_at - timedelta(seconds=1)).text
    assert "✅ Confirmed" in post.state(post.edit_at).text


def test_a_withdrawn_post_leaves_the_page_of_its_source(world):
    post = world.post("straitwatch", "wrong-leak")
    before, after = post.withdrawn_at - timedelta(seconds=1), post.withdrawn_at

    assert post.number in {p.number for p in world.page("straitwatch", before)}
    assert post.number not in {p.number for p in world.page("straitwatch", after)}


def test_no_slot_or_token_is_left_unfilled(world):
    later = [post for n in range(600) if (post := world.from_stock(n))]
    for post in [*world.history(), *later]:
        said = post.title + post.text + post.edit_title + post.edit_text

        assert "{" not in said, said


def test_every_reply_and_forward_leads_to_a_post(world):
    for post in world.history():
        if post.reply_to:
            assert world.post(post.source, post.reply_to).at < post.at
        if post.forward_from:
            assert world.post(*post.forward_from).at < post.at


def test_the_queue_grows_while_the_strait_is_shut_and_shrinks_after(world):
    assert queue(-400) == 0
    assert queue(-112) == 43
    assert queue(350) > 50
    assert queue(2000) < queue(400)


def test_posts_come_in_several_languages(world):
    languages = {row["language"] for row in world.sources.values()}

    assert {"en", "fr", "ar", "ja"} <= languages


def test_all_three_release_modes_are_in_use():
    releases = {row["release"] for row in paper.table("sources")["source"]}

    assert releases == {"auto", "delay", "desk"}
