"""Open questions: asked with a date, watched on the wire, closed with what came of it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from articles import questions, transitions
from articles.models import Article, OpenQuestion
from articles.models import question as module
from articles.tests.factories import HOUR, NINE, make_article, make_user
from articles.workflow import Refused
from wire.tests.factories import make_item, make_source

pytestmark = pytest.mark.django_db
SOON = date(2026, 4, 1)


def ask(article=None, text="Who stopped the ferry?", **fields) -> OpenQuestion:
    return questions.ask(
        article or make_article(),
        text,
        **{"due_date": SOON, "by": make_user(), "now": NINE, **fields},
    )


def page_of(article) -> str:
    return Article.objects.values_list("page", flat=True).get(pk=article.pk)


class TestAsking:
    def test_keeps_the_text_in_one_line_with_who_asked_and_when(self):
        by = make_user("reporter")
        question = ask(text=" Who\nstopped it? ", by=by, watch=" ferry  captain ")

        assert question.text == "Who stopped it?"
        assert question.watch == "ferry captain"
        assert (question.asked_by, question.asked_at) == (by, NINE)
        assert question.is_open()

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"text": "  "}, "asks nothing"),
            ({"due_date": date(2026, 3, 1)}, "a day to come"),
            ({"due_date": date(2062, 3, 1)}, "a day to come"),
        ],
    )
    def test_refuses_what_cannot_come_due(self, fields, reason):
        with pytest.raises(Refused, match=reason):
            ask(**fields)

    def test_refuses_more_than_fits(self):
        with pytest.raises(ValueError, match="301 characters; 300 are allowed"):
            ask(text="A" * 301)

    def test_twice_is_one_question(self):
        article = make_article()
        assert ask(article) == ask(article)
        assert article.questions.count() == 1

    def test_beside_a_live_article_is_for_editors_alone(self):
        article = make_article(status="live")
        with pytest.raises(Refused, match="an editor must do it"):
            ask(article, by=make_user("reporter"))
        assert ask(make_article(), by=make_user("reporter")).is_open()
        assert ask(article, by=make_user("editor")).is_open()

    def test_of_a_killed_article_is_refused(self):
        with pytest.raises(Refused, match="killed"):
            ask(make_article(status="killed"))


class TestClosing:
    def test_keeps_how_and_by_whom(self):
        question, by = ask(), make_user("editor")
        questions.close(
            question, "answered", answer="The harbour master.", by=by, now=NINE + HOUR
        )
        kept = OpenQuestion.objects.get()

        assert not kept.is_open()
        assert (kept.outcome, kept.answer) == ("answered", "The harbour master.")
        assert (kept.closed_by, kept.closed_at) == (by, NINE + HOUR)

    @pytest.mark.parametrize(
        ("outcome", "reason"),
        [("answered", "what the answer is"), ("solved", "no outcome")],
    )
    def test_needs_an_outcome_and_an_answer_its_words(self, outcome, reason):
        question = ask()
        with pytest.raises(Refused, match=reason):
            questions.close(question, outcome, by=make_user(), now=NINE)
        assert OpenQuestion.objects.open().exists()

    def test_of_two_at_once_one_is_refused(self):
        question = ask()
        same = OpenQuestion.objects.get()
        questions.close(question, "dropped", by=make_user(), now=NINE)
        with pytest.raises(Refused, match="Somebody else has closed"):
            questions.close(same, "answered", answer="So.", by=make_user(), now=NINE)
        assert OpenQuestion.objects.get().outcome == "dropped"

    def test_is_not_for_everybody(self):
        question = ask()
        with pytest.raises(Refused, match="not yours"):
            questions.close(question, "dropped", by=make_user("markets"), now=NINE)

    def test_half_closed_is_refused_by_the_database(self):
        ask()
        with pytest.raises(IntegrityError), transaction.atomic():
            OpenQuestion.objects.update(closed_at=NINE)


def test_what_is_due_is_told_alike_by_query_and_in_hand():
    late = ask(due_date=SOON)
    ask(due_date=SOON + timedelta(days=1))
    done = ask(due_date=SOON)
    questions.close(done, "dropped", by=make_user(), now=NINE)

    assert list(OpenQuestion.objects.due(SOON)) == [late]
    for on in (SOON - timedelta(days=1), SOON, SOON + timedelta(days=1)):
        due = set(OpenQuestion.objects.due(on))
        assert due == {one for one in OpenQuestion.objects.all() if one.is_due(on)}


class TestTheWatch:
    def test_finds_what_came_since_it_was_asked_newest_first(self):
        make_item(headline="The ferry captain speaks", now=NINE - HOUR)
        question = ask(watch='ferry captain OR "harbour master" -football')
        first = make_item(text="A captain of two ferries answers.", now=NINE + HOUR)
        make_item(headline="The harbour is full. A master speaks.", now=NINE + HOUR)
        make_item(headline="Harbour master at football", now=NINE + HOUR)
        second = make_item(headline="Harbour master resigns", now=NINE + 2 * HOUR)

        assert question.matches() == [second, first]
        assert question.matches(limit=1) == [second]

    def test_looks_at_the_newest_posts_alone(self, monkeypatch):
        monkeypatch.setattr(module, "WATCHED", 2)
        question = ask(watch="captain")
        source = make_source()
        make_item(source, headline="The captain speaks", now=NINE + HOUR)
        for hours in (2, 3):
            make_item(source, headline="Nothing", now=NINE + hours * HOUR)

        assert question.matches() == []

    @pytest.mark.parametrize("watch", ["", "'; DROP TABLE wire_item; --", "(((&|!"])
    def test_of_no_words_finds_nothing(self, watch):
        question = ask(watch=watch)
        make_item(headline="The captain speaks", now=NINE + HOUR)
        assert question.matches() == []

    def test_costs_two_queries(self, django_assert_num_queries):
        question = ask(watch="captain")
        make_item(headline="The captain speaks", now=NINE + HOUR)
        with django_assert_num_queries(2):
            (item,) = question.matches()
            assert item.source.publisher.name


class TestReaders:
    def test_see_what_is_open_with_its_day_once_the_article_is_published(self):
        article = make_article()
        ask(article, text="Who <stopped> it?")
        for verb, by in (("submit", article.created_by), ("approve", make_user())):
            transitions.move(article, verb, by=by, now=NINE)
        transitions.move(article, "publish", by=make_user(), now=NINE)
        page = page_of(article)

        assert 'aria-label="What we do not know yet"' in page
        assert "<p>Who &lt;stopped&gt; it?</p>" in page
        assert '<time datetime="2026-04-01">1 April 2026</time>' in page

    def test_see_at_once_what_is_asked_and_answered_beside_a_live_one(self):
        article = make_article(status="live")
        assert "do not know" not in page_of(article)

        question = ask(article)
        assert "We look again by" in page_of(article)

        questions.close(
            question, "answered", answer="The master.", by=make_user(), now=NINE + HOUR
        )
        page = page_of(article)
        assert "<strong>Answered</strong> on" in page
        assert "<p>The master.</p>" in page
        assert "We look again by" not in page

    def test_do_not_see_what_was_dropped(self):
        article = make_article(status="live")
        questions.close(ask(article), "dropped", by=make_user(), now=NINE)
        assert "do not know" not in page_of(article)

    def test_find_the_questions_in_the_data(self, client):
        article = make_article(status="live")
        ask(article)
        address = f"{article.get_absolute_url()}provenance.json"
        (question,) = client.get(address).json()["questions"]

        assert question["text"] == "Who stopped the ferry?"
        assert question["due_date"] == "2026-04-01"
        assert question["outcome"] == ""
        assert question["closed_at"] is None


@pytest.mark.django_db(transaction=True)
def test_the_kept_page_is_dropped_when_a_question_is_asked():
    article = make_article(status="live")
    with connection.cursor() as cursor:
        cursor.execute("LISTEN edge")
    ask(article)
    connection.cursor().execute("SELECT 1")
    heard = [note.payload for note in connection.connection.notifies(timeout=0.2)]
    with connection.cursor() as cursor:
        cursor.execute("UNLISTEN edge")

    assert f"article:{article.public_id}" in heard
