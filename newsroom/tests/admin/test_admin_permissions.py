"""Every address of the desk, for every role, by every method, against docs/permissions.md.

The names in a row's "who" are the roles that get in; all others are refused, or sent to
the login where they have no desk. Object by object the rules are below.
"""

import json
import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import evidence, revisions
from articles.models import Article, Issue
from articles.tests.factories import (
    make_article,
    make_author,
    make_image,
    make_section,
    make_topic,
    make_user,
    make_version,
)
from markets.tests.factories import (
    make_exchange,
    make_feed,
    make_instrument,
    make_week,
)
from newsroom.tests.test_permissions import ANYONE, routes, row_of, table
from staff.models import Role, User
from staff.roles import PERMISSIONS
from wire.models import Item

pytestmark = pytest.mark.django_db
NOBODY, READER = "anonymous", "reader"  # nobody; a login without a desk
WHO = [NOBODY, READER, *Role.values]
MODEL = re.compile(
    r"/admin/(\w+)/(\w+)/(|add/|<object_id>/(?:(?:delete|history|change)/)?)"
)
# Django's own, which answer a POST as a GET; they change nothing by either
DJANGOS = {
    "/admin/<app_label>/", "/admin/<url>", "/admin/autocomplete/", "/admin/jsi18n/",
    "/admin/password_change/done/", "/admin/r/<content_type_id>/<object_id>/",
}  # fmt: skip


@pytest.fixture
def world():
    """One of everything an address may name; return what stands for its parts."""
    article = make_article(status="live", now=timezone.now(), section=make_section())
    make_author(), make_topic(), Issue.objects.for_date(timezone.now().date())
    make_week(make_exchange()), make_instrument(), make_feed()
    content = ContentType.objects.get_for_model(Article)
    return {
        "pk": article.pk, "link": article.evidence.get().pk, "n": 1, "number": 1,
        "public_id": make_image().public_id, "name": "whole-480.jpeg",
        "content_type_id": content.pk, "object_id": article.pk,
        "app_label": "articles", "url": "no/such/page", "id": make_user().pk,
    }  # fmt: skip


@pytest.fixture
def people():
    return {
        who: make_user(
            who if who in Role.values else "reporter", is_staff=who != READER
        )
        for who in WHO
        if who != NOBODY
    }


def model_of(route):
    """Return app, model and the rest of one of Django's own addresses of a model."""
    found = MODEL.fullmatch(route)
    known = {(m._meta.app_label, m._meta.model_name) for m in admin.site._registry}
    return found.groups() if found and found.groups()[:2] in known else None


def client_of(who, people):
    client = Client(raise_request_exception=False)
    if who != NOBODY:
        client.force_login(people[who])
    return client


def desk():
    rows = table()
    return sorted(
        route
        for route in routes()
        if route.startswith("/admin/") and row_of(route, rows).who != ANYONE
    )


def roles_of(route, method, rows):
    """Return the roles that may enter by this address, by this method."""
    row = row_of(route, rows)
    if model := model_of(route):
        return roles_of_model(*model, method)
    if row.who == "superuser":
        return set()
    if row.who == "staff":
        return set(Role.values)
    return {role.strip() for role in row.who.split(",")}


def roles_of_model(app, name, tail, method):
    verbs = {"view", "change"}
    window = admin.site._registry[apps.get_model(app, name)]
    if tail == "add/":
        verbs = {"add"} if window.has_add_permission(Chief) else set()
    elif tail.endswith("delete/"):
        verbs = set()  # nothing at the desk is ever deleted
    elif tail.endswith("change/") and method == "POST":
        verbs = {"change"} if window.has_change_permission(Chief) else set()
    wanted = {f"{app}.{verb}_{name}" for verb in verbs}
    return {str(role) for role, may in PERMISSIONS.items() if wanted & set(may)}


class Chief:
    """A request by somebody with every permission: what is shut to her is shut to all."""

    class user:  # noqa: N801
        is_active = True

        @staticmethod
        def has_perm(name, obj=None):
            return True


