"""The partner API, called as a partner calls it."""

import json
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.utils import timezone
from openapi_spec_validator import validate

from foundation.api.pagination import Cursor
from staff.models import User
from wire.tests.factories import make_item, make_source

pytestmark = pytest.mark.django_db


def get(client, path, **headers):
    response = client.get(f"/api/v1/{path}", headers=headers)
    body = json.loads(response.content) if response.content else None
    return response, body


@pytest.fixture
def posts():
    source = make_source(name="Harbour News", last_success_at=timezone.now())
    now = timezone.now() - timedelta(hours=1)
    return [
        make_item(
            source,
            external_id=str(n),
            headline=f"Post {n}",
            now=now + timedelta(seconds=n // 2),  # pairs share an instant
        )
        for n in range(45)
    ]


def test_the_root_names_every_resource(client):
    response, body = get(client, "")
    assert response.status_code == 200
    for name in ("articles", "sections", "issues", "wire", "instruments", "quotes"):
        url = body["data"]["resources"][name].partition("/api/v1/")[2]
        assert get(client, url)[0].status_code == 200


def test_a_list_read_to_its_end_has_every_row_once(client, posts):
    seen, path = [], "wire/?limit=7"
    while path:
        response, body = get(client, path)
        assert response.status_code == 200
        assert body["meta"]["count"] == len(body["data"])
        seen += [row["headline"] for row in body["data"]]
        path = (body["links"]["next"] or "").partition("/api/v1/")[2]
    assert seen == [f"Post {n}" for n in reversed(range(45))]


def test_rows_that_arrive_meanwhile_neither_double_nor_hide_others(client, posts):
    _, first = get(client, "wire/?limit=20")
    make_item(make_source(last_success_at=timezone.now()), now=timezone.now())
    path = first["links"]["next"].partition("/api/v1/")[2]
    _, second = get(client, path)
    shown = [row["headline"] for row in first["data"] + second["data"]]
    assert shown == [f"Post {n}" for n in reversed(range(5, 45))]


def test_the_desk_s_held_posts_are_not_there(client):
    held = make_item(make_source(release="desk"))
    assert get(client, "wire/")[1]["data"] == []
    response, body = get(client, f"wire/{held.public_id}/")
    assert (response.status_code, body["code"]) == (404, "not-found")


def test_a_post_comes_with_every_version(client, posts):
    _, body = get(client, f"wire/{posts[0].public_id}/")
    assert [v["n"] for v in body["data"]["history"]] == [1]
    assert body["data"]["history"][0]["hash"] == posts[0].content_hash
    assert body["data"]["seen_at"].endswith("Z")


def test_a_version_under_embargo_is_neither_listed_nor_counted(client):
    source, now = make_source(last_success_at=timezone.now()), timezone.now()
    later = now + timedelta(days=1)
    item = make_item(source, external_id="a", text="First", now=now)
    make_item(source, external_id="a", text="CANARY", embargo_until=later, now=now)
    assert get(client, "wire/")[1]["data"] == []
    make_item(source, external_id="a", text="Third", now=now)
    item.refresh_from_db()
    item.let_through(by=User.objects.create_user("wanda"), now=now)

    _, body = get(client, f"wire/{item.public_id}/")
    assert [v["text"] for v in body["data"]["history"]] == ["First", "Third"]
    assert [v["n"] for v in body["data"]["history"]] == [1, 3]
    assert body["data"]["versions"] == 2
    assert get(client, "wire/")[1]["data"][0]["versions"] == 2
    assert "CANARY" not in json.dumps(body)


def test_a_fast_clock_of_a_web_host_shows_no_post_early(client, monkeypatch):
    now = timezone.now()
    delayed = make_source(
        release="delay", delay=timedelta(hours=1), last_success_at=now
    )
    item = make_item(delayed, now=now)
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=6))

    assert get(client, "wire/")[1]["data"] == []
    assert get(client, f"wire/{item.public_id}/")[0].status_code == 404


def test_no_running_number_of_ours_is_public(client, posts):
    _, body = get(client, "wire/?limit=1")
    row = body["data"][0]
    assert "pk" not in row
    assert str(posts[-1].pk) not in row["id"].split("-")
    assert len(row["id"]) == 36


