"""Two edits of one text, put together where they do not touch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles import body
from articles.merging import merge
from articles.models import Article
from articles.tests.factories import NINE, make_article, make_user

BASE = body.clean("<p>The ferry left.</p><p>Nobody knew why.</p><p>It came back.</p>")


def text(markup=BASE, **fields):
    made = {"headline": "Ferry", "standfirst": "", "framing": "", "caption": ""}
    return {**made, "image": None, "bylines": [], "body": markup, **fields}


def edited(markup):
    return body.clean(markup, base=BASE)


def words(merged):
    return [block.text for block in body.split(merged.text["body"])]


def test_edits_of_different_paragraphs_and_fields_go_together():
    mine = text(edited(BASE.replace("left.", "left at six.")), headline="Ferry leaves")
    theirs = text(edited(BASE.replace("back.", "back at nine.")), standfirst="Why?")
    merged = merge(text(), mine, theirs)

    assert merged.conflicts == []
    assert merged.text["headline"] == "Ferry leaves"
    assert merged.text["standfirst"] == "Why?"
    assert words(merged) == [
        "The ferry left at six.",
        "Nobody knew why.",
        "It came back at nine.",
    ]


@pytest.mark.parametrize("swap", [False, True])
def test_a_paragraph_added_on_one_side_stays_beside_an_edit_on_the_other(swap):
    added = text(edited(BASE + "<p>All are safe and well tonight.</p>"))
    changed = text(edited(BASE.replace("left.", "left at six.")))
    mine, theirs = (changed, added) if swap else (added, changed)
    merged = merge(text(), mine, theirs)

    assert merged.conflicts == []
    assert words(merged)[0] == "The ferry left at six."
    assert words(merged)[-1] == "All are safe and well tonight."


@pytest.mark.parametrize("swap", [False, True])
def test_where_both_changed_one_paragraph_mine_stands_and_it_is_named(swap):
    first = body.ids(BASE)[0]
    cut = "<p>Nobody knew why.</p>" if swap else ""  # so that either side is the frame
    mine = text(edited(BASE.replace("left.", "left at six.")))
    theirs = text(
        edited(BASE.replace("left.", "left at ten.") + cut.replace("knew", "was told"))
    )
    merged = merge(text(), mine, theirs)

    assert merged.conflicts == [first]
    assert words(merged)[0] == "The ferry left at six."


def test_a_paragraph_changed_here_and_cut_there_is_named():
    mine = text(edited(BASE.replace("left.", "left at six.")))
    theirs = text(edited("<p>Nobody knew why.</p><p>It came back.</p>"))
    merged = merge(text(), mine, theirs)

    assert merged.conflicts == [body.ids(BASE)[0]]


def test_two_new_orders_are_not_merged():
    lines = [
        "<p>The ferry left.</p>",
        "<p>Nobody knew why.</p>",
        "<p>It came back.</p>",
    ]
    mine = text(edited("".join(reversed(lines))))
    theirs = text(edited("".join(lines[1:])))
    merged = merge(text(), mine, theirs)

    assert merged.conflicts == ["body"]
    assert merged.text["body"] == mine["body"]


@given(st.permutations(["The ferry left.", "Nobody knew.", "It came back.", "New."]))
def test_an_edit_beside_no_edit_is_that_edit(lines):
    other = text(edited("".join(f"<p>{line}</p>" for line in lines)), headline="Other")

    assert merge(text(), other, text()).text == other
    assert merge(text(), text(), other).text == other
    assert merge(text(), other, other).conflicts == []


@pytest.mark.django_db
def test_who_saves_second_is_offered_both_texts_in_one():
    article = make_article(headline="Ferry", body="<p>One thing.</p><p>Another.</p>")
    mine = Article.objects.get(pk=article.pk)
    article.save_text(
        by=make_user(), now=NINE, base_n=1, body="<p>One thing here.</p><p>Another.</p>"
    )
    with pytest.raises(Article.Stale) as stale:
        mine.save_text(
            by=make_user(),
            now=NINE,
            base_n=1,
            body="<p>One thing.</p><p>Another there.</p>",
        )
    merged = stale.value.merged()

    assert merged.conflicts == []
    assert body.words(merged.text["body"]) == "One thing here.\n\nAnother there."
