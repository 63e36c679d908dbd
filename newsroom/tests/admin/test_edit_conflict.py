"""Two edits of one text put together: block by block, and not where they meet."""

from articles import body
from articles.admin.edit_conflict import merged, merged_body

BASE = body.clean("<p>One.</p><p>Two.</p><p>Three.</p>")


def edit(old, new, *, of=BASE):
    return body.clean(of.replace(old, new), base=of)


def words(text):
    return [block.text for block in body.split(text)]


def test_edits_of_different_paragraphs_go_together():
    both = merged_body(
        BASE, edit("One.", "One, mine."), edit("Three.", "Three, theirs.")
    )
    assert words(both) == ["One, mine.", "Two.", "Three, theirs."]


def test_edits_of_one_paragraph_must_be_settled_by_hand():
    assert (
        merged_body(BASE, edit("Two.", "Two, mine."), edit("Two.", "Two, theirs."))
        is None
    )


def test_the_same_edit_by_both_is_one_edit():
    same = edit("Two.", "Two, both.")
    assert merged_body(BASE, same, same) == same


def test_a_paragraph_added_by_each_stays_where_each_put_it():
    mine = edit("One.</p>", "One.</p><p>Mine, after one.</p>")
    theirs = edit("Three.</p>", "Three.</p><p>Theirs, at the end.</p>")
    assert words(merged_body(BASE, mine, theirs)) == [
        "One.", "Mine, after one.", "Two.", "Three.", "Theirs, at the end.",
    ]  # fmt: skip


def test_what_i_put_first_comes_first():
    mine = body.clean("<p>Before all.</p>" + BASE, base=BASE)
    theirs = edit("Two.", "Two, theirs.")
    assert words(merged_body(BASE, mine, theirs))[0] == "Before all."


def test_a_paragraph_one_took_out_and_the_other_left_alone_goes():
    mine = body.clean("\n".join(BASE.splitlines()[:2]), base=BASE)
    assert words(merged_body(BASE, mine, edit("One.", "One, theirs."))) == [
        "One, theirs.", "Two.",
    ]  # fmt: skip


def test_a_paragraph_one_took_out_and_the_other_edited_must_be_settled():
    mine = body.clean("\n".join(BASE.splitlines()[:2]), base=BASE)
    assert merged_body(BASE, mine, edit("Three.", "Three, theirs.")) is None


def test_paragraphs_moved_about_must_be_settled_by_hand():
    mine = body.clean("\n".join(reversed(BASE.splitlines())), base=BASE)
    assert merged_body(BASE, mine, edit("Two.", "Two, theirs.")) is None


def test_a_headline_both_changed_must_be_settled_and_one_alone_is_taken():
    assert merged("headline", "Old", "Mine", "Theirs") is None
    assert merged("headline", "Old", "Old", "Theirs") == "Theirs"
    assert merged("headline", "Old", "Mine", "Old") == "Mine"
