"""Every error under /api/ is a problem document with an id that the log knows."""

import json
import logging
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from articles import transitions
from articles.models import Article, Section
from articles.tests.factories import make_article, make_user
from newsroom.logs import LineFormatter
from wire.tests.factories import make_item, make_source

pytestmark = pytest.mark.django_db


def is_problem(response, status, code):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"].endswith(f"/api/docs/errors/#{code}")
    assert body["detail"]
    assert body["request_id"] == response["X-Request-ID"]
    return body


@pytest.fixture
def logged():
    """The lines of the log, as they are written."""
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    handler = Keep()
    handler.setFormatter(LineFormatter())
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nothing/",
        "/api/v2/",
        "/api/v1/articles",
        "/api/v1/articles/x/",
        "/api/x",
    ],
)
def test_an_address_that_is_none(client, path, logged):
    body = is_problem(client.get(path), 404, "not-found")
    assert any(body["request_id"] in line for line in logged)


@pytest.mark.parametrize(
    "path", ["", "schema/", "articles/", "quotes/SPY/", "sections/"]
)
@pytest.mark.parametrize(
    "method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
)
def test_every_method_but_get_and_head(path, method):
    client = Client(enforce_csrf_checks=True)
    response = client.generic(method, f"/api/v1/{path}?limit=1&nope=2")
    is_problem(response, 405, "method-not-allowed")
    assert response["Allow"] == "GET, HEAD"


def test_a_form_sent_to_the_guide_without_its_proof():
    client = Client(enforce_csrf_checks=True)
    is_problem(client.post("/api/docs/"), 403, "forbidden")


@pytest.mark.parametrize("path", ["", "schema/", "articles/"])
def test_a_form_of_answer_that_is_not_offered(client, path):
    response = client.get(f"/api/v1/{path}", headers={"accept": "text/csv"})
    is_problem(response, 406, "not-acceptable")


def test_a_precondition_that_does_not_hold(client):
    headers = {"if-match": '"another"'}
    response = client.get("/api/v1/sections/", headers=headers)
    is_problem(response, 412, "precondition-failed")


@pytest.mark.parametrize(
    "path", ["", "schema/", "articles/", "wire/", "sections/", "issues/", "quotes/"]
)
def test_a_parameter_unknown_repeated_or_empty(client, path):
    body = is_problem(client.get(f"/api/v1/{path}?nope=1"), 400, "bad-request")
    assert body["errors"][0]["field"] == "nope"


def test_one_thing_takes_no_parameter_at_all(client):
    item = make_item(make_source(last_success_at=timezone.now()))
    for query in ("limit=1", "fields=text", "nope=1"):
        response = client.get(f"/api/v1/wire/{item.public_id}/?{query}")
        is_problem(response, 400, "bad-request")


@pytest.mark.parametrize(
    "query",
    ["section=", "section=%20", "updated_after=", "q=", "kind=news&kind=opinion",
     "issue=25/11/2026", "issue=2026-1-1", "published_after=2026-06-25",
     "published_after=2026-06-25T20:19:00", "updated_after=2026-06-25T20:19:00+01:00",
     "fields=", "fields=headline", "fields=body_html,body_html", "section=a%00"],
)  # fmt: skip
def test_a_value_that_cannot_be_meant(client, query):
    response = client.get(f"/api/v1/articles/?{query}")
    body = is_problem(response, 400, "bad-request")
    assert body["errors"][0]["field"] == query.partition("=")[0]


def test_a_zone_s_plus_sign_that_was_not_escaped_is_explained(client):
    response = client.get("/api/v1/articles/?updated_after=2026-06-25T20:19:00+01:00")
    assert "%2B" in json.loads(response.content)["detail"]
    right = "/api/v1/articles/?updated_after=2026-06-25T20:19:00%2B01:00"
    assert client.get(right).status_code == 200


@pytest.mark.parametrize(
    "instant",
    ["2026-06-25T20:19:00-20:04", "0001-01-01T00:00:00%2B23:59",
     "9999-12-31T23:59:59-23:59", "2026-06-25t20:19:00.123456789z"],
)  # fmt: skip
def test_the_farthest_zones_and_years_are_instants_too(client, instant):
    for name in ("articles/?published_before", "wire/?seen_after"):
        assert client.get(f"/api/v1/{name}={instant}").status_code == 200


def test_an_article_that_was_withdrawn(client):
    article = make_article(status="live")
    transitions.move(article, "kill", by=make_user(), now=timezone.now(), note="Wrong.")
    body = is_problem(
        client.get(f"/api/v1/articles/{article.public_id}/"), 410, "withdrawn"
    )
    assert "Do not go on using your copy" in body["detail"]


def test_an_error_of_ours_is_named_in_the_log_as_to_the_client(monkeypatch, logged):
    def broken(self, now=None):
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(type(Article.objects.all()), "live", broken)
    client = Client(raise_request_exception=False)
    body = is_problem(client.get("/api/v1/articles/"), 500, "server-error")
    assert "a fault of ours" not in json.dumps(body)
    assert any("incident" in line and body["request_id"] in line for line in logged)


def test_a_database_that_is_away(monkeypatch, logged):
    def away(self):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(type(Section.objects.all()), "_fetch_all", away)
    response = Client().get("/api/v1/sections/")
    body = is_problem(response, 503, "unavailable")
    assert response["Retry-After"] == "5"
    assert any(body["request_id"] in line for line in logged)


def test_provenance_of_a_story_that_is_not_there_or_was_withdrawn(client):
    article = make_article(status="live")
    path = f"{article.get_absolute_url()}provenance.json"
    assert client.get(path).status_code == 200
    transitions.move(article, "kill", by=make_user(), now=timezone.now(), note="Wrong.")
    is_problem(client.get(path), 410, "withdrawn")
    is_problem(client.get("/world/1999/01/01/x/provenance.json"), 404, "not-found")


def test_a_day_with_unpublished_copy_alone_is_no_issue_yet(client):
    later = timezone.now() + timedelta(days=5)
    make_article(status="live", now=timezone.now(), at=later)
    shown = make_article(status="live", now=timezone.now())
    days = [
        row["date"] for row in json.loads(client.get("/api/v1/issues/").content)["data"]
    ]
    assert days == [f"{shown.issue.date}"]
