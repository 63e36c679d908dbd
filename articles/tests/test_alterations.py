"""What is changed around a text: who may, and what is kept of who did."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from articles import image_metadata, metadata, transitions, workflow
from articles.admin import history
from articles.models import Article, Prominence
from articles.tests.factories import (
    HOUR,
    NINE,
    make_article,
    make_author,
    make_image,
    make_section,
    make_topic,
    make_user,
)

pytestmark = pytest.mark.django_db
LATER = NINE + timedelta(days=365 * 30)


def said(article):
    """What was altered, oldest first: field, from, to."""
    rows = article.alterations.order_by("pk")
    return [(row.field, row.before, row.after) for row in rows]


# Place


@pytest.mark.parametrize("status", ["in_edit", "ready", "live"])
def test_a_reporter_alone_does_not_lift_an_embargo_that_was_set(status):
    reporter = make_user("reporter")
    article = make_article(status=status, embargo_until=LATER, writer=reporter)
    with pytest.raises(workflow.Refused, match="The embargo of an article that is"):
        metadata.place(article, by=reporter, now=NINE, embargo_until=None)

    assert Article.objects.get(pk=article.pk).embargo_until == LATER


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "elsewhere"), ("kind", "opinion"), ("prominence", Prominence.LEAD)],
)
@pytest.mark.parametrize(
    ("status", "may_not", "may"),
    [("ready", "reporter", "editor"), ("live", "editor", "chief")],
)
def test_what_was_passed_is_moved_about_by_those_who_pass(
    status, may_not, may, field, value
):
    article = make_article(status=status)
    with pytest.raises(workflow.Refused, match="The place of an article that is"):
        metadata.place(article, by=make_user(may_not), now=NINE, **{field: value})
    metadata.place(article, by=make_user(may), now=NINE, **{field: value})

    assert getattr(Article.objects.get(pk=article.pk), field) == value


def test_a_reporter_places_her_own_draft():
    reporter = make_user("reporter")
    article = make_article(writer=reporter)
    metadata.place(
        article, by=reporter, now=NINE, slug="ferry", embargo_until=NINE + HOUR
    )
    assert article.slug == "ferry"


def test_every_change_of_place_is_kept_with_who_when_from_and_to():
    editor, world = make_user("editor"), make_section(name="World")
    rare, boats = make_topic(name="Rare earths"), make_topic(name="Boats")
    article = make_article(status="ready", slug="ferry", section=world, topics=[rare])
    before = article.alterations.count()
    metadata.place(
        article,
        by=editor,
        now=NINE + HOUR,
        section=make_section(name="Business"),
        slug="boat",
        kind="analysis",
        prominence=Prominence.LEAD,
        topics=[rare, boats],
        embargo_until=NINE + 3 * HOUR,
    )

    assert sorted(said(article)[before:]) == [
        ("embargo_until", "", "2 March 2026, 12:00 UTC"),
        ("kind", "News", "Analysis"),
        ("prominence", "Ordinary", "Lead"),
        ("section", "World", "Business"),
        ("slug", "ferry", "boat"),
        ("topics", "Rare earths", "Boats, Rare earths"),
    ]
    assert {(row.by, row.at) for row in article.alterations.all()[before:]} == {
        (editor, NINE + HOUR)
    }


def test_a_place_that_stays_the_same_is_no_change():
    topic = make_topic()
    article = make_article(slug="ferry", topics=[topic])
    before = said(article)
    metadata.place(article, by=make_user(), now=NINE, slug="ferry", topics=[topic])
    assert said(article) == before


def test_a_place_that_is_refused_leaves_no_trace():
    article = make_article(status="ready")
    with pytest.raises(workflow.Refused):
        metadata.place(article, by=make_user("reporter"), now=NINE, slug="elsewhere")
    assert said(article) == []


def test_the_time_of_a_schedule_is_kept_when_it_is_set_and_taken_off():
    article = make_article(status="live", at=NINE + HOUR)
    transitions.move(article, "unschedule", by=make_user(), now=NINE)

    assert said(article) == [
        ("publish_at", "", "2 March 2026, 10:00 UTC"),
        ("publish_at", "2 March 2026, 10:00 UTC", ""),
    ]


def test_the_history_at_the_desk_tells_an_embargo_that_came_and_went():
    article = make_article(status="ready")
    editor = make_user("editor", first_name="Edda")
    metadata.place(
        article, by=editor, now=NINE + HOUR, embargo_until=NINE + 5 * HOUR, slug="boat"
    )
    metadata.place(article, by=editor, now=NINE + 2 * HOUR, embargo_until=None)
    off, on, *_ = history.timeline(article)

    assert (off.what, off.who) == ("Place changed", "Edda")
    assert off.changes == [("Embargo", "2 March 2026, 14:00 UTC", "nothing")]
    assert ("Embargo", "nothing", "2 March 2026, 14:00 UTC") in on.changes
    assert len(on.changes) == 2


@pytest.mark.parametrize(
    "by_hand", ["UPDATE articles_alteration SET after = ''", "DELETE FROM articles_alteration"]
)  # fmt: skip
def test_what_was_altered_cannot_be_rewritten_by_hand(by_hand):
    make_article(slug="ferry")
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(by_hand)


# Pictures


@pytest.mark.parametrize(
    ("status", "may_not", "may"),
    [("ready", "reporter", "editor"), ("live", "editor", "chief")],
)
@pytest.mark.parametrize("field", ["alt", "caption", "credit", "rights", "focal_x"])
def test_the_words_of_a_picture_that_was_passed_are_changed_by_those_who_pass(
    status, may_not, may, field
):
    image = make_image()
    article = make_article(status=status, lead_image=image)
    new = 0.25 if field == "focal_x" else "Other words"
    with pytest.raises(workflow.Refused, match=f"“{article.headline}”"):
        image_metadata.update_image(
            image, by=make_user(may_not), now=NINE, **{field: new}
        )
    image.refresh_from_db()
    assert getattr(image, field) != new
    image_metadata.update_image(image, by=make_user(may), now=NINE, **{field: new})

    image.refresh_from_db()
    assert getattr(image, field) == new


def test_a_picture_in_a_public_text_is_changed_by_those_who_pass_and_told_there():
    image = make_image()
    markup = (
        f'<p>Seen.</p><figure><img src="/media/{image.public_id}/0123456789/'
        'whole-640.jpeg" alt="A quay"></figure>'
    )
    article = make_article(status="live", body=markup)
    with pytest.raises(workflow.Refused, match=f"“{article.headline}”"):
        image_metadata.update_image(
            image, by=make_user("reporter"), now=NINE, focal_x=0.25
        )
    image_metadata.update_image(image, by=make_user(), now=NINE, focal_x=0.25)

    assert article.alterations.get().field == "focal_x"


def test_a_reporter_describes_a_picture_no_reader_can_see():
    image = make_image()
    make_article(status="in_edit", lead_image=image)
    image_metadata.update_image(
        image, by=make_user("reporter"), now=NINE, caption="At dawn."
    )

    image.refresh_from_db()
    assert image.caption == "At dawn."


def test_the_words_of_an_author_s_portrait_are_an_editor_s():
    image = make_image()
    make_author(portrait=image)
    with pytest.raises(workflow.Refused, match="face of an author"):
        image_metadata.update_image(image, by=make_user("reporter"), now=NINE, alt="Me")
    image_metadata.update_image(image, by=make_user("editor"), now=NINE, alt="Me")


def test_other_words_of_a_picture_are_told_on_it_and_on_each_story_that_shows_it():
    chief, image = make_user(), make_image(caption="At dawn.")
    one = make_article(status="live", lead_image=image)
    two = make_article(status="in_edit", lead_image=image)
    other = make_article(status="live")
    image_metadata.update_image(image, by=chief, now=NINE + HOUR, caption="At noon.")

    assert said(one) == said(two) == [("caption", "At dawn.", "At noon.")]
    assert said(other) == []
    (own,) = image.alterations.filter(article=None)
    assert (own.before, own.after, own.by) == ("At dawn.", "At noon.", chief)
    entry = next(e for e in history.timeline(one) if e.changes)
    assert entry.what == "Picture changed"
    assert entry.changes == [("Caption", "At dawn.", "At noon.")]
