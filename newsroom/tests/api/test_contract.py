"""The API is what its schema says: every operation, with real ids, field by field."""

import gzip
import importlib
import json
import os
import subprocess
import sys
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import brotli
import orjson
import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from articles import api, notices, revisions, transitions
from articles.models import Article
from articles.tests.factories import make_article, make_user
from newsroom.site.api.root import described
from newsroom.tests.api.paper import make_paper

BIN = Path(sys.executable).parent
CHECKS_SECONDS = 240  # the most that schemathesis may take


@pytest.fixture
def paper(db):
    return make_paper()


@pytest.fixture(scope="session")
def schema():
    return json.loads(described("v1"))


def validate(schema, part, value):
    """Hold a value to a part of the description, whose references lead into it."""
    whole = {**part, "components": schema["components"]}
    OAS31Validator(whole, format_checker=oas31_format_checker).validate(value)


def hold(schema, template, response):
    """Hold an answer to what its operation says of its status, headers and body."""
    operation = schema["paths"][template]["get"]
    said = operation["responses"].get(str(response.status_code))
    assert said, f"{template} says nothing of {response.status_code}"
    for name, header in said.get("headers", {}).items():
        assert not header.get("required") or name in response.headers, name
    if not said.get("content"):
        assert response.content == b""
        return None
    kind = response.headers["Content-Type"].partition(";")[0]
    body = json.loads(response.content)
    validate(schema, said["content"][kind]["schema"], body)
    return body


def ids_of(paper):
    """Every address that has a thing of the paper, by the path that describes it."""
    root = "/api/v1"
    return {
        f"{root}/articles/{{public_id}}/": [str(a.public_id) for a in paper.live],
        f"{root}/wire/{{public_id}}/": [str(i.public_id) for i in paper.posts],
        f"{root}/instruments/{{symbol}}/": ["SPY", "EURUSD"],
        f"{root}/quotes/{{symbol}}/": ["SPY", "EURUSD"],
    }


def test_every_operation_answers_as_it_says(client, paper, schema):
    ids = ids_of(paper)
    walked = set()
    for template in schema["paths"]:
        name = template.partition("{")[2].partition("}")[0]
        for found in ids[template] if name else [""]:
            url = template.replace(f"{{{name}}}", found)
            response = client.get(url)
            assert response.status_code == 200, url
            body = hold(schema, template, response)
            assert set(body) == (
                {"data", "links", "meta"} if "links" in body else {"data"}
            )
            held = client.get(url, headers={"if-none-match": response["ETag"]})
            assert held.status_code == 304, url
            hold(schema, template, held)
            assert held["ETag"] == response["ETag"]
            walked.add(template)
        url = template.replace(f"{{{name}}}", ids[template][0]) if name else template
        for status, asked, headers in (
            (400, "?nope=1", {}),
            (406, "", {"accept": "text/csv"}),
            (412, "", {"if-match": '"another"'}),
        ):
            response = client.get(url + asked, headers=headers)
            assert response.status_code == status, url
            hold(schema, template, response)
        response = client.post(url)
        assert response.status_code == 405
        hold(schema, template, response)
        for status in ("500", "503"):
            assert status in schema["paths"][template]["get"]["responses"]
    assert walked == set(schema["paths"])


def test_what_is_not_there_and_what_was_withdrawn_answer_as_they_say(
    client, paper, schema
):
    articles, wire = "/api/v1/articles/{public_id}/", "/api/v1/wire/{public_id}/"
    for template, name, status in (
        (articles, paper.killed.public_id, 410),
        (articles, paper.draft.public_id, 404),
        (articles, uuid4(), 404),
        (wire, paper.held.public_id, 404),
        (wire, uuid4(), 404),
        ("/api/v1/quotes/{symbol}/", "NONE", 404),
        ("/api/v1/instruments/{symbol}/", "NONE", 404),
    ):
        url = template.partition("{")[0] + f"{name}/"
        response = client.get(url)
        assert response.status_code == status, url
        hold(schema, template, response)


def test_every_list_is_as_it_says_with_each_of_its_parameters(client, paper, schema):
    values = {
        "section": "world", "topic": "topic-1", "author": "ines-halvorsen",
        "kind": "news", "issue": "2026-03-02", "q": "ferry", "source": "harbour-news",
        "published_after": "2020-01-01T00:00:00Z", "seen_after": "2020-01-01T00:00:00Z",
        "published_before": "2020-01-01T00:00:00Z", "language": "en-gb", "limit": "1",
        "seen_before": "2020-01-01T00:00:00Z", "standing": "unverified",
        "updated_after": "2020-01-01T00:00:00Z", "fields": "body_text",
    }  # fmt: skip
    for template, methods in schema["paths"].items():
        for parameter in methods["get"].get("parameters", []):
            if parameter["in"] != "query" or parameter["name"] == "cursor":
                continue
            if parameter["name"] not in (
                "fields",
                "limit",
            ):  # arrays and numbers are text
                validate(schema, parameter["schema"], values[parameter["name"]])
            asked = {parameter["name"]: values[parameter["name"]]}
            response = client.get(template, asked)
            assert response.status_code == 200, (template, asked)
            hold(schema, template, response)


