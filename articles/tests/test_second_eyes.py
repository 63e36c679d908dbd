"""A second pair of eyes: whose hands are in a text may not pass it."""

import pytest

from articles import evidence, revisions, transitions, workflow
from articles.admin import available_transitions
from articles.models import Article
from articles.tests.factories import (
    HOUR,
    NINE,
    make_article,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db
DOT = "<p>The ferry left at six.</p><p>Nobody was told why..</p>"


def save(article, by, body, **more):
    return revisions.save(
        article, by=by, now=NINE, base_n=article.revision_n, body=body, **more
    )


def refused(article, verb, by):
    with pytest.raises(workflow.Refused) as reason:
        transitions.move(article, verb, by=by, now=NINE, note="As agreed.")
    return str(reason.value)


def test_a_dot_by_a_colleague_does_not_make_it_her_text():
    edda, ines = make_user("editor"), make_user("reporter")
    article = make_article(writer=edda)
    save(article, ines, DOT)
    transitions.move(article, "submit", by=ines, now=NINE)

    assert refused(article, "approve", edda) == (
        "A second pair of eyes is needed: you wrote revision 1 of this text."
    )
    transitions.move(article, "approve", by=make_user("editor"), now=NINE)


def test_an_update_is_not_passed_by_who_wrote_it_before_somebody_else_saved():
    vera, ines = make_user("chief"), make_user("reporter")
    article = make_article(status="live")
    save(article, vera, "<p>All of it is new.</p>")
    save(article, ines, "<p>All of it is new!</p>")

    assert "you wrote revision 2 of this text" in refused(article, "update", vera)
    transitions.move(article, "update", by=make_user("chief"), now=NINE, note="New.")


@pytest.mark.parametrize("change", ["attach", "detach"])
def test_evidence_changed_in_between_gives_nobody_her_own_text_to_pass(change):
    vera, ines = make_user("chief"), make_user("reporter")
    article = make_article(status="live")
    link = evidence.attach(article, make_version(), by=vera, now=NINE)
    save(article, vera, "<p>All of it is new.</p>")
    if change == "attach":
        evidence.attach(article, make_version(), by=ines, now=NINE)
    else:
        evidence.detach(article, link, by=ines, now=NINE)

    assert "second pair of eyes" in refused(article, "update", vera)


def test_who_changed_the_evidence_of_a_public_text_does_not_pass_the_change():
    vera, ines = make_user("chief"), make_user("reporter")
    article = make_article(status="live")
    evidence.attach(article, make_version(), by=vera, now=NINE)
    save(article, ines, DOT)

    assert "you wrote revision 2" in refused(article, "update", vera)


def test_what_was_passed_is_behind_everybody():
    """Who wrote the text that readers have may pass what others made of it."""
    vera, ines = make_user("chief"), make_user("reporter")
    article = make_article(status="live", writer=vera)
    save(article, ines, DOT)
    transitions.move(article, "update", by=vera, now=NINE, note="A dot.")
    save(article, ines, "<p>More.</p>")
    transitions.move(article, "update", by=vera, now=NINE, note="More.")

    assert article.live_revision.n == 3


def test_an_approval_that_was_taken_back_passes_nothing():
    vera, edda, ines = make_user("chief"), make_user("editor"), make_user("reporter")
    article = make_article(status="ready", writer=vera, editor=edda)
    transitions.move(article, "send_back", by=edda, now=NINE, note="This is libel.")
    save(article, ines, DOT)
    transitions.move(article, "submit", by=ines, now=NINE)

    assert "you wrote revision 1" in refused(article, "approve", vera)
    transitions.move(article, "approve", by=edda, now=NINE)


def test_a_text_taken_off_its_schedule_was_not_passed():
    vera, ines = make_user("chief"), make_user("reporter")
    article = make_article(status="live", at=NINE + HOUR, writer=vera)
    transitions.move(article, "unschedule", by=make_user("chief"), now=NINE)
    transitions.move(
        article, "send_back", by=make_user("chief"), now=NINE, note="Not yet."
    )
    save(article, ines, DOT)
    transitions.move(article, "submit", by=ines, now=NINE)

    assert "you wrote revision 1" in refused(article, "approve", vera)


def test_a_restored_text_is_still_by_those_who_wrote_it():
    """It was never passed; that a colleague brings it back does not change who wrote it."""
    vera, ines = make_user("chief"), make_user("reporter")
    article = make_article(status="live")
    save(article, vera, "<p>The scandal.</p>")
    save(article, ines, DOT)
    transitions.move(article, "update", by=vera2(), now=NINE, note="A dot.")
    revisions.restore(article, 2, by=ines, now=NINE, base_n=3)

    assert "you wrote revision 2" in refused(article, "update", vera)
    transitions.move(
        article, "update", by=make_user("chief"), now=NINE, note="After all."
    )


def vera2():
    return make_user("chief")


def test_a_restored_text_that_was_public_is_by_who_restored_it_alone():
    vera, ines = make_user("chief"), make_user("reporter")
    article = make_article(status="live", writer=vera)
    save(article, ines, DOT)
    transitions.move(article, "update", by=vera, now=NINE, note="A dot.")
    revisions.restore(article, 1, by=ines, now=NINE, base_n=2)
    transitions.move(article, "update", by=vera, now=NINE, note="As it was.")

    assert article.live_revision.n == 3


def test_whoever_submitted_is_told_that_it_was_the_submission():
    chief = make_user("chief")
    article = make_article()
    transitions.move(article, "submit", by=chief, now=NINE)
    assert "you submitted this text yourself" in refused(article, "approve", chief)


def test_the_hands_are_found_in_one_query(django_assert_num_queries):
    article = make_article(status="live")
    for n in range(5):
        save(article, make_user("reporter"), f"<p>Take {n}.</p>")
    article = Article.objects.get(pk=article.pk)
    with django_assert_num_queries(1):
        assert len(article.contributor_ids()) == 5


def test_a_shut_step_says_why_and_who_can_take_it():
    vera = make_user("chief", first_name="Vera", last_name="Lind")
    nora = make_user("chief", first_name="Nora", last_name="Berg")
    edda = make_user("editor", first_name="Edda", last_name="Holm")
    article = make_article(status="live", editor=nora)
    save(article, vera, DOT)

    def said(to):
        return [
            f"{s.step.label}: {s.why} {s.who}"
            for s in available_transitions.shut_to(to, article, NINE)
        ]

    assert said(vera) == [
        "Update: A second pair of eyes is needed: you wrote revision 2 of this text. "
        "Nora Berg can."
    ]
    assert said(edda) == ["Update: This is not yours to do. Nora Berg can."]
    assert said(nora) == []


def test_where_nobody_can_take_a_step_the_page_says_what_is_missing():
    vera = make_user("chief")
    article = make_article(status="in_edit", writer=vera)
    save(article, vera, DOT)
    vera.__class__.objects.exclude(pk=vera.pk).update(is_active=False)
    (shut,) = available_transitions.shut_to(vera, article, NINE)

    assert shut.who == (
        "Nobody else here may: an administrator must give somebody the role of "
        "editor or editor in chief."
    )
