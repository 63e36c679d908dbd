"""The stories: enough of them, about something, and true to the posts they cite."""

from datetime import UTC, datetime

import pytest

from demo import paper, pictures
from demo.paper import stories
from demo.posts import World

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def by_status(*wanted):
    return [story for story in stories() if story.status in wanted]


def today():
    return [s for s in by_status("live") if s.head.get("ago", 9999) < 24 * 60]


def test_the_paper_has_some_forty_live_stories_and_more_than_22_of_them_today():
    assert 40 <= len(by_status("live")) <= 60
    assert len(today()) >= 22


def test_there_is_work_on_the_desk_and_something_waiting_for_its_hour():
    assert len(by_status("draft", "in_edit", "ready")) >= 5
    assert len(by_status("scheduled")) >= 2
    assert len(by_status("killed")) == 1
    assert any("notice" in story.head for story in stories())


def test_every_section_has_a_story_today_and_every_story_a_known_place_and_author():
    sections = {row["slug"] for row in paper.table("sections")["section"]}
    topics = set(paper.table("sections")["topics"])
    authors = {row["slug"] for row in paper.table("authors")["author"]}
    for story in stories():
        assert story.head["section"] in sections, story.slug
        assert set(story.head["topics"]) <= topics, story.slug
        assert set(story.head["authors"]) <= authors, story.slug
    assert {story.head["section"] for story in today()} == sections


def test_every_citation_leads_to_a_post_written_by_hand():
    world = World(START)
    for story in stories():
        for block in story.blocks:
            for proof in block.proofs:
                assert world.post(proof.source, proof.key), story.slug
                assert proof.role in {"supports", "contradicts", "context", "origin"}


def test_no_story_rests_on_a_post_that_came_after_it_unless_it_was_updated():
    world = World(START)
    for story in by_status("live", "killed"):
        last = story.head.get("updated", {}).get("ago", story.head.get("ago"))
        for block in story.blocks:
            for proof in block.proofs:
                post = world.post(proof.source, proof.key)
                minutes = (START - post.at).total_seconds() / 60

                assert last is None or minutes >= last, (story.slug, proof)


def test_every_picture_a_story_names_can_be_drawn_and_says_what_it_shows():
    named = [story for story in stories() if "image" in story.head]

    assert len({story.head["image"] for story in named}) == len(named) >= 25
    for story in named:
        assert story.head["image"] in pictures.SCENES, story.slug
        assert len(story.head["alt"]) > 20, story.slug


def test_a_story_has_a_picture_in_its_text_which_the_paper_draws():
    drawn = {story.head.get("image") for story in stories()}
    within = [(s, block) for s in stories() for block in s.blocks if block.picture]

    assert within
    for story, block in within:
        assert block.picture in drawn - {story.head.get("image")}, story.slug
        markup = story.html(START, pictures={block.picture: "<img>"})
        assert f"<figure><img><figcaption>{block.text[:20]}" in markup


def test_every_author_but_the_paper_itself_has_a_portrait():
    authors = {row["slug"] for row in paper.table("authors")["author"]}

    assert authors - set(pictures.PORTRAITS) == {"the-halyard"}


def test_dates_in_stories_follow_the_day_the_demo_is_loaded():
    story = next(s for s in stories() if s.slug == "holm-strait-closed")

    assert "before dawn on Monday" in story.html(START)
    assert "{" not in story.html(START)


def test_the_first_version_of_the_corrected_story_had_the_mistake():
    story = next(s for s in stories() if s.slug == "bus-cameras")

    assert "eleven of the thirty-four" in story.html(START)
    assert "eleven of the thirty-four" not in story.html(START, first=True)


def test_a_file_without_a_head_is_refused_by_name(tmp_path):
    path = tmp_path / "bare.md"
    path.write_text("Just words.")

    with pytest.raises(ValueError, match=r"bare\.md"):
        paper.read(path)


def test_a_head_that_is_no_toml_is_refused_by_name(tmp_path):
    path = tmp_path / "broken.md"
    path.write_text("+++\nheadline = \n+++\n\nWords.\n")

    with pytest.raises(ValueError, match=r"broken\.md"):
        paper.read(path)
