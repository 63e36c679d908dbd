"""docs/permissions.md against the addresses there are: no route without a row."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

from newsroom.edge.health import HealthEndpoints
from newsroom.edge.page_store import PageStore
from staff.roles import PERMISSIONS

TABLE = Path(settings.BASE_DIR) / "docs" / "permissions.md"
ANYONE, STAFF = "anyone", "staff"
STREAM = {"/live/", "/live/poll"}  # answered by the shell, before Django
SAMPLES = {
    "public_id": "00000000-0000-0000-0000-000000000000",
    "on": "1999-01-01",
    "day": "1999-01-01",
    "month": "1999-01",
    "state": "0000000000",
    "name": "whole-480.jpeg",
    "symbol": "NONE",
    "format": "atom",
}
MODEL = re.compile(
    r"(/admin/(?!<)\w+/(?!<)\w+/)(add/|<object_id>/((history|delete|change)/)?)?"
)


@dataclass(frozen=True)
class Row:
    route: str
    who: str
    methods: str
    states: str


def table() -> dict[str, Row]:
    rows = {}
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `/") and len(cells) == 4:
            route = cells[0].strip("`")
            assert route not in rows, f"{route} has two rows"
            rows[route] = Row(route, *cells[1:])
    return rows


def walk(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        here = prefix + plain(str(entry.pattern))
        if isinstance(entry, URLPattern):
            found.append(here)
        else:
            found += walk(entry, here)
    return found


def plain(pattern: str) -> str:
    """`feed\\.(?P<format>atom|rss|json)$` and `<uuid:public_id>/` as the table has them."""
    pattern = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", pattern)
    pattern = re.sub(r"<\w+:(\w+)>", r"<\1>", pattern)
    return pattern.removeprefix("^").removesuffix("$").replace("\\.", ".")


def routes() -> set[str]:
    shell = STREAM | set(HealthEndpoints(PageStore(), listening=lambda: True).by_path())
    return {f"/{route}" for route in walk(get_resolver())} | shell


def row_of(route: str, rows: dict[str, Row]) -> Row | None:
    """Django's own addresses of a model have one row, `/admin/wire/item/…`."""
    if route in rows:
        return rows[route]
    model = MODEL.fullmatch(route)
    return rows.get(f"{model[1]}…") if model else None


def test_every_route_has_a_row():
    rows = table()
    missing = sorted(route for route in routes() if row_of(route, rows) is None)
    assert not missing, f"add to {TABLE.name}: " + ", ".join(missing)


def test_every_row_has_a_route():
    rows, known = table(), routes()
    used = {row.route for route in known if (row := row_of(route, rows))}
    assert not set(rows) - used, "these routes are no more"


def test_every_row_says_who_how_and_what_follows():
    for row in table().values():
        assert row.who, row
        assert row.states, row
        assert set(row.methods.split(", ")) <= {"GET", "POST", "PATCH", "DELETE"}, row


def sample(route: str) -> str:
    if "<on>" in route and route.count("/") > 4:  # a story's day is a path
        route = route.replace("<on>", "1999/01/01")
    return re.sub(r"<(\w+)>", lambda m: SAMPLES.get(m[1], "1"), route)


def public_rows() -> list[Row]:
    return [
        row for row in table().values() if row.who == ANYONE and row.route not in STREAM
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("row", public_rows(), ids=lambda row: row.route)
def test_what_is_for_anyone_asks_nobody_to_log_in(client, row):
    shell = HealthEndpoints(PageStore(), listening=lambda: True).by_path()
    if row.route in shell or ".*" in row.route:
        return
    response = client.get(sample(row.route))
    assert response.status_code in (200, 301, 302, 404, 410), row
    assert "/admin/login" not in response.headers.get("Location", "")
    assert not response.cookies or row.route == "/admin/login/"


@pytest.mark.django_db
@pytest.mark.parametrize("row", public_rows(), ids=lambda row: row.route)
def test_what_is_for_reading_refuses_to_be_written(client, row):
    shell = HealthEndpoints(PageStore(), listening=lambda: True).by_path()
    if row.route in shell or row.methods != "GET" or ".*" in row.route:
        return
    for method in ("post", "put", "patch", "delete"):
        response = getattr(client, method)(sample(row.route))
        assert response.status_code in (403, 404, 405), (method, row)


@pytest.mark.django_db
def test_what_is_for_staff_sends_a_reader_to_the_login(client):
    for row in table().values():
        route = row.route.replace("…", "")
        if row.who == ANYONE or not route.startswith("/admin/") or "<" in route:
            continue
        if "GET" not in row.methods:
            continue
        response = client.get(route)
        assert response.status_code in (302, 404, 405), row
        if response.status_code == 302:
            assert "/admin/login/" in response["Location"], row


def test_each_model_of_the_admin_names_the_roles_that_may_see_it():
    rows = table()
    for model in admin.site._registry:
        app, name = model._meta.app_label, model._meta.model_name
        verbs = {f"{app}.{verb}_{name}" for verb in ("view", "add", "change", "delete")}
        roles = [str(role) for role, may in PERMISSIONS.items() if verbs & set(may)]
        row = rows.get(f"/admin/{app}/{name}/…")
        assert row, f"no row for /admin/{app}/{name}/…"
        assert row.who == (", ".join(roles) or "superuser"), row.route
