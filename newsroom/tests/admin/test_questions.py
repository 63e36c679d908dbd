"""Open questions at the desk, by forms as a browser sends them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from articles.models import OpenQuestion
from articles.tests.factories import make_article, make_user
from wire.tests.factories import make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(client):
    """Log somebody of a role in, and return them."""

    def enter(role="editor"):
        person = make_user(role, is_staff=True)
        client.force_login(person)
        return person

    return enter


def day(days) -> str:
    return (timezone.now() + timedelta(days=days)).date().isoformat()


def ask(client, article, **fields):
    data = {"text": "Who stopped it?", "due_date": day(9), "watch": "captain", **fields}
    address = reverse("admin:articles_article_ask_question", args=[article.pk])
    return client.post(address, data, follow=True)


def close(client, question, **fields):
    names = [question.article_id, question.pk]
    address = reverse("admin:articles_article_close_question", args=names)
    data = {"outcome": "answered", "answer": "The master.", **fields}
    return client.post(address, data, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_a_question_is_asked_seen_and_closed_beside_the_article(client, enter):
    person = enter("reporter")
    response = ask(client, make_article())
    question = OpenQuestion.objects.get()

    assert said(response) == ["Asked."]
    assert question.asked_by == person
    assert "Who stopped it?" in response.text
    assert "Close it …" in response.text

    response = close(client, question)
    assert said(response) == ["Closed: answered."]
    assert "The master." in response.text
    assert "Close it …" not in response.text


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"due_date": ""}, "Say a day by which we look again."),
        ({"due_date": day(-3)}, "Say a day to come by which we look again."),
        ({"text": " "}, "The question asks nothing."),
        (
            {"text": "A" * 301},
            "The question has 301 characters; 300 are allowed. Nothing was saved.",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(client, enter, fields, reason):
    enter()
    assert said(ask(client, make_article(), **fields)) == [reason]
    assert not OpenQuestion.objects.exists()


def test_a_question_without_its_answer_stays_open(client, enter):
    enter()
    ask(client, make_article())
    response = close(client, OpenQuestion.objects.get(), answer="")

    assert said(response) == ["Say what the answer is."]
    assert OpenQuestion.objects.open().exists()


def test_beside_a_live_article_a_reporter_is_shown_no_form_and_refused(client, enter):
    enter("reporter")
    article = make_article(status="live")
    response = ask(client, article)

    assert said(response) == ["Readers see this at once: an editor must do it."]
    assert "Ask one …" not in response.text
    enter("editor")
    assert "Ask one …" in ask(client, article).text


def test_a_question_of_another_article_is_not_closed_here(client, enter):
    enter()
    ask(client, make_article())
    question = OpenQuestion.objects.get()
    names = [make_article().pk, question.pk]
    address = reverse("admin:articles_article_close_question", args=names)

    assert client.post(address, {"outcome": "dropped"}).status_code == 404
    assert client.get(address).status_code == 405


def test_the_list_says_what_is_due_and_what_came_in_since(client, enter):
    enter()
    ask(client, make_article())
    question = OpenQuestion.objects.get()
    changelist = reverse("admin:articles_openquestion_changelist")
    change = reverse("admin:articles_openquestion_change", args=[question.pk])

    assert "Who stopped it?" in client.get(changelist).text
    assert "Who stopped it?" not in client.get(f"{changelist}?state=due").text
    assert "Nothing yet." in client.get(change).text

    make_item(headline="The captain <speaks>", now=timezone.now())
    OpenQuestion.objects.update(due_date=timezone.now().date())
    assert "Who stopped it?" in client.get(f"{changelist}?state=due").text
    page = client.get(change).text
    assert "The captain &lt;speaks&gt;" in page
    assert 'name="_save"' not in page
