"""Saving text: every save a revision, nobody's words overwritten."""

import threading

import pytest
from django.db import connection

from articles import limits, revisions, transitions, workflow
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
def reporter():
    return make_user("reporter")


def test_an_article_starts_with_its_first_revision(reporter):
    article = revisions.start(
        section=make_section(),
        headline="  Ferry \n leaves ",
        by=reporter,
        now=NINE,
        body="<p>At six.</p>",
    )

    assert (article.status, article.revision_n, article.slug) == (
        "draft",
        1,
        "ferry-leaves",
    )
    revision = article.current_revision()
    assert revision.headline == article.headline == "Ferry leaves"
    assert revision.by == reporter


def test_a_save_keeps_what_it_does_not_name(reporter):
    article = make_article(standfirst="No reason was given.")
    revisions.save(article, by=reporter, now=NINE, base_n=1, headline="Ferry is back")
    article.refresh_from_db()

    assert article.headline == "Ferry is back"
    assert article.standfirst == "No reason was given."
    assert article.revision_n == 2
    assert article.current_revision().standfirst == "No reason was given."


def test_the_same_save_twice_is_one_revision(reporter):
    article = make_article()
    twice = [
        revisions.save(
            Article.objects.get(pk=article.pk),
            by=reporter,
            now=NINE,
            base_n=1,
            body="<p>Rewritten.</p>",
        )
        for _ in range(2)
    ]

    assert twice[0] == twice[1]
    assert article.revisions.count() == 2


def test_a_save_that_changes_nothing_is_no_revision(reporter):
    article = make_article()
    revisions.save(article, by=reporter, now=NINE + HOUR, base_n=1, body=article.body)

    assert article.revisions.count() == 1


def test_who_saves_second_gets_both_texts_and_nothing_is_overwritten(reporter):
    article = make_article(headline="Ferry leaves")
    mine = Article.objects.get(pk=article.pk)
    revisions.save(article, by=make_user(), now=NINE, base_n=1, headline="Ferry sails")
    with pytest.raises(revisions.EditConflict, match="after you opened it") as stale:
        revisions.save(mine, by=reporter, now=NINE, base_n=1, headline="Ferry departs")

    assert stale.value.mine["headline"] == "Ferry departs"
    assert stale.value.theirs.headline == "Ferry sails"
    assert stale.value.base.headline == "Ferry leaves"
    assert Article.objects.get(pk=article.pk).headline == "Ferry sails"


def test_a_save_that_does_not_say_what_it_started_from_is_refused(reporter):
    with pytest.raises(workflow.Refused, match="which revision"):
        revisions.save(
            make_article(), by=reporter, now=NINE, base_n=None, headline="Blind"
        )


@pytest.mark.parametrize("status", ["ready", "killed"])
def test_a_text_that_is_approved_or_killed_stays_as_it_is(status):
    article = make_article(status=status)
    with pytest.raises(workflow.Refused):
        revisions.save(article, by=make_user(), now=NINE, base_n=1, headline="Other")


def test_a_text_approved_while_somebody_types_stays_as_it_was_approved(reporter):
    article = make_article(status="in_edit")
    typing = Article.objects.get(pk=article.pk)
    transitions.move(article, "approve", by=make_user(), now=NINE)
    with pytest.raises(workflow.Refused, match="approved as it is"):
        revisions.save(typing, by=reporter, now=NINE, base_n=1, headline="Too late")


def test_who_may_not_write_saves_nothing():
    with pytest.raises(workflow.Refused, match="not yours"):
        revisions.save(
            make_article(), by=make_user("wire"), now=NINE, base_n=1, headline="Mine"
        )


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("headline", "x" * 201, "headline has 201"),
        ("standfirst", "x" * 1_001, "standfirst has 1,001"),
        ("framing", "x" * 5_001, "framing note has 5,001"),
        ("caption", "x" * 301, "caption has 301"),
        ("body", "<p>" + "x" * 500_000 + "</p>", "500,000 are allowed"),
    ],
)
def test_what_is_too_long_is_refused_and_never_cut(field, value, said, reporter):
    article = make_article()
    with pytest.raises(limits.TooMuch, match=said):
        revisions.save(article, by=reporter, now=NINE, base_n=1, **{field: value})

    assert article.revisions.count() == 1


def test_a_headline_of_nothing_is_refused(reporter):
    with pytest.raises(workflow.Refused, match="needs a headline"):
        revisions.save(make_article(), by=reporter, now=NINE, base_n=1, headline=" \n ")


def test_bylines_are_kept_as_printed_whatever_becomes_of_the_author(reporter):
    author = make_author(name="Ines Halvorsen")
    article = make_article(bylines=[(author, "in Geneva")])
    author.name = "Ines Berg"
    author.save(update_fields=["name"])

    assert article.revisions.get(n=1).bylines == [
        {"name": "Ines Halvorsen", "slug": "ines-halvorsen", "role": "in Geneva"}
    ]
    assert list(article.authors.all()) == [author]


def test_an_old_text_comes_back_as_a_new_revision(reporter):
    image = make_image()
    article = make_article(lead_image=image, headline="Ferry leaves")
    revisions.save(
        article, by=reporter, now=NINE, base_n=1, headline="Wrong", lead_image=None
    )
    restored = revisions.restore(article, 1, by=reporter, now=NINE, base_n=2)

    assert (restored.n, restored.kind, restored.headline) == (
        3,
        "restored",
        "Ferry leaves",
    )
    assert article.lead_image == image


def test_a_live_article_is_edited_without_readers_seeing_it(reporter):
    article = make_article(status="live", headline="Ferry leaves")
    revisions.save(
        article, by=reporter, now=NINE, base_n=1, headline="Ferry was stopped"
    )
    article.refresh_from_db()

    assert article.has_unpublished_changes()
    assert article.live_revision.headline == "Ferry leaves"
    assert "Ferry was stopped" not in article.page


def test_an_autosave_is_one_row_a_person_and_gone_with_the_save(reporter):
    article = make_article()
    for text in ("F", "Fe", "Fer"):
        revisions.autosave(article, by=reporter, now=NINE, base_n=1, headline=text)
    revisions.autosave(article, by=make_user(), now=NINE, base_n=1, headline="Mine")
    assert sorted(kept.text["headline"] for kept in article.autosaves.all()) == [
        "Fer",
        "Mine",
    ]
    assert article.revisions.count() == 1

    revisions.save(article, by=reporter, now=NINE, base_n=1, headline="Ferry")
    assert [kept.text["headline"] for kept in article.autosaves.all()] == ["Mine"]


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_people_who_save_all_the_time_no_accepted_word_is_lost():
    article = make_article()
    people = [make_user() for _ in range(16)]
    gate = threading.Barrier(16)
    accepted, refused = [], []

    def write(person):
        gate.wait()
        try:
            for turn in range(6):
                mine = Article.objects.get(pk=article.pk)
                words = f"{person} {turn}"
                try:
                    revisions.save(
                        mine,
                        by=person,
                        now=NINE,
                        base_n=mine.revision_n,
                        headline=words,
                    )
                except revisions.EditConflict as stale:
                    refused.append(stale.mine["headline"])
                else:
                    accepted.append(words)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    kept = list(article.revisions.filter(n__gt=1).order_by("n"))
    article.refresh_from_db()
    assert len({*accepted, *refused}) == 16 * 6
    assert sorted(revision.headline for revision in kept) == sorted(accepted)
    assert [revision.n for revision in kept] == list(range(2, len(accepted) + 2))
    assert article.headline == kept[-1].headline
    assert article.revision_n == len(accepted) + 1