def sample(route, world):
    parts = dict(world)
    if (model := model_of(route)) and "<object_id>" in route:
        first = apps.get_model(model[0], model[1])._base_manager.order_by("pk").first()
        parts["object_id"] = first.pk if first else 0
    return re.sub(r"<(\w+)>", lambda found: str(parts[found[1]]), route), parts


def verdict(answer):
    if answer.status_code == 302 and "/admin/login/" in answer["Location"]:
        return "login"
    if answer.status_code in (301, 302):
        return "led on"
    return {403: "refused", 404: "not found", 405: "not so"}.get(
        answer.status_code, "in"
    )


def expected(route, who, method, rows, *, exists):
    """Return the verdicts that are right."""
    row = row_of(route, rows)
    without = {"not so"} if method not in row.methods else set()
    if who in (NOBODY, READER):
        return {"login", *without}
    if route.endswith("<object_id>/") and model_of(route):
        return {"led on"}  # Django's short address of the form, which then asks
    if who not in roles_of(route, method, rows):
        gone = {"led on"} if model_of(route) and not exists else set()
        return {"refused", *without, *gone}
    if without and route not in DJANGOS and not model_of(route):
        return without
    shut = {"refused"} if route == "/admin/autocomplete/" else set()
    return {"in", "led on", "not found", *without, *shut}


@pytest.mark.slow
def test_who_gets_in_by_an_address_is_who_the_table_names(world, people):
    """FAULTS S1: a route that is not in the table fails in `test_permissions`."""
    rows = table()
    wrong = []
    clients = {who: client_of(who, people) for who in WHO}
    for route in desk():
        if route == "/admin/logout/":
            continue  # it would log all of them out
        path, parts = sample(route, world)
        for who, client in clients.items():
            for method in ("GET", "POST"):
                with transaction.atomic():
                    answer = client.generic(method, path)
                    transaction.set_rollback(True)
                got = verdict(answer)
                right = expected(
                    route, who, method, rows, exists=bool(parts["object_id"])
                )
                if got not in right or answer.status_code >= 500:
                    wrong.append(
                        (route, who, method, answer.status_code, sorted(right))
                    )
    assert not wrong, "\n" + "\n".join(map(str, wrong))


def test_reading_an_address_writes_nothing(world, people):
    """FAULTS S9: every GET of the desk, with a database that takes no change."""
    client = client_of("chief", people)
    for route in desk():
        if route == "/admin/logout/":
            continue
        path, _ = sample(route, world)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL transaction_read_only = on")
            answer = client.get(path)
            transaction.set_rollback(True)
        assert answer.status_code < 500, route


def test_a_list_cannot_be_asked_for_what_is_secret(people, world):
    """FAULTS S2: no look-up leads to a password."""
    for model in admin.site._registry:
        users = [f for f in model._meta.get_fields() if f.related_model is User]
        address = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        client = client_of("chief", people)
        if client.get(reverse(address)).status_code == 403:
            continue
        for field in users:
            name = getattr(field, "name", "")
            answer = client.get(
                reverse(address), {f"{name}__password__startswith": "p"}
            )
            assert answer.status_code in (302, 400), (model, name)
            assert "e=1" in answer.get("Location", "e=1")


def test_completing_a_name_leaks_nothing_to_who_may_not_see_it(people, world):
    asked = {
        "app_label": "articles", "model_name": "author", "field_name": "portrait",
        "term": "ferry",
    }  # fmt: skip
    operator = client_of("operator", people).get("/admin/autocomplete/", asked)
    assert operator.status_code == 403
    assert b"ferry" not in operator.content
    chief = client_of("chief", people).get("/admin/autocomplete/", asked)
    assert len(json.loads(chief.content)["results"]) == 1


def test_finding_shows_nothing_to_who_may_not_see_it(people, world):
    article = Article.objects.get(pk=world["pk"])
    found = client_of("operator", people).get("/admin/find/", {"q": article.headline})
    assert article.headline not in found.content.decode()
    found = client_of("reporter", people).get("/admin/find/", {"q": article.headline})
    assert article.headline in found.content.decode()