def test_what_has_not_changed_is_not_sent_again(client, posts):
    first, _ = get(client, "wire/")
    again, _ = get(client, "wire/", if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    make_item(make_source(last_success_at=timezone.now()), now=timezone.now())
    assert get(client, "wire/", if_none_match=first["ETag"])[0].status_code == 200


class TestARefusal:
    def test_is_a_problem_document(self, client):
        response, body = get(client, "wire/?standing=true")
        assert response["Content-Type"] == "application/problem+json"
        assert (response.status_code, body["status"]) == (400, 400)
        assert body["errors"][0]["field"] == "standing"
        assert "/api/docs/errors/#bad-request" in body["type"]
        assert body["request_id"]

    @pytest.mark.parametrize(
        "path",
        ["wire/?sauce=x", "articles/?source__publisher__name=x", "quotes/?fields=password",
         "articles/?order=headline", "sections/?section=world"],
    )  # fmt: skip
    def test_meets_every_parameter_we_do_not_know(self, client, path):
        response, body = get(client, path)
        assert response.status_code == 400
        assert "There is no such parameter here" in body["detail"]

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "9" * 40, "²", ""])
    def test_meets_a_limit_that_is_none(self, client, limit):
        for path in ("articles", "wire", "quotes", "instruments", "sections", "issues"):
            response, body = get(client, f"{path}/?limit={limit}")
            assert (response.status_code, body["errors"][0]["field"]) == (400, "limit")

    @pytest.mark.parametrize(
        "cursor", ["x", "%00", "cD0x", "e30=", "e30", "W10", "bnVsbA", "WzFd", ""]
    )
    def test_meets_a_cursor_that_is_none(self, client, cursor):
        for path in ("wire", "quotes", "instruments", "sections", "issues"):
            response, body = get(client, f"{path}/?cursor={cursor}")
            assert (response.status_code, body["errors"][0]["field"]) == (400, "cursor")

    @pytest.mark.parametrize("side", ["after", "before", "up-to"])
    @pytest.mark.parametrize("path", ["articles/", "wire/", "issues/", "sections/"])
    @pytest.mark.parametrize(
        "position",
        ["2026-01-01", "2026-01-01 09:00:00", "2026-01-01T09:00:00", "2026-02-30",
         "9" * 30, "NaN", "2026-01-01\x00", "1e9", "-0", "2026-01-01T09:00:00+00:00",
         "2026-01-01T09:00:00+20:04"],
    )  # fmt: skip
    def test_meets_a_position_that_no_row_has_without_an_error_of_ours(
        self, client, path, position, side
    ):
        second = {"articles/": [str(uuid4())], "wire/": [str(uuid4())],
                  "sections/": ["world"]}  # fmt: skip
        cursor = Cursor(side, (position, *second.get(path, [])))
        response, body = get(client, f"{path}?cursor={cursor.encoded()}")
        fits = "2026-01-01T09:00:00+00:00"
        allowed = {"issues/": "2026-01-01", "articles/": fits, "wire/": fits}
        if position == allowed.get(path):
            assert response.status_code == 200
        else:
            assert response.status_code == 400
            assert body["errors"][0]["field"] == "cursor"

    def test_meets_rubbish_in_every_parameter_that_is_documented(self, client, posts):
        schema = json.loads(client.get("/api/v1/schema/").content)
        rubbish = ["\x00", "9" * 400, "-1", "NaN", "2026-01-01T09:00", "é\u202e", "[]"]
        for path, methods in schema["paths"].items():
            for parameter in methods["get"].get("parameters", []):
                if parameter["in"] != "query":
                    continue
                for value in rubbish:
                    url = f"{path}?{urlencode({parameter['name']: value})}"
                    assert client.get(url).status_code in (200, 400, 404), url

    @pytest.mark.parametrize(
        "path", ["nothing/", "wire/7/", "articles/x/", "wire/%00/"]
    )
    def test_meets_an_address_that_is_none(self, client, path):
        response, body = get(client, path)
        assert response["Content-Type"] == "application/problem+json"
        assert body["status"] == 404

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_meets_every_attempt_to_write(self, client, method):
        response = getattr(client, method)("/api/v1/wire/")
        assert response.status_code == 405
        assert response["Content-Type"] == "application/problem+json"


def test_the_schema_is_valid_openapi_and_names_every_route(client):
    response = client.get("/api/v1/schema/")
    schema = json.loads(response.content)
    validate(schema)
    assert schema["openapi"].startswith("3.1")
    for path in ("articles", "sections", "issues", "wire", "instruments", "quotes"):
        assert f"/api/v1/{path}/" in schema["paths"]


def test_the_guide_is_a_page_that_a_person_can_read(client):
    page = client.get("/api/docs/").content.decode()
    assert "curl" in page
    assert client.get("/api/docs/errors/").status_code == 200
    for code in ("bad-request", "withdrawn"):
        assert f'id="{code}"' in client.get("/api/docs/errors/").content.decode()


@pytest.mark.parametrize("path", ["wire/", "articles/", "sections/", "issues/"])
def test_a_list_costs_one_query_however_long(
    client, posts, path, django_assert_num_queries
):
    with django_assert_num_queries(1):
        get(client, f"{path}?limit=100")
