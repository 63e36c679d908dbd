"""From the wire to a draft: claimed, quoted, and its evidence attached by itself."""

from datetime import timedelta

import pytest

from articles import body, workflow
from articles.drafting import draft_from
from articles.models import Article
from articles.tests.factories import NINE, make_section, make_user
from wire.models import Item
from wire.tests.factories import make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def reporter():
    make_section(name="World", position=1)
    return make_user("reporter")


def test_a_draft_quotes_its_posts_and_cites_them(reporter):
    first = make_item(
        headline="Ferry stopped",
        text="The ferry was stopped.\n\nNobody said why.",
        author="Port Office",
        source_time=NINE - timedelta(minutes=5),
    )
    second = make_item(headline="Ferry sails again")
    article = draft_from([first, second], by=reporter, now=NINE)

    assert article.headline == "Ferry stopped"
    assert article.section.name == "World"
    assert article.status == "draft"
    blocks = body.split(article.body)
    assert [block.tag for block in blocks] == ["blockquote", "p"] * 2
    assert blocks[0].inner == "<p>The ferry was stopped.</p><p>Nobody said why.</p>"
    assert "Port Office" in blocks[1].text
    assert "2 March 2026, 08:55 UTC" in blocks[1].text
    assert first.url in blocks[1].inner
    links = article.evidence.order_by("pk")
    assert [(link.version.item, link.role, link.paragraph) for link in links] == [
        (first, "origin", blocks[0].id),
        (second, "supports", blocks[2].id),
    ]
    assert Item.objects.get(pk=first.pk).claimed_by == reporter


def test_a_post_somebody_else_has_starts_nothing(reporter):
    free, taken = make_item(), make_item()
    taken.claim(by=make_user("reporter"), now=NINE)
    with pytest.raises(Item.Taken):
        draft_from([free, taken], by=reporter, now=NINE)

    assert not Article.objects.exists()
    assert Item.objects.get(pk=free.pk).claimed_by is None


def test_a_post_with_a_bare_channel_for_a_link_is_quoted_and_not_cited(reporter):
    item = make_item(url="https://t.me/nikkeiasia", text="It is said that it sailed.")
    article = draft_from([item], by=reporter, now=NINE)

    assert "It is said that it sailed." in article.body
    assert not article.evidence.exists()
    assert "names a channel, not a post" in article.current_revision().note


def test_a_post_without_a_headline_lends_its_first_words(reporter):
    item = make_item(headline="", text="🇱🇧 NEW: " + "An advance near the town. " * 20)
    article = draft_from([item], by=reporter, now=NINE)

    assert article.headline.startswith("🇱🇧 NEW: An advance")
    assert article.headline.endswith("…")
    assert len(article.headline) <= 200


def test_markup_in_a_post_is_words_in_the_draft(reporter):
    item = make_item(text="<b>Ferry</b> <script>alert(1)</script> & more")
    article = draft_from([item], by=reporter, now=NINE)

    assert "&lt;script&gt;" in article.body
    assert "<script" not in article.body


@pytest.mark.parametrize("role", ["markets", "operator"])
def test_who_may_not_draft_from_the_wire_claims_nothing(role):
    make_section()
    item = make_item()
    with pytest.raises(workflow.Refused, match="not yours"):
        draft_from([item], by=make_user(role), now=NINE)

    assert Item.objects.get(pk=item.pk).claimed_by is None


def test_a_paper_without_sections_says_so():
    with pytest.raises(workflow.Refused, match="no section yet"):
        draft_from([make_item()], by=make_user("reporter"), now=NINE)