def test_the_filters_find_what_they_name(client, paper):
    def found(query):
        rows = json.loads(client.get(f"/api/v1/articles/?{query}").content)["data"]
        return {row["id"] for row in rows}

    every = {str(article.public_id) for article in paper.live}
    world = {str(article.public_id) for article in paper.live[:5]}
    news = {str(paper.live[0].public_id), str(paper.live[5].public_id)}
    topic = paper.live[1].topics.get()
    day = paper.live[0].published_on
    assert found("") == every
    assert found("section=world") == found("author=ines-halvorsen") == world
    assert found("kind=news") == news
    assert found(f"topic={topic.slug}") == {str(paper.live[1].public_id)}
    assert found(f"issue={day}") == world
    assert found("q=ferry") == every
    assert found("published_before=2020-01-01T00:00:00Z") == set()


@pytest.mark.django_db
def test_updated_after_and_published_after_mean_the_times_that_the_rows_show(client):
    chief, later = make_user(), timezone.now() + timedelta(seconds=30)
    article = make_article(status="live", now=timezone.now(), at=later)
    revisions.save(
        article, by=chief, now=timezone.now(), base_n=1, headline="New words"
    )
    transitions.move(
        article, "update", by=make_user(), now=timezone.now(), note="Better."
    )
    article.refresh_from_db()
    assert article.updated_at == article.first_published_at == later
    Article.objects.filter(pk=article.pk).update(publish_at=timezone.now())
    Article.objects.filter(pk=article.pk).update(
        updated_at=article.first_published_at - timedelta(seconds=20)
    )
    (row,) = json.loads(client.get("/api/v1/articles/").content)["data"]
    assert row["updated_at"] == row["published_at"]

    before = (later - timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    after = (later + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for name in ("updated_after", "published_after"):
        for instant, rows in ((before, 1), (after, 0)):
            found = client.get("/api/v1/articles/", {name: instant})
            assert len(json.loads(found.content)["data"]) == rows, (name, instant)


def test_every_stored_document_is_what_schema_and_serializer_say(paper, schema):
    columns = ("document", *api.BODIES.values())
    rows = Article.objects.exclude(document="").values(*columns)
    assert len(rows) == len(paper.live)
    for row in rows:
        told = orjson.loads(
            orjson.dumps(api.ArticleSerializer().to_representation(row))
        )
        validate(schema, {"$ref": "#/components/schemas/Article"}, told)
        serializer = api.ArticleSerializer(data=told)
        assert serializer.is_valid(), serializer.errors
        assert list(told) == list(serializer.fields)


def test_rows_have_no_bodies_unless_they_are_asked_for(client, paper):
    def names(query):
        (row, *_) = json.loads(client.get(f"/api/v1/articles/{query}").content)["data"]
        return {"body_html", "body_text"} & set(row)

    assert names("") == set()
    assert names("?fields=body_text") == {"body_text"}
    assert names("?fields=body_text,body_html") == {"body_html", "body_text"}
    assert names("?fields=body_html&limit=1") == {"body_html"}


def test_a_picture_comes_with_rights_crop_and_an_address_for_each_size(client, paper):
    path = f"/api/v1/articles/{paper.live[1].public_id}/"
    shown = json.loads(client.get(path).content)["data"]["picture"]
    image = paper.live[1].live_revision.image
    assert shown["id"] == str(image.public_id)
    assert (shown["credit"], shown["rights"]) == ("Staff photograph", "No archive")
    assert shown["focal_point"] == {"x": 0.25, "y": 0.5}
    assert {row["shape"] for row in shown["renditions"]} == {"whole", "3x2", "1x1"}
    for row in shown["renditions"]:
        for name in ("avif", "webp", "jpeg"):
            assert row[name].startswith("http")
            assert row[name].endswith(f"{row['shape']}-{row['width']}.{name}")


def test_every_address_in_an_answer_is_whole(client, paper):
    for path in ("", "articles/?fields=body_html", "sections/", "issues/", "wire/"):
        text = client.get(f"/api/v1/{path}").content.decode()
        assert '"url":"/' not in text, path
        assert 'src=\\"/' not in text, path


class TestAskingAgain:
    @pytest.mark.django_db
    def test_an_article_says_when_it_last_changed_once_that_second_is_over(
        self, client
    ):
        article = make_article(status="live")
        path = f"/api/v1/articles/{article.public_id}/"
        assert "Last-Modified" not in client.get(path)
        with time_machine.travel(timezone.now() + timedelta(seconds=3)):
            first = client.get(path)
            at = parsedate_to_datetime(first["Last-Modified"])
            assert abs(at - timezone.now()) < timedelta(minutes=1)
            since = {"if-modified-since": first["Last-Modified"]}
            assert client.get(path, headers=since).status_code == 304
        notices.add(
            article, "correction", "At seven.", by=make_user(), now=timezone.now()
        )
        Article.objects.filter(pk=article.pk).update(
            prominence=4
        )  # no part of the JSON
        with time_machine.travel(timezone.now() + timedelta(seconds=9)):
            again = client.get(path)
            assert again["ETag"] != first["ETag"]

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", ["articles/", "articles/?section=nope"])
    def test_a_list_that_time_alone_or_a_kill_changes_is_another(self, client, path):
        chief, now = make_user(), timezone.now()
        shown = make_article(status="live", now=now)
        path = f"/api/v1/{path.replace('nope', shown.section.slug)}"
        first = client.get(path)
        coming = make_article(
            status="live", section=shown.section, now=now, at=now + timedelta(days=1)
        )
        held = {"if-none-match": first["ETag"]}
        assert client.get(path, headers=held).status_code == 304
        Article.objects.filter(pk=coming.pk).update(
            publish_at=now
        )  # as if a day passed
        second = client.get(path, headers=held)
        assert second.status_code == 200
        shown.refresh_from_db()
        transitions.move(shown, "kill", by=chief, now=timezone.now(), note="Wrong.")
        held = {"if-none-match": second["ETag"]}
        assert client.get(path, headers=held).status_code == 200

    def test_nothing_is_rendered_for_who_has_it_already(
        self, client, paper, monkeypatch
    ):
        path = f"/api/v1/articles/{paper.live[0].public_id}/"
        lists = [client.get("/api/v1/articles/"), client.get(path)]

        def rendered(self, row):
            raise AssertionError("rendered")

        monkeypatch.setattr(api.ArticleRowSerializer, "to_representation", rendered)
        for response in lists:
            held = {"if-none-match": response["ETag"]}
            url = response.request["PATH_INFO"]
            assert client.get(url, headers=held).status_code == 304

    @pytest.mark.parametrize(
        ("asked", "encoding", "read"),
        [("br, gzip", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress)],
    )
    def test_answers_are_compressed_under_one_weak_name(
        self, client, paper, asked, encoding, read
    ):
        url = "/api/v1/articles/"
        plain = client.get(url)
        packed = client.get(url, headers={"accept-encoding": asked})
        assert packed["Content-Encoding"] == encoding
        assert "Accept-Encoding" in packed["Vary"]
        assert "Accept-Encoding" in plain["Vary"]
        assert read(packed.content) == plain.content
        assert len(packed.content) < len(plain.content) / 2
        assert packed["ETag"] == f"W/{plain['ETag']}"
        headers = {"accept-encoding": asked, "if-none-match": packed["ETag"]}
        assert client.get(url, headers=headers).status_code == 304
        assert (
            client.get(url, headers={**headers, "accept-encoding": ""}).status_code
            == 304
        )


@pytest.fixture
def described_paper(transactional_db, live_server, tmp_path, schema):
    """A server with a paper, and its description with real ids in place of any."""
    paper = make_paper()
    whole = json.loads(json.dumps(schema))
    whole["servers"] = [{"url": live_server.url}]
    ids = ids_of(paper)
    client = Client()
    for template, methods in whole["paths"].items():
        for parameter in methods["get"].get("parameters", []):
            if parameter["in"] == "path":
                parameter["schema"]["enum"] = ids[template]
            if parameter["name"] == "cursor":
                following = json.loads(client.get(f"{template}?limit=1").content)[
                    "links"
                ]
                query = parse_qs(urlsplit(following["next"] or "").query)
                parameter["schema"]["enum"] = query["cursor"]
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(whole))
    return paper, whole, file, live_server.url


@pytest.mark.slow
def test_schemathesis_finds_no_answer_that_differs_from_the_schema(described_paper):
    _, _, file, url = described_paper
    done = subprocess.run(
        [
            BIN / "schemathesis", "run", file, "--url", url,
            "--checks", "all", "--mode", "all", "--max-examples", "20",
            "--generation-deterministic", "--no-color",
        ],
        capture_output=True, text=True, timeout=CHECKS_SECONDS, check=False,
        cwd=file.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.slow
def test_a_generated_python_client_reads_every_operation(
    described_paper, tmp_path, monkeypatch
):
    paper, whole, file, url = described_paper
    folder = tmp_path / "partner"
    subprocess.run(
        [
            BIN / "openapi-python-client", "generate", "--path", file, "--meta", "none",
            "--output-path", folder, "--fail-on-warning",
        ],
        check=True, timeout=120, capture_output=True, cwd=tmp_path,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
    )  # fmt: skip
    monkeypatch.syspath_prepend(str(tmp_path))
    partner = importlib.import_module("partner")
    with partner.Client(base_url=url) as client:
        walk(client, folder, whole, ids_of(paper))


def walk(client, folder, whole, ids):
    """Ask every operation through its generated function, each with real ids."""
    asked = 0
    for template, methods in whole["paths"].items():
        operation = methods["get"]
        module = next(folder.glob(f"api/*/{operation['operationId']}.py"))
        place = f"partner.api.{module.parent.name}.{module.stem}"
        call = importlib.import_module(place).sync_detailed
        for name in ids.get(template, [None]):
            answer = call(name, client=client) if name else call(client=client)
            assert answer.status_code == 200, template
            assert answer.parsed.data, template
            asked += 1
    assert asked > len(whole["paths"])
