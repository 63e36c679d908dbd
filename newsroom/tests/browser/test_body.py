"""What a body may hold goes through the editor and back; made from the one list."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from articles import body, body_elements, revisions
from articles.body_elements import BY_NAME, Kind
from articles.models import Article
from articles.tests.factories import make_article, make_section, make_user
from newsroom.tests.bodies import FIGURE, VALUES, cases

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def address(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def editor(page):
    return page.get_by_role("textbox", name="Body")


def opened(enter, markup):
    """An article with this body, in the editor; what the cleaner made of it; the page."""
    article = make_article(body=markup, evidence=False, section=make_section())
    page = enter(make_user("reporter", is_staff=True), address(article))
    expect(editor(page)).to_be_visible()
    page.complaints.clear()  # its pictures are not there
    return article, Article.objects.get(pk=article.pk).body, page


def saved(page, article, n=2):
    page.keyboard.press("Control+s")
    expect(page.get_by_text(f"Saved as revision {n}.")).to_be_visible()
    return Article.objects.get(pk=article.pk).body


def test_a_picture_and_its_caption_live_through_a_key_pressed_elsewhere(enter):
    article, before, page = opened(enter, f"{FIGURE}<p>It left.</p>")

    editor(page).get_by_text("It left.").click()
    page.keyboard.press("End")
    page.keyboard.type(" Late.")

    assert saved(page, article) == before.replace("It left.", "It left. Late.")


BOXED = ["A short row and a long", "loose in a list item"]  # kept whole, not edited
WITHIN = re.compile(r"(?<=>)([^<\s])")


def test_every_attribute_of_the_list_is_tried_with_a_value():
    named = {a for name in BY_NAME for a in body_elements.attributes(name)}
    assert set(VALUES) == named
    tried = "".join(cases())
    for name in BY_NAME:
        for attribute, value in body_elements.attributes(name).items():
            assert re.search(rf'<{name} [^>]*{attribute}="', tried), (name, attribute)
            assert value != VALUES[attribute]


def test_every_element_lives_through_a_key_pressed_elsewhere(enter):
    article, before, page = opened(enter, "".join(cases()) + "<p>Last words.</p>")
    for name in BY_NAME:
        assert f"<{name}" in before

    editor(page).get_by_text("Last words.").click()
    page.keyboard.press("End")
    page.keyboard.type(" Late.")

    assert saved(page, article) == before.replace("words.</p>", "words. Late.</p>")
    assert [said for said in page.complaints if "404" not in said] == []


# Put the cursor behind the first letter of a block; whether it may be typed in.
INTO_WORDS = """
async (field, at) => {
  const block = field.children[at]
  if (block.contentEditable === "false" || block.matches(".kept")) return false
  const text = document.createTreeWalker(block, NodeFilter.SHOW_TEXT).nextNode()
  if (!text) return false
  const heard = new Promise((done) => {
    document.addEventListener("selectionchange", () => setTimeout(done, 20), { once: true })
  })
  getSelection().collapse(text, 1)
  await heard // and the editor has, too
  return true
}
"""


def test_every_element_lives_through_a_key_pressed_inside_of_it(enter):
    article, before, page = opened(enter, "".join(cases()))
    count = editor(page).evaluate("field => field.children.length")
    boxed = []
    editor(page).get_by_text("Words 0").click()
    for at in range(count):
        if editor(page).evaluate(INTO_WORDS, at):
            page.keyboard.type("+")
        else:
            boxed.append(at)

    after = saved(page, article)

    blocks = [str(block) for block in body.split(before)]
    expected = [
        block if at in boxed else WITHIN.sub(r"\1+", block, count=1)
        for at, block in enumerate(blocks)
    ]
    assert after.splitlines() == expected
    words = [body.split(before)[at].text for at in boxed]
    assert [text for text in words if text] == BOXED  # the others have none


def test_a_caption_is_edited_and_enter_leaves_it(enter):
    article, before, page = opened(enter, f"{FIGURE}<p>It left.</p>")

    editor(page).get_by_text("The ferry at six").click()
    page.keyboard.press("End")
    page.keyboard.type(", Halyard")
    page.keyboard.press("Enter")
    page.keyboard.type("After it.")

    after = [str(block) for block in body.split(saved(page, article))]
    assert after[0] == before.splitlines()[0].replace("Lind", "Lind, Halyard")
    assert ">After it.</p>" in after[1]
    assert after[2] == before.splitlines()[1]


def test_a_caption_of_a_table_and_a_cell_are_edited_and_a_row_added(enter):
    table = (
        "<table><caption>Ships</caption><thead><tr><th scope='col'>Ship</th></tr></thead>"
        "<tbody><tr><td>Boreal</td></tr></tbody></table>"
    )
    article, _, page = opened(enter, table)
    for words, more in (("Ships", " in port"), ("Boreal", " Prince")):
        editor(page).get_by_text(words).click()
        page.keyboard.press("End")
        page.keyboard.type(more)
    page.get_by_title("Add row").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("Third")

    (block,) = body.split(saved(page, article))
    assert block.inner == (
        '<caption>Ships in port</caption><thead><tr><th scope="col">Ship</th></tr>'
        "</thead><tbody><tr><td>Boreal Prince</td></tr><tr><td><p>Third</p></td></tr>"
        "</tbody>"
    )


def test_a_figure_is_copied_pasted_undone_and_done_again(enter):
    article, before, page = opened(enter, f"{FIGURE}<p>It left.</p>")
    figure = editor(page).locator("figure")

    figure.locator("img").click(force=True)
    page.keyboard.press("Control+c")
    editor(page).get_by_text("It left.").click()
    expect(page.locator(".ProseMirror-selectednode")).to_have_count(0)
    page.keyboard.press("End")
    page.keyboard.press("Control+v")
    expect(figure).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(figure).to_have_count(1)
    page.keyboard.press("Control+Shift+z")
    expect(figure).to_have_count(2)

    first, left, second = body.split(saved(page, article))
    assert [str(first), str(left)] == before.splitlines()
    assert second.inner == first.inner
    assert second.id != first.id


def test_a_figure_is_taken_out_by_one_key_and_comes_back_by_undo(enter):
    article, before, page = opened(enter, f"{FIGURE}<p>It left.</p>")
    editor(page).locator("img").click(force=True)
    page.keyboard.press("Delete")
    expect(editor(page).locator("figure")).to_have_count(0)
    page.keyboard.press("Control+z")
    editor(page).get_by_text("It left.").click()
    expect(page.locator(".ProseMirror-selectednode")).to_have_count(0)
    page.keyboard.press("End")
    page.keyboard.type(" Late.")
    assert saved(page, article) == before.replace("It left.", "It left. Late.")


def test_an_element_new_to_the_list_is_known_to_the_editor_without_a_word(
    enter, monkeypatch
):
    new = [
        body_elements.Element(
            "aside", Kind.BLOCK, "blocks", {"cite": None}, "an aside"
        ),
        body_elements.Element("kbd", Kind.WORDS, "words", {}, "a key"),
    ]
    listed(monkeypatch, [*body_elements.ELEMENTS, *new])
    odd = '<aside id="p-aaaaaa" cite="/x/"><p>Aside, press <kbd>x</kbd>.</p></aside>'
    article, page = put_in(enter, odd + '\n<p id="p-bbbbbb">It left.</p>')

    expect(page.locator(".kept")).to_have_count(0)
    editor(page).get_by_text("Aside").click()
    page.keyboard.press("Home")
    page.keyboard.type("An ")

    assert sent(page) == odd.replace("Aside", "An Aside") + (
        '\n<p id="p-bbbbbb">It left.</p>'
    )


def test_an_element_the_list_does_not_have_is_kept_in_a_box_and_sent_as_it_was(
    enter, monkeypatch
):
    listed(monkeypatch, [e for e in body_elements.ELEMENTS if e.name != "figure"])
    page = put_in(enter, f"{FIGURE}\n<p>It left.</p>")[1]
    expect(page.locator(".kept")).to_contain_text("The ferry at six.")
    editor(page).get_by_text("It left.").click()
    page.keyboard.press("End")
    page.keyboard.type(" Late.")
    assert sent(page) == f"{FIGURE}\n<p>It left. Late.</p>"


def test_what_is_kept_in_a_box_is_edited_as_markup(enter):
    loose = "<ul>loose in a list<li>item</li></ul>"
    article, before, page = opened(enter, f"{loose}<p>It left.</p>")
    page.get_by_role("button", name="Edit its markup").click()
    page.get_by_label("Markup").fill("<ul><li>no longer loose</li></ul>")
    page.get_by_role("button", name="Update").click()

    after = saved(page, article)
    assert "<ul" in after
    assert "<li>no longer loose</li></ul>" in after
    expect(page.locator(".kept")).to_have_count(0)


def test_where_nothing_would_hold_no_editor_opens_and_the_page_says_why(
    enter, monkeypatch
):
    listed(monkeypatch, [])  # nothing at all is known, not even a paragraph
    page = put_in(enter, "<p>It left.</p>")[1]
    expect(page.get_by_text("the editor would lose")).to_be_visible()
    expect(editor(page)).to_have_value("<p>It left.</p>")


def listed(monkeypatch, rows):
    """Let the editor be told of this list."""
    monkeypatch.setattr(body_elements, "ELEMENTS", tuple(rows))
    monkeypatch.setattr(body_elements, "BY_NAME", {row.name: row for row in rows})


def put_in(enter, markup):
    """An article whose body was stored when the list was another."""
    article = make_article(evidence=False, section=make_section())
    Article.objects.filter(pk=article.pk).update(body=markup)
    page = enter(make_user("reporter", is_staff=True), address(article))
    expect(editor(page)).to_be_visible()
    return article, page


def sent(page):
    return page.locator("#id_body").input_value()


def test_what_was_typed_is_put_back_with_every_element(enter):
    article, before, page = opened(enter, "".join(cases()) + "<p>Last words.</p>")
    editor(page).get_by_text("Last words.").click()
    page.keyboard.press("End")
    page.keyboard.type(" Late.")
    expect(page.get_by_text("not saved yet")).to_be_visible(timeout=15_000)
    page.on("dialog", lambda dialog: dialog.accept())  # "leave?" - yes

    page.goto(address(article))
    page.get_by_role("link", name="Put it back").click()
    editor(page).get_by_text("Last words.").click()
    page.keyboard.press("End")
    page.keyboard.type(" Indeed.")

    words = "words. Late. Indeed.</p>"
    assert saved(page, article) == before.replace("words.</p>", words)


def test_two_who_saved_one_text_keep_every_element(enter):
    article, before, page = opened(enter, "".join(cases()) + "<p>Last words.</p>")
    editor(page).get_by_text("Last words.").click()
    page.keyboard.press("End")
    page.keyboard.type(" Mine.")
    theirs = before.replace("Words 0 in p", "Words 0 of theirs")
    revisions.save(
        Article.objects.get(pk=article.pk),
        by=make_user("editor"),
        now=timezone.now(),
        base_n=1,
        body=theirs,
    )

    page.keyboard.press("Control+s")
    expect(page.get_by_role("alert")).to_contain_text("You changed different places")
    editor(page).get_by_text("Last words.").click()
    page.keyboard.press("End")
    page.keyboard.type(" Still.")

    words = "words. Mine. Still.</p>"
    assert saved(page, article, n=3) == theirs.replace("words.</p>", words)


LOOKS = """
(text) => [...text.querySelectorAll("p, h2, h3, li, blockquote, a, td, th, figcaption")]
  .filter((node) => !node.closest("[data-bare]"))
  .map((node) => [node, getComputedStyle(node)])
  .map(([node, s]) => [node.localName, s.fontSize, s.fontFamily.slice(0, 12), s.color,
    s.listStyleType, s.borderInlineStartWidth, s.textDecorationLine].join(" "))
"""


def test_a_text_that_may_only_be_read_looks_as_it_was_written(enter):
    markup = (
        "<p>One <a href='/wire/'>link</a>.</p><h2>Head</h2><h3>Lower</h3>"
        "<ul><li><p>item</p></li></ul><ol><li><p>first</p></li></ol>"
        "<blockquote><p>Said.</p></blockquote>"
        "<table><tbody><tr><th>a</th><td>b</td></tr></tbody></table>"
    )
    written = editor(opened(enter, markup)[2]).evaluate(LOOKS)
    article = make_article(body=markup, status="ready", section=make_section())
    page = enter(make_user("reporter", is_staff=True), address(article))

    assert page.locator(".surface__body .prose").evaluate(LOOKS) == written
    assert len(written) == 12
