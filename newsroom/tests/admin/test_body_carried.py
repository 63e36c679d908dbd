"""Every element of a body is carried by every way a text goes, without the editor too."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import body, rendering, revisions
from articles.admin.edit_conflict import merged_body
from articles.body_elements import BY_NAME
from articles.models import Article
from articles.tests.factories import make_article, make_section, make_user
from newsroom.tests.bodies import cases

pytestmark = pytest.mark.django_db
WHOLE = body.clean("".join(cases()))


@pytest.fixture
def ines():
    return make_user("reporter", is_staff=True)


@pytest.fixture
def desk(ines):
    client = Client()
    client.force_login(ines)
    return client


def address(name, article, *more):
    return reverse(f"admin:articles_article_{name}", args=[article.pk, *more])


def test_the_samples_have_every_element():
    assert [name for name in BY_NAME if f"<{name}" not in WHOLE] == []


def test_the_form_without_scripts_saves_every_element(desk):
    article = make_article(section=make_section())
    answer = desk.post(
        address("change", article),
        {"base_n": "1", "headline": article.headline, "body": WHOLE, "save": "1"},
    )
    assert answer.status_code == 302
    assert Article.objects.get(pk=article.pk).body == WHOLE
    shown = desk.get(address("change", article)).context["desk"].text["body"].value()
    assert shown == WHOLE


def test_what_is_kept_while_it_is_typed_has_every_element(desk):
    article = make_article(section=make_section())
    desk.post(address("autosave", article), {"base_n": "1", "body": WHOLE})
    found = desk.get(address("change", article), {"recover": "1"})
    assert found.context["desk"].text["body"].value() == WHOLE


def test_two_edits_of_other_places_are_put_together_with_every_element():
    blocks = WHOLE.splitlines()
    mine = "\n".join([blocks[0].replace("Words", "My words"), *blocks[1:]])
    theirs = "\n".join([*blocks[:-1], '<p id="p-aaaaaa">Theirs.</p>', blocks[-1]])
    both = merged_body(WHOLE, mine, theirs)
    assert both == "\n".join(
        [mine.splitlines()[0], *theirs.splitlines()[1:]]
    )  # fmt: skip
    assert body.clean(both, base=theirs) == both


def test_an_old_text_comes_back_with_every_element(desk, ines):
    article = make_article(body=WHOLE, section=make_section())
    revisions.save(article, by=ines, now=timezone.now(), base_n=1, body="<p>Gone.</p>")
    desk.post(address("restore", article, 1), {"base_n": "2"})
    assert Article.objects.get(pk=article.pk).body == WHOLE


def test_preview_page_and_data_show_every_element(desk):
    article = make_article(body=WHOLE, status="live", section=make_section())
    preview = desk.get(reverse("admin:preview", args=[article.pk])).content.decode()
    document = rendering.render(article, article.live_revision, [])["document_html"]
    for name in BY_NAME:
        assert f"<{name}" in preview, name
        assert f"<{name}" in article.page, name
        assert f"<{name}" in document, name