def test_the_desk_home_shows_each_role_its_own(people, world):
    version = make_version(headline="A post that waits")
    Item.objects.filter(pk=version.item_id).update(public_at=None)
    article = Article.objects.get(pk=world["pk"])
    shown = {
        role: client_of(role, people).get("/admin/").content.decode()
        for role in Role.values
    }
    assert article.headline not in shown["operator"]
    assert "A post that waits" in shown["wire"]
    assert "Sources:" in shown["operator"]


def test_an_article_names_itself_on_a_post_to_those_alone_who_may_read_it(
    people, world
):
    article = Article.objects.get(pk=world["pk"])
    item = article.evidence.get().version.item_id
    address = reverse("admin:wire_item_change", args=[item])
    assert article.headline in client_of("wire", people).get(address).content.decode()
    told = client_of("operator", people).get(address).content.decode()
    assert article.headline not in told


def test_staff_cannot_promote_themselves(people):
    """FAULTS S3."""
    for role in Role.values:
        me = people[role]
        address = reverse("admin:staff_user_change", args=[me.pk])
        client_of(role, people).post(
            address,
            {"username": me.username, "role": "chief", "is_superuser": "on",
             "is_staff": "on", "is_active": "on", "time_zone": "UTC"},
        )  # fmt: skip
        me.refresh_from_db()
        assert (me.role, me.is_superuser) == (role, False)


def test_forged_posts_of_others_roles_change_nothing(people, world):
    article = Article.objects.get(pk=world["pk"])
    before = Article.objects.values().get(pk=article.pk)
    address = reverse("admin:articles_article_change", args=[article.pk])
    for role in ("wire", "markets", "operator"):
        client = client_of(role, people)
        for step in ("kill", "update", "submit"):
            client.post(address, {"step": step, f"{step}-note": "x", "touched": "no",
                                  "base_n": "1"})  # fmt: skip
        client.post(address, {"headline": "Forged", "base_n": "1", "body": "<p>x</p>"})
        client.post(
            reverse("admin:articles_article_changelist"),
            {"action": "delete_selected", "_selected_action": [article.pk]},
        )
    assert Article.objects.values().get(pk=article.pk) == before


def test_a_reporter_places_no_live_article_by_a_forged_form(people, world):
    article = Article.objects.get(pk=world["pk"])
    other = make_section()
    address = reverse("admin:articles_article_change", args=[article.pk])
    answer = client_of("reporter", people).post(
        address,
        {"touched": "yes", "slug": "stolen", "section": other.pk, "kind": "news",
         "prominence": 1, "base_n": "1"},
    )  # fmt: skip
    assert "by somebody who may publish" in answer.context["refusal"]
    article.refresh_from_db()
    assert (article.slug, article.section_id) != ("stolen", other.pk)
    assert article.section != other


def test_names_that_are_code_are_shown_as_words(people):
    """FAULTS S4: what a reporter types does not run at the chief's desk."""
    attack = "<img src=x onerror=alert(1)>\"'"
    section = make_section(name=attack[:50])
    make_author(name=attack)
    article = make_article(
        headline=attack, section=section, standfirst=attack, evidence=False
    )
    version = make_version(headline=attack, text=attack)
    evidence.attach(
        article,
        version,
        by=people["chief"],
        now=timezone.now(),
        paragraph="",
        note=attack,
    )
    revisions.autosave(
        article, by=people["chief"], now=timezone.now(), base_n=1, headline=attack
    )
    chief = client_of("chief", people)
    for address in (
        reverse("admin:index"),
        reverse("admin:articles_article_changelist"),
        reverse("admin:articles_article_change", args=[article.pk]),
        reverse("admin:articles_article_compare", args=[article.pk]),
        reverse("admin:articles_section_changelist"),
        reverse("admin:articles_author_changelist"),
        reverse("admin:wire_item_changelist"),
        reverse("admin:wire_item_change", args=[version.item_id]),
        reverse("admin:preview", args=[article.pk]),
    ):
        shown = chief.get(address).content.decode()
        assert "<img src=x" not in shown, address
