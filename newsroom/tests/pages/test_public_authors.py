"""Whose story it is, for readers: what the public text says, not what somebody is typing."""

import pytest

from articles import rerendering, revisions, transitions
from articles.models import Article
from articles.tests.factories import (
    HOUR,
    NINE,
    make_article,
    make_author,
    make_image,
    make_section,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ines():
    return make_author(name="Ines Halvorsen")


@pytest.fixture
def adaeze():
    return make_author(name="Adaeze Okonmar")


def carries(client, author, article):
    """Whether readers find the story as that author's; page and API say the same."""
    page = client.get(author.get_absolute_url()).text
    rows = client.get(f"/api/v1/articles/?author={author.slug}").json()["data"]
    data = {row["headline"] for row in rows}
    assert (article.headline in page) == (article.headline in data)
    return article.headline in data


def test_a_byline_that_is_not_public_yet_changes_no_page(client, ines, adaeze):
    article = make_article(status="live", bylines=[(ines, "")])
    reporter = make_user("reporter")
    revisions.save(article, by=reporter, now=NINE, base_n=1, bylines=[(adaeze, "")])

    assert carries(client, ines, article)
    assert not carries(client, adaeze, article)
    transitions.move(
        article, "update", by=make_user(), now=NINE + HOUR, note="Her story."
    )
    assert carries(client, adaeze, article)
    assert not carries(client, ines, article)


def test_a_restored_text_leaves_the_public_byline_until_the_update(
    client, ines, adaeze
):
    article = make_article(status="live", bylines=[(ines, "in Geneva"), (adaeze, "")])
    revisions.save(article, by=make_user(), now=NINE, base_n=1, bylines=[])

    assert carries(client, ines, article)
    assert carries(client, adaeze, article)


def test_a_scheduled_story_is_on_its_author_s_page_when_its_time_has_come(client, ines):
    article = make_article(status="live", bylines=[(ines, "")], at=NINE + HOUR)
    assert article.public_authors.get() == ines
    assert carries(client, ines, article)  # the clock is past it


def test_a_face_beside_an_opinion_is_that_of_the_public_byline(ines, adaeze):
    """The picture's words are said again on what shows it, and on nothing else."""
    ines.portrait = make_image()
    ines.save()
    article = make_article(
        status="live", bylines=[(ines, "")], section=make_section(is_opinion=True)
    )
    revisions.save(
        article, by=make_user("reporter"), now=NINE, base_n=1, bylines=[(adaeze, "")]
    )
    assert list(Article.objects.showing(ines.portrait)) == [article]
    rerendering.rerender_one(article)

    fresh = Article.objects.get(pk=article.pk)
    assert str(ines.portrait.public_id) in fresh.card_text


def test_an_author_readers_know_keeps_the_address(admin_client, ines, adaeze):
    article = make_article(status="live", bylines=[(ines, "")])
    revisions.save(article, by=make_user(), now=NINE, base_n=1, bylines=[(adaeze, "")])
    form = admin_client.get(f"/admin/articles/author/{ines.pk}/change/")

    assert 'name="slug"' not in form.text


def test_what_is_taken_off_its_schedule_is_nobody_s_public_story(ines):
    article = make_article(status="live", bylines=[(ines, "")], at=NINE + HOUR)
    transitions.move(article, "unschedule", by=make_user(), now=NINE)

    assert not article.public_authors.exists()
    transitions.move(article, "publish", by=make_user(), now=NINE)
    assert article.public_authors.get() == ines
