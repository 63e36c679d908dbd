"""The desk in a real browser: no word is lost, the keyboard reaches all, axe is content."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from articles import evidence, revisions
from articles.models import Article, Issue
from articles.tests.factories import (
    make_article,
    make_author,
    make_image,
    make_section,
    make_topic,
    make_user,
    make_version,
)
from wire.connectors.base import Batch
from wire.models import Item
from wire.store import store
from wire.tests.factories import make_item, make_post, make_source

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = (1440, 1024, 768, 390)
RICH = (
    "<p>Six ships wait at anchorage E.</p><h2>What we know</h2>"
    "<ul><li>The lock is shut.</li><li>Nobody is hurt.</li></ul>"
    "<blockquote><p>We wait for the water like everybody.</p></blockquote>"
    "<table><tbody><tr><th>Ship</th><th>Tonnes</th></tr><tr><td>Boreal Prince</td>"
    "<td>4,100</td></tr></tbody></table><p>The port <strong>opens</strong> at nine.</p>"
)


def chief():
    return make_user("chief", is_staff=True, first_name="Vera", last_name="Sandholt")


def address(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def editor(page):
    return page.get_by_role("textbox", name="Body")


def a_paper(person):
    """Return the addresses of the desk's screens, with something on each."""
    section, author = make_section(name="World"), make_author(name="Ines Halvorsen")
    source = make_source(name="Harbour Watch", last_error="timed out", failures=3)
    item = make_item(source, external_id="a", text="Six ships wait.")
    article = make_article(
        section=section, body=RICH, evidence=item.current_version(), bylines=[(author, "")],
        topics=[make_topic()], standfirst="Why.", now=timezone.now(),
    )  # fmt: skip
    again = make_post("a", text="Nine ships wait.")
    store(
        source, Batch(format="rss", posts=(again,)), blob="1" * 64, now=timezone.now()
    )
    Item.objects.filter(pk=item.pk).update(public_at=None)
    revisions.save(
        article, by=person, now=timezone.now(), base_n=1, headline="Nine ships wait"
    )
    live = make_article(section=section, status="live", now=timezone.now())
    image = make_image()
    issue = Issue.objects.for_date(timezone.now().date())
    at = reverse
    return {
        "home": "/admin/",
        "articles": at("admin:articles_article_changelist"),
        "article": address(article),
        "live article": address(live),
        "new article": at("admin:articles_article_add"),
        "compare": at("admin:articles_article_compare", args=[article.pk]),
        "preview": at("admin:preview", args=[article.pk]),
        "wire": at("admin:wire_item_changelist"),
        "post": at("admin:wire_item_change", args=[item.pk]),
        "source": at("admin:wire_source_change", args=[source.pk]),
        "images": at("admin:articles_image_changelist"),
        "image": at("admin:articles_image_change", args=[image.pk]),
        "new image": at("admin:articles_image_add"),
        "issue": at("admin:articles_issue_change", args=[issue.pk]),
        "new issue": at("admin:articles_issue_add"),
        "password": at("admin:password_change"),
    }


def serious(page):
    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:160]}: {v['nodes'][0]['failureSummary']}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


