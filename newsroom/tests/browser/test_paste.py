"""What is pasted from other programs arrives as it was meant, and the policy is kept."""

import pytest
from playwright.sync_api import expect

from articles import body
from newsroom.tests.browser.test_body import editor, opened, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SPAN = "font-family:Arial;font-weight:{};font-style:{};vertical-align:baseline"
PLAIN, BOLD, ITALIC = (
    SPAN.format(*pair) for pair in (("400", "normal"), ("700", "normal"), ("400", "italic"))
)  # fmt: skip
DOCS = (
    '<meta charset="utf-8"><b style="font-weight:normal" id="docs-internal-guid-1a2b">'
    f'<h1 dir="ltr"><span style="{BOLD}">Pilots vote</span></h1>'
    f'<p dir="ltr" style="line-height:1.4"><span style="{BOLD}">Nine ships</span>'
    f'<span style="{PLAIN}"> wait, </span><span style="{ITALIC}">for now</span>'
    f'<span style="{PLAIN}">, as the </span><a href="https://www.google.com/url?q='
    'https://port.test/notice%3Fn%3D1&amp;sa=D"><span style="color:#1155cc">port</span></a>'
    f'<span style="{PLAIN}"> says.</span></p>'
    f'<ul><li dir="ltr"><p dir="ltr"><span style="{PLAIN}">First</span></p></li>'
    f'<ul><li dir="ltr"><p dir="ltr"><span style="{PLAIN}">Below it</span></p></li></ul>'
    "</ul></b>"
)
ITEM = (
    "<p class=MsoListParagraph style='text-indent:-18pt;mso-list:l0 level{} lfo1'>"
    "<![if !supportLists]><span style='mso-list:Ignore'>{}<span>&nbsp;&nbsp;</span></span>"
    "<![endif]>{}</p>"
)
WORD = (
    "<html xmlns:o='urn:schemas-microsoft-com:office:office'><head><style>p {margin:0}"
    "</style></head><body lang=EN-GB><!--StartFragment--><h1 style='margin:0'>Pilots vote"
    "<o:p></o:p></h1><p class=MsoNormal><b style='mso-bidi-font-weight:normal'>Nine ships"
    "</b> wait, <i>for now</i>.<del cite='mailto:E' datetime='2026-03-02'> Or ten.</del>"
    "<ins cite='mailto:E' datetime='2026-03-02'> Or eight.</ins><span class="
    "MsoCommentReference><a href='#_msocom_1'>[EV1]</a></span><a href='#_ftn1'>[1]</a></p>"
    + ITEM.format(1, "1.", "First")
    + ITEM.format(2, "o", "Below it")
    + ITEM.format(1, "2.", "Second")
    + "<h4>Below</h4><!--EndFragment--></body></html>"
)
PASTE = """
(field, html) => {
  const data = new DataTransfer()
  data.setData("text/html", html)
  data.setData("text/plain", "as words")
  const how = { clipboardData: data, bubbles: true, cancelable: true }
  field.dispatchEvent(new ClipboardEvent("paste", how))
}
"""


def pasted(enter, html):
    """What is saved of a body into which this was pasted; blocks as (name, inside)."""
    article, _, page = opened(enter, "<p>Before.</p>")
    editor(page).get_by_text("Before.").click()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    editor(page).evaluate(PASTE, html)
    expect(editor(page)).to_contain_text("Pilots vote")
    after = saved(page, article)
    assert page.complaints == []
    return [(block.tag, block.inner) for block in body.split(after)[1:]]


def test_bold_italic_links_and_lists_come_from_google_docs(enter):
    assert pasted(enter, DOCS) == [
        ("h2", "Pilots vote"),
        (
            "p",
            "<strong>Nine ships</strong> wait, <em>for now</em>, as the "
            '<a href="https://port.test/notice?n=1" rel="noopener noreferrer">port</a>'
            " says.",
        ),
        ("ul", "<li><p>First</p><ul><li><p>Below it</p></li></ul></li>"),
    ]


def test_headings_and_lists_come_from_word_and_what_was_struck_out_does_not(enter):
    assert pasted(enter, WORD) == [
        ("h2", "Pilots vote"),
        ("p", "<strong>Nine ships</strong> wait, <em>for now</em>. Or eight."),
        (
            "ol",
            "<li><p>First</p><ul><li><p>Below it</p></li></ul></li>"
            "<li><p>Second</p></li>",
        ),
        ("h3", "Below"),
    ]


def test_what_a_page_struck_out_stays_struck_out(enter):
    found = pasted(enter, "<p>Pilots vote <del>today</del> <u>soon</u>.</p>")
    assert found == [("p", "Pilots vote <s>today</s> soon.")]
