"""The writing surface: saving, meeting, moving, citing; by forms as a browser sends them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from articles import metadata, revisions, transitions
from articles.models import Article
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
from wire.store import store
from wire.tests.factories import make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    """Log somebody of a role in, and return them."""

    def enter(role="editor", **fields):
        person = make_user(role, is_staff=True, **fields)
        client.force_login(person)
        return person

    return enter


def address(article, tail="change"):
    return reverse(f"admin:articles_article_{tail}", args=[article.pk])


def form_of(response, **changes):
    """What the browser would send of the page it got, with `changes` typed into it."""
    desk = response.context["desk"]
    data = {}
    for form in (desk.text, desk.place, *desk.bylines, desk.bylines.management_form):
        for field in form:
            if field.field.disabled and field.name != "base_n":
                continue
            names = [(field.html_name, field.value())]
            if field.field.show_hidden_initial:
                names.append((field.html_initial_name, field.initial))
            for name, value in names:
                if value not in (None, ""):
                    widget = field.field.widget
                    data[name] = (
                        widget.format_value(value)
                        if not isinstance(value, list)
                        else value
                    )
    for name, value in data.items():
        if isinstance(value, list) and len(value) == 1:
            data[name] = value[0]
    return {**data, "touched": "yes", **changes}


def send(client, article, **changes):
    page = client.get(address(article))
    return client.post(address(article), form_of(page, **changes), follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_a_save_makes_a_revision_and_says_its_number(client, desk):
    person = desk()
    article = make_article(section=make_section())

    response = send(client, article, headline="Another headline", standfirst="Why.")

    article.refresh_from_db()
    assert (article.headline, article.standfirst) == ("Another headline", "Why.")
    assert article.revision_n == 2
    assert article.current_revision().by == person
    assert said(response) == ["Saved as revision 2."]


def test_a_page_nobody_touched_saves_nothing_and_takes_the_step(client, desk):
    desk("editor")
    article = make_article(status="in_edit", body="<p>As it <code>was</code>.</p>")

    page = client.get(address(article))
    mangled = form_of(page, body="<p>As it was.</p>", touched="no", step="approve")
    client.post(address(article), mangled)

    article.refresh_from_db()
    assert article.status == "ready"
    assert article.revision_n == 1
    assert "<code>" in article.body


def test_typing_and_submitting_is_one_click(client, desk):
    desk("reporter")
    article = make_article()

    send(client, article, body="<p>The ferry left at seven.</p>", step="submit")

    article.refresh_from_db()
    assert article.status == "in_edit"
    assert "seven" in article.body


def test_who_typed_into_a_text_cannot_approve_it_and_loses_no_word(client, desk):
    desk("editor")
    article = make_article(status="in_edit")

    response = send(client, article, headline="Mine now", step="approve")

    article.refresh_from_db()
    assert (article.status, article.headline) == ("in_edit", "Mine now")
    assert "second pair of eyes" in said(response)[-1]


def test_a_stale_save_answers_409_with_both_texts_and_changes_nothing(client, desk):
    desk("editor")
    other = make_user("reporter")
    article = make_article(body="<p>One.</p>")
    page = client.get(address(article))
    revisions.save(
        article, by=other, now=timezone.now(), base_n=1, body="<p>One, says she.</p>"
    )

    response = client.post(address(article), form_of(page, body="<p>One, says he.</p>"))

    assert response.status_code == 409
    shown = response.content.decode()
    assert "says she" in shown
    assert "says he" in shown
    assert response.context["desk"].text["base_n"].value() == "2"
    article.refresh_from_db()
    assert "she" in article.body
    # The page that came back can be saved: nobody is locked out of her own words.
    again = client.post(address(article), form_of(response), follow=True)
    article.refresh_from_db()
    assert said(again) == ["Saved as revision 3."]
    assert "says he" in article.body


def test_two_people_who_changed_different_places_find_both_in_the_form(client, desk):
    desk("editor")
    other = make_user("reporter")
    author = make_author()
    article = make_article(body="<p>One.</p><p>Two.</p>", headline="Old")
    page = client.get(address(article))
    theirs = article.body.replace("Two.", "Two, and a half.")
    image = make_image()
    revisions.save(article,
        by=other, now=timezone.now(), base_n=1, body=theirs, headline="New",
        lead_image=image, bylines=[(author, "")],
    )  # fmt: skip
    mine = page.context["article"].body.replace("One.", "One, or so.")

    response = client.post(address(article), form_of(page, body=mine))

    assert response.status_code == 409
    text = response.context["desk"].text
    assert "One, or so." in text["body"].value()
    assert "Two, and a half." in text["body"].value()
    assert text["headline"].value() == "New"
    client.post(address(article), form_of(response))
    article.refresh_from_db()
    assert article.headline == "New"
    assert article.lead_image == image
    assert [line.author for line in article.bylines.all()] == [author]


def test_a_text_that_was_approved_while_she_typed_is_kept_on_her_screen(client, desk):
    desk("reporter")
    chief = make_user("chief")
    article = make_article(status="in_edit")
    page = client.get(address(article))
    transitions.move(article, "approve", by=chief, now=timezone.now())

    response = client.post(address(article), form_of(page, headline="Typed in vain?"))

    assert response.status_code == 200
    assert "Typed in vain?" in response.content.decode()
    assert "approved as it is" in response.content.decode()
    article.refresh_from_db()
    assert article.headline != "Typed in vain?"


def test_a_save_that_names_no_revision_is_refused(client, desk):
    desk("editor")
    article = make_article()
    page = client.get(address(article))
    sent = form_of(page, headline="No base")
    del sent["base_n"]

    response = client.post(address(article), sent)

    assert "which revision" in response.content.decode()
    article.refresh_from_db()
    assert article.headline != "No base"


def test_what_is_too_long_is_refused_with_the_words_still_there(client, desk):
    desk("editor")
    article = make_article()

    response = send(client, article, standfirst="long " * 400)

    assert "1,000 are allowed" in response.content.decode()
    assert "long long" in response.content.decode()
    article.refresh_from_db()
    assert article.standfirst == ""


def test_the_place_is_changed_by_what_was_on_the_screen_alone(client, desk):
    person = desk("editor")
    first, second = make_section(), make_section()
    topic = make_topic()
    article = make_article(section=first)
    page = client.get(address(article))
    metadata.place(article, by=person, now=timezone.now(), section=second)  # meanwhile

    sent = form_of(page, kind="analysis", topics=[topic.pk])
    client.post(address(article), sent)

    article.refresh_from_db()
    assert article.kind == "analysis"
    assert article.section == second
    assert list(article.topics.all()) == [topic]


def test_bylines_are_saved_in_their_order(client, desk):
    desk("editor")
    ada, bo = make_author(name="Ada"), make_author(name="Bo")
    article = make_article(bylines=[(ada, "")])
    page = client.get(address(article))
    sent = form_of(page)
    sent |= {
        "bylines-0-author": ada.pk, "bylines-0-ORDER": 2, "bylines-0-role": "in Kastel",
        "bylines-1-author": bo.pk, "bylines-1-ORDER": 1,
    }  # fmt: skip

    client.post(address(article), sent)

    lines = article.bylines.order_by("position").values_list("author__name", "role")
    assert list(lines) == [("Bo", ""), ("Ada", "in Kastel")]


def test_one_author_twice_is_refused(client, desk):
    desk("editor")
    ada = make_author()
    article = make_article()
    page = client.get(address(article))
    sent = form_of(page)
    sent |= {"bylines-0-author": ada.pk, "bylines-1-author": ada.pk}

    response = client.post(address(article), sent)

    assert "stands here twice" in response.content.decode()


def test_a_story_is_scheduled_in_the_zone_of_who_schedules(client, desk):
    desk("chief", time_zone="Europe/Oslo")
    article = make_article(status="ready")
    day = (timezone.now() + timedelta(days=40)).date()
    page = client.get(address(article))

    response = client.post(
        address(article),
        form_of(page, touched="no", step="schedule", **{"schedule-at": f"{day}T07:00"}),
        follow=True,
    )

    article.refresh_from_db()
    assert article.status == "live"
    local = article.publish_at.astimezone(timezone.get_fixed_timezone(60))
    assert local.hour in (7, 6)  # CET, or CEST an hour before it
    assert "07:00" in said(response)[0]
    shown = response.content.decode()
    assert "Goes live" in shown
    assert "On the site" not in shown


def test_a_kill_without_a_reason_is_refused_with_a_sentence(client, desk):
    desk("chief")
    article = make_article(status="live")

    response = send(client, article, touched="no", step="kill")

    assert "Say why" in said(response)[0]
    article.refresh_from_db()
    assert article.status == "live"


def test_a_status_cannot_be_forged(client, desk):
    desk("chief")
    article = make_article()

    send(client, article, status="live", publish_at="2026-01-01", live_revision="1")
    send(client, article, touched="no", step="publish")

    article.refresh_from_db()
    assert article.status == "draft"
    assert article.live_revision is None


def test_only_steps_that_are_open_have_a_button(client, desk):
    desk("reporter")
    article = make_article()
    shown = client.get(address(article)).content.decode()
    assert 'value="submit"' in shown
    assert 'value="publish"' not in shown
    assert 'value="approve"' not in shown


def test_a_killed_article_is_shown_and_cannot_be_written(client, desk):
    desk("chief")
    article = make_article(status="killed")

    shown = client.get(address(article)).content.decode()

    assert "data-prose" not in shown
    assert "was killed" in shown
    assert 'name="step"' not in shown


def test_typing_is_kept_offered_again_and_gone_after_the_save(client, desk):
    desk("reporter")
    article = make_article()
    kept = client.post(
        address(article, "autosave"),
        {"base_n": "1", "headline": "Half a thou", "body": "<p>Half</p>"},
    )
    assert kept.json()["revision_n"] == 1

    page = client.get(address(article))
    assert "was not saved" in page.content.decode()
    recovered = client.get(f"{address(article)}?recover=1")
    assert recovered.context["desk"].text["headline"].value() == "Half a thou"

    client.post(address(article), form_of(recovered, headline="A whole thought"))
    assert not article.autosaves.exists()
    article.refresh_from_db()
    assert article.headline == "A whole thought"


def test_typing_that_started_from_an_older_text_ends_in_the_meeting(client, desk):
    desk("reporter")
    article = make_article(body="<p>One.</p>")
    client.post(
        address(article, "autosave"), {"base_n": "1", "body": "<p>One by me.</p>"}
    )
    revisions.save(
        article,
        by=make_user("editor"),
        now=timezone.now(),
        base_n=1,
        body="<p>One by her.</p>",
    )
    page = client.get(f"{address(article)}?recover=1")

    response = client.post(address(article), form_of(page))

    assert response.status_code == 409
    assert "One by her" in response.content.decode()


def test_an_autosave_that_is_refused_says_why(client, desk):
    desk("reporter")
    article = make_article(status="ready")
    refused = client.post(
        address(article, "autosave"), {"base_n": "1", "headline": "x"}
    )
    assert refused.status_code == 409
    assert "approved as it is" in refused.json()["reason"]


def test_somebody_else_typing_is_seen(client, desk):
    article = make_article()
    other = make_user("reporter", first_name="Ines", last_name="Halvorsen")
    revisions.autosave(article, by=other, now=timezone.now(), base_n=1, headline="x")
    desk("editor")
    assert "Ines Halvorsen is typing here too" in client.get(
        address(article)
    ).content.decode().replace("\n", " ")


def test_typing_is_thrown_away_on_demand_and_only_ones_own(client, desk):
    article = make_article()
    other = make_user("reporter")
    revisions.autosave(article, by=other, now=timezone.now(), base_n=1, headline="hers")
    me = desk("editor")
    revisions.autosave(article, by=me, now=timezone.now(), base_n=1, headline="mine")

    client.post(address(article, "forget"))

    assert [kept.by for kept in article.autosaves.all()] == [other]


def test_evidence_is_found_attached_to_a_paragraph_and_taken_off(client, desk):
    desk("reporter")
    article = make_article(evidence=False, body="<p>One.</p><p>Two.</p>")
    version = make_version(headline="Pilots vote on a strike")
    found = client.get(reverse("admin:articles_article_posts"), {"q": "pilots strike"})
    assert [row["version"] for row in found.json()["found"]] == [version.pk]
    paragraph = client.get(address(article)).context["evidence"]["paragraphs"][1][0]

    answer = client.post(
        address(article, "attach"),
        {"version": version.pk, "paragraph": paragraph, "role": "supports"},
        headers={"X-Part": "evidence"},
    )

    assert "¶ 2: Two." in answer.content.decode()
    link = article.evidence.open().get()
    assert link.paragraph == paragraph
    gone = reverse("admin:articles_article_detach", args=[article.pk, link.pk])
    client.post(gone)
    assert not article.evidence.open().exists()


def test_evidence_that_cannot_stand_is_refused_where_it_was_asked(client, desk):
    desk("reporter")
    article = make_article(evidence=False)
    version = make_version(url="https://t.me/nikkeiasia")
    answer = client.post(
        address(article, "attach"),
        {"version": version.pk, "role": "supports"},
        headers={"X-Part": "evidence"},
    )
    assert answer.status_code == 409
    assert "names a channel" in answer.content.decode()


def test_a_source_that_moved_is_marked_with_the_words_it_changed(client, desk):
    desk("reporter")
    version = make_version(external_id="a", headline="", text="Six ships wait.")
    article = make_article(evidence=version)
    again = make_post("a", headline="", text="Nine ships wait.")
    store(
        version.item.source, Batch(format="rss", posts=(again,)), blob="1" * 64,
        now=timezone.now(),
    )  # fmt: skip

    shown = client.get(address(article)).content.decode()
    listed = client.get(reverse("admin:articles_article_changelist")).content.decode()

    assert "The source has changed it since" in shown
    assert "<del>Six</del><ins>Nine</ins>" in shown
    assert "1 moved" in listed


def test_two_texts_are_compared_word_by_word_and_the_old_one_comes_back(client, desk):
    person = desk("editor")
    article = make_article(headline="Six ships wait")
    revisions.save(
        article, by=person, now=timezone.now(), base_n=1, headline="Nine ships wait"
    )
    page = client.get(address(article, "compare"))
    assert "<del>Six</del><ins>Nine</ins>" in page.content.decode()

    back = reverse("admin:articles_article_restore", args=[article.pk, 1])
    client.post(back, {"base_n": "2"})

    article.refresh_from_db()
    assert (article.headline, article.revision_n) == ("Six ships wait", 3)


def test_a_notice_is_printed_from_the_article(client, desk):
    desk("editor")
    article = make_article(status="live", now=timezone.now() - timedelta(hours=1))
    client.post(
        address(article, "notice"), {"kind": "correction", "text": "It was seven."}
    )
    assert article.notices.get().text == "It was seven."
    article.refresh_from_db()
    assert "It was seven." in article.page


def test_a_new_article_starts_with_its_headline_and_goes_on_to_be_written(client, desk):
    person = desk("reporter")
    section = make_section()
    response = client.post(
        reverse("admin:articles_article_add"),
        {"headline": "Pilots vote", "section": section.pk, "kind": "analysis"},
    )
    article = Article.objects.get()
    assert response["Location"] == address(article)
    assert (article.kind, article.created_by) == ("analysis", person)


def test_a_draft_is_started_from_several_posts_with_their_evidence(client, desk):
    desk("reporter")
    make_section()
    one, two = make_version(headline="First post"), make_version()
    response = client.post(
        reverse("admin:wire_item_changelist"),
        {
            "action": "draft",
            "index": 0,
            "_selected_action": [two.item_id, one.item_id],
        },
    )
    article = Article.objects.get()
    assert response["Location"] == address(article)
    assert article.headline == "First post"
    assert {link.version for link in article.evidence.open()} == {one, two}
    item = client.get(reverse("admin:wire_item_change", args=[one.item_id]))
    assert address(article) in item.content.decode()


def test_a_post_another_reporter_has_makes_no_draft(client, desk):
    version = make_version()
    make_section()
    version.item.claim(by=make_user("reporter"), now=timezone.now())
    desk("reporter")
    response = client.post(
        reverse("admin:wire_item_changelist"),
        {"action": "draft", "index": 0, "_selected_action": [version.item_id]},
        follow=True,
    )
    assert "already" in said(response)[0]
    assert not Article.objects.exists()


def test_the_preview_is_the_readers_page_of_the_working_text_kept_by_nobody(
    client, desk
):
    person = desk("reporter")
    image = make_image()
    article = make_article(status="live", lead_image=image, headline="Public")
    revisions.save(
        article, by=person, now=timezone.now(), base_n=1, headline="Not yet out"
    )

    page = client.get(reverse("admin:preview", args=[article.pk]))

    shown = page.content.decode()
    assert "Not yet out" in shown
    assert "Wire provenance" in shown
    assert "private, no-store" in page["Cache-Control"]
    assert "noindex" in page["X-Robots-Tag"]
    assert f"/admin/articles/image/shown/{image.public_id}/" in shown
    assert f'"/media/{image.public_id}' not in shown


def test_reading_the_desk_changes_nothing(client, desk, django_assert_max_num_queries):
    desk("chief")
    article = make_article(status="live")
    before = Article.objects.values().get(pk=article.pk)
    with django_assert_max_num_queries(40):
        client.get(address(article))
    client.get(address(article, "compare"))
    client.get(reverse("admin:preview", args=[article.pk]))
    client.get(reverse("admin:index"))
    assert Article.objects.values().get(pk=article.pk) == before
    for tail in ("autosave", "forget", "attach", "notice"):
        assert client.get(address(article, tail)).status_code == 405


def test_where_a_button_is_missing_the_page_says_why_and_who_can(client, desk):
    nora = make_user("chief", first_name="Nora", last_name="Berg")
    article = make_article(status="live", editor=nora)
    vera = desk("chief")
    revisions.save(
        article, by=vera, now=timezone.now(), base_n=1, body="<p>Better.</p>"
    )
    page = client.get(address(article))

    assert "update" not in {step.verb for step, _ in page.context["steps"]}
    assert "you wrote revision 2 of this text. Nora Berg can." in page.text


def test_an_embargoed_story_is_published_for_later_and_says_so(client, desk):
    desk("chief")
    later = timezone.now() + timedelta(hours=5)
    article = make_article(status="ready", embargo_until=later)
    response = send(client, article, touched="no", step="publish")

    (message,) = said(response)
    assert "is live now" not in message
    assert f"readers see it from {timezone.localtime(later):%-d %B at %H:%M}" in message