def test_no_screen_breaks_a_rule_of_access_or_of_the_policy_at_any_width(enter):
    person = chief()
    screens = a_paper(person)
    page = enter(person)
    faults = []
    for name, path in screens.items():
        page.goto(path)
        if "article" in name and "new" not in name and name != "articles":
            expect(editor(page)).to_be_visible()
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            faults += [(name, theme, fault) for fault in serious(page)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate(
                "document.documentElement.scrollWidth"
                " - document.documentElement.clientWidth"
            )
            if over > 0:
                faults.append((name, width, f"{over} px too wide"))
        if name in ("home", "article", "wire"):
            faults += [(name, "narrow", fault) for fault in serious(page)]
        page.set_viewport_size({"width": 1440, "height": 1000})
        page.emulate_media(color_scheme="light")
        faults += [(name, "console", words) for words in page.complaints]
        page.complaints.clear()
    assert not faults, "\n".join(map(str, faults))


def test_what_was_typed_when_the_browser_died_is_offered_and_put_back(enter):
    ines = make_user("reporter", is_staff=True)
    article = make_article(body="<p>One.</p>", section=make_section())
    page = enter(ines, address(article))
    editor(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" And two.")
    expect(page.get_by_text("not saved yet")).to_be_visible(timeout=15_000)
    page.context.close()

    again = enter(ines, address(article))
    again.get_by_role("link", name="Put it back").click()
    expect(editor(again)).to_contain_text("One. And two.")
    again.keyboard.press("Control+s")
    expect(again.get_by_text("Saved as revision 2.")).to_be_visible()
    again.goto(address(article))
    expect(editor(again)).to_contain_text("One. And two.")
    expect(again.get_by_text("was not saved").locator("visible=true")).to_have_count(0)


def test_without_a_connection_the_words_stay_on_this_computer(enter):
    ines = make_user("reporter", is_staff=True)
    article = make_article(body="<p>One.</p>", section=make_section())
    page = enter(ines, address(article))
    page.context.set_offline(True)
    editor(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Typed at sea.")
    expect(page.get_by_text("kept on this computer")).to_be_visible(timeout=15_000)
    page.context.set_offline(False)
    page.on("dialog", lambda dialog: dialog.accept())  # "leave?" - yes
    page.goto(address(article))

    page.get_by_role("button", name="Put it back").click()
    expect(editor(page)).to_contain_text("Typed at sea.")


def test_evidence_keeps_to_its_paragraph_through_the_editor(enter):
    ines = make_user("reporter", is_staff=True)
    article = make_article(body=RICH, evidence=False, section=make_section())
    last = article.body.rsplit('id="', 1)[1][:8]
    evidence.attach(
        article, make_version(), by=ines, now=timezone.now(), paragraph=last
    )
    page = enter(ines, address(article))
    before = Article.objects.get(pk=article.pk).body

    editor(page).locator("p").first.click()
    page.keyboard.press("Home")
    page.keyboard.type("Today ")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()

    after = Article.objects.get(pk=article.pk).body
    assert "Today" in after
    assert before.splitlines()[-1] == after.splitlines()[-1]
    expect(page.get_by_role("region", name="Evidence")).to_contain_text(
        "The port opens"
    )
    assert "<table" in after
    assert "<th>Ship</th>" in after.replace("<th><p>", "<th>").replace(
        "</p></th>", "</th>"
    )


def test_a_body_nobody_touched_is_saved_as_it_was(enter):
    ines = make_user("reporter", is_staff=True)
    odd = "<p>As <cite>she</cite> said, <q>no</q>.</p>"
    article = make_article(body=odd, section=make_section())
    page = enter(ines, address(article))
    expect(editor(page)).to_contain_text("no")
    page.get_by_label("Headline", exact=True).fill("Another")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    assert "<cite>she</cite>" in Article.objects.get(pk=article.pk).body


def test_evidence_is_attached_to_where_the_cursor_stands_without_leaving(enter):
    ines = make_user("reporter", is_staff=True)
    article = make_article(
        body="<p>One.</p><p>Two.</p>", evidence=False, section=make_section()
    )
    make_version(headline="Pilots vote on a strike")
    page = enter(ines, address(article))
    editor(page).get_by_text("Two.").click()
    page.keyboard.type("Typed, ")
    panel = page.get_by_role("region", name="Evidence")
    panel.get_by_label("Words in the post").fill("pilots")
    panel.get_by_role("radio").check()
    panel.get_by_role("button", name="Attach").click()

    # Among the evidence, not only among the paragraphs to choose from
    expect(panel.locator(".evidence__line")).to_contain_text("¶ 2")
    expect(editor(page)).to_contain_text("Typed,")  # the page stayed
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    assert article.evidence.open().count() == 1


def test_two_who_save_one_text_see_both_and_lose_nothing(enter):
    article = make_article(body="<p>One.</p><p>Two.</p>", section=make_section())
    ines, edda = (make_user(role, is_staff=True) for role in ("reporter", "editor"))
    hers, mine = enter(ines, address(article)), enter(edda, address(article))
    for page, place, words in ((hers, "One.", " Seen."), (mine, "Two.", " Heard.")):
        editor(page).get_by_text(place).click()  # behind the words: the line is long
        expect(editor(page)).to_be_focused()
        page.keyboard.type(words)
        expect(editor(page)).to_contain_text(place + words)
    hers.keyboard.press("Control+s")
    expect(hers.get_by_text("Saved as revision 2.")).to_be_visible()

    mine.keyboard.press("Control+s")

    expect(mine.get_by_role("alert")).to_contain_text("You changed different places")
    expect(editor(mine)).to_contain_text("One. Seen.")
    expect(editor(mine)).to_contain_text("Two. Heard.")
    mine.keyboard.press("Control+s")
    expect(mine.get_by_text("Saved as revision 3.")).to_be_visible()


def test_the_desk_is_reached_from_the_keyboard(enter):
    person = chief()
    source = make_source()
    for n in range(3):
        make_item(source, headline=f"Post number {n}", now=timezone.now())
    article = make_article(headline="Pilots vote", section=make_section())
    page = enter(person, reverse("admin:wire_item_changelist"))

    page.keyboard.press("/")
    expect(page.locator("#searchbar")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#result_list tr.here")).to_contain_text("Post number 1")
    page.keyboard.press("c")
    expect(page.get_by_text("1 claimed.")).to_be_visible()
    assert Item.objects.get(headline="Post number 1").claimed_by == person

    page.keyboard.press("Control+k")
    page.keyboard.type("pilots")
    expect(page.get_by_role("option", name="Pilots vote")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address(article)}")


def test_a_click_on_a_picture_sets_what_its_crops_keep_in_view(enter, tmp_path):
    person = chief()
    image = make_image()
    image.renditions.create(
        width=960, height=640, format="jpeg", size=1, shape="whole", file="renditions/x"
    )
    page = enter(person, reverse("admin:articles_image_change", args=[image.pk]))
    picture = page.locator("focal-point img")
    picture.evaluate("img => { img.style.height = '200px'; img.style.width = '300px' }")
    picture.click(position={"x": 30, "y": 150})
    expect(page.get_by_label("From the left")).to_have_value("0.10")
    expect(page.get_by_label("From the top")).to_have_value("0.75")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    image.refresh_from_db()
    assert (image.focal_x, image.focal_y, image.state) == (0.1, 0.75, "new")


def test_without_scripts_a_text_is_written_saved_and_submitted(enter):
    ines = make_user("reporter", is_staff=True)
    article = make_article(body="<p>One.</p>", section=make_section())
    page = enter(ines, address(article), java_script_enabled=False)
    page.get_by_label("Body").fill("<p>One, by hand.</p>")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("the article is in edit now")).to_be_visible()
    article.refresh_from_db()
    assert "by hand" in article.body
