"""What is changed around a text, at the desk: who finds it open, and where it is told."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from articles.models import Image
from articles.tests.factories import (
    make_article,
    make_author,
    make_image,
    make_section,
    make_user,
)

pytestmark = pytest.mark.django_db
WORDS = {"alt": "A ferry", "caption": "DEFAMATORY", "credit": "Ines", "rights": "",
         "focal_x": "0.5", "focal_y": "0.5"}  # fmt: skip


@pytest.fixture
def enter(client):
    """Log somebody of a role in, and return them."""

    def entered(role, **fields):
        person = make_user(role, is_staff=True, **fields)
        client.force_login(person)
        return person

    return entered


def desk_of(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def desk_of_picture(image):
    return reverse("admin:articles_image_change", args=[image.pk])


def test_a_reporter_changes_no_word_of_a_public_picture_and_loses_none(client, enter):
    enter("reporter")
    image = make_image()
    article = make_article(status="live", lead_image=image)
    shown = client.get(desk_of_picture(image))
    assert "is changed by somebody who may publish" in shown.text
    assert shown.context["form"].fields["caption"].disabled
    sent = client.post(desk_of_picture(image), WORDS)  # from a page opened before

    assert sent.status_code == 200
    assert "Nothing was saved." in sent.text
    assert "DEFAMATORY" in sent.text
    assert Image.objects.get(pk=image.pk).caption == ""
    assert "DEFAMATORY" not in client.get(article.get_absolute_url()).text
    assert "DEFAMATORY" not in client.get(f"/api/v1/articles/{article.public_id}/").text


def test_who_may_publish_changes_them_and_both_histories_tell_it(client, enter):
    enter("chief", first_name="Vera", last_name="Lind")
    image = make_image()
    article = make_article(status="live", lead_image=image)
    client.post(desk_of_picture(image), {**WORDS, "caption": "At noon."})

    assert "At noon." in client.get(article.get_absolute_url()).text
    for page in (desk_of(article), desk_of_picture(image)):
        told = client.get(page).text
        assert "<ins>At noon.</ins>" in told
        assert "Vera Lind" in told


def test_the_embargo_of_a_submitted_text_is_shut_to_a_reporter_who_may_place_it(
    client, enter
):
    reporter = enter("reporter")
    later = timezone.now() + timedelta(hours=5)
    article = make_article(status="in_edit", writer=reporter, embargo_until=later)
    page = client.get(desk_of(article))

    place = page.context["desk"].place
    assert place.fields["embargo_until"].disabled
    assert not place.fields["section"].disabled
    assert (
        "The embargo of an article that is in edit is changed by an editor."
        in page.text
    )


def test_a_reporter_s_page_opened_before_the_approval_lifts_no_embargo(client, enter):
    reporter = enter("reporter")
    later = (timezone.now() + timedelta(hours=5)).replace(second=0, microsecond=0)
    article = make_article(status="ready", writer=reporter, embargo_until=later)
    was = f"{later:%Y-%m-%dT%H:%M}"
    response = client.post(
        desk_of(article),
        {
            "section": article.section_id, "initial-section": article.section_id,
            "kind": "news", "initial-kind": "news", "prominence": 3,
            "initial-prominence": 3, "slug": "my-slug", "initial-slug": article.slug,
            "embargo_until": "", "initial-embargo_until": was,
        },
    )  # fmt: skip

    assert "is changed by an editor" in response.context["refusal"]
    assert "my-slug" in response.text
    article.refresh_from_db()
    assert article.embargo_until == later
    assert article.slug != "my-slug"


def test_a_reporter_asks_nothing_beside_a_text_that_was_approved(client, enter):
    reporter = enter("reporter")
    article = make_article(status="ready", writer=reporter)
    day = (timezone.now() + timedelta(days=3)).date()
    url = reverse("admin:articles_article_ask_question", args=[article.pk])
    response = client.post(url, {"text": "Who paid?", "due_date": day}, follow=True)

    assert "approved as it is" in response.text
    assert not article.questions.exists()


@pytest.mark.parametrize("part", ["section", "author"])
def test_another_name_of_a_part_of_the_paper_is_logged_from_and_to(client, enter, part):
    enter("chief")
    made = make_section() if part == "section" else make_author()
    before = made.name
    sent = {"name": "New name", "slug": made.slug, "position": 1, "role": "", "bio": "",
            "description": ""}  # fmt: skip
    client.post(reverse(f"admin:articles_{part}_change", args=[made.pk]), sent)

    made.refresh_from_db()
    assert made.name == "New name"
    message = LogEntry.objects.get().get_change_message()
    assert f"Name: “{before}” → “New name”" in message
