"""Rubbish typed at the desk, or already in a row: it costs itself, never a page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime, AutocompleteSelect
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from articles.models import Author, Section, Topic
from articles.tests.factories import (
    make_article,
    make_author,
    make_image,
    make_section,
    make_topic,
    make_user,
)
from markets.models import Exchange, Feed, Instrument, Session
from markets.tests.factories import (
    give,
    make_exchange,
    make_feed,
    make_instrument,
    make_tick,
)
from newsroom.operations.doctor import values
from newsroom.operations.doctor.finding import Level
from staff.models import User
from wire.models import Publisher, Source
from wire.tests.factories import make_item, make_publisher, make_source

pytestmark = pytest.mark.django_db
RUBBISH = [
    " ", "\x00", "x" * 2_000, "Mars/Olympus", "<script>alert(1)</script>",
    "https://[::1", "-1", "99999999999999999999", "NaN", "1e400", "[1]",
    '{"rows": "\\u0000"}', '{"symbols": [1]}', "0001-01-01", "9999-12-31",
    "9999999 00:00:00", "-1 00:00:00", "\u202e😀 %s {0}",
]  # fmt: skip
READERS = ["/", "/markets/", "/wire/", "/about/", "/search/?q=ferry", "/feed.atom",
           "/sitemap.xml", "/api/v1/instruments/", "/api/v1/quotes/",
           "/api/v1/articles/", "/api/v1/wire/", "/api/v1/issues/"]  # fmt: skip


@pytest.fixture
def desk(client):
    client.force_login(make_user("chief", is_staff=True, is_superuser=True))
    return client


def a_session():
    opens = datetime(2026, 6, 25, 13, 30, tzinfo=UTC)
    return Session.objects.create(
        exchange=make_exchange(),
        date=opens.date(),
        opens_at=opens,
        closes_at=opens + timedelta(hours=6),
    )


MAKERS = {
    Exchange: make_exchange,
    Session: a_session,
    Instrument: lambda: make_instrument(exchange=make_exchange(), on_strip=True),
    Feed: make_feed,
    Publisher: make_publisher,
    Source: make_source,
    Section: make_section,
    Topic: make_topic,
    Author: make_author,
    User: lambda: make_user("reporter", is_staff=True),
}


def paper():
    """Something on every page, so that no list is green for being empty."""
    exchange = make_exchange()
    now = timezone.now()
    for n in range(-1, 3):
        opens = datetime.combine(
            now.date() + timedelta(days=n), datetime.min.time(), UTC
        )
        Session.objects.get_or_create(
            exchange=exchange, date=opens.date(),
            defaults={"opens_at": opens, "closes_at": opens + timedelta(hours=20)},
        )  # fmt: skip
    make_instrument("BND", exchange=exchange, on_strip=True)
    tick = make_tick("BND", as_of=now - timedelta(minutes=20))
    give(make_feed(), tick, now=now)
    make_item()
    return make_article(status="live", now=now - timedelta(hours=1))


def form_of(answer):
    """Return what a browser would send if nothing were typed, by field."""
    form = answer.context["adminform"].form
    sent = {}
    for bound in form:
        value = bound.value()
        if isinstance(bound.field.widget, AdminSplitDateTime):
            day, hour = bound.field.widget.decompress(value)
            sent[f"{bound.html_name}_0"], sent[f"{bound.html_name}_1"] = day, hour
        elif isinstance(value, bool):
            sent |= {bound.html_name: "on"} if value else {}
        else:
            sent[bound.html_name] = value
    for formset in answer.context["inline_admin_formsets"]:
        for bound in formset.formset.management_form:
            sent[bound.html_name] = bound.value()
    return {name: "" if value is None else value for name, value in sent.items()}


def typed(sound, answer):
    """Leave out what is looked up: nobody types into it, and Django trusts the browser."""
    fields = answer.context["adminform"].form.fields
    looked_up = {
        name
        for name, field in fields.items()
        if isinstance(getattr(field.widget, "widget", None), AutocompleteSelect)
    }
    return [field for field in sound if field not in looked_up]


def lists():
    return [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    ]


def all_stand(client, addresses):
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code in (200, 302), (address, answer.status_code)


@pytest.mark.slow
@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_rubbish_in_any_field_is_refused_or_costs_no_page(desk, model):
    paper()
    row = MAKERS[model]()
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    change = reverse(f"admin:{name}_change", args=[row.pk])
    sound = form_of(desk.get(change))
    answer = desk.post(change, sound)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    list_page = reverse(f"admin:{name}_changelist")
    for field in typed(sound, desk.get(change)):
        taken = None
        for rubbish in RUBBISH:
            answer = desk.post(change, sound | {field: rubbish})
            assert answer.status_code in (200, 302), (field, rubbish)
            if answer.status_code == 302:
                taken = rubbish
                all_stand(desk, [list_page, "/markets/"])
        if taken is not None:
            all_stand(desk, [change, *READERS[:5]])
            put_back = desk.post(change, sound)
            assert put_back.status_code == 302, (field, taken)
    all_stand(desk, [*READERS, *lists()])


def test_every_page_and_every_list_stands_while_all_is_well(desk):
    paper()
    all_stand(desk, [*READERS, *lists()])


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("markets_exchange", "timezone", "Mars/Olympus"),
        ("markets_exchange", "timezone", "Europe"),
        ("markets_exchange", "timezone", ""),
        ("markets_instrument", "currency", "ZZZ"),
        ("markets_instrument", "label", ""),
        ("markets_instrument", "position", 32767),
        ("markets_feed", "delay", "rubbish"),
        ("markets_feed", "url", "javascript:alert(1)"),
        ("markets_feed", "options", '{"symbols": [1], "headers": 7}'),
        ("markets_quote", "delay", "rubbish"),
        ("markets_quote", "value", Decimal("9999999999999.9999999999")),
        ("markets_quote", "previous", Decimal("0.0000000001")),
        ("wire_source", "url", "nowhere"),
        ("wire_source", "format", "rubbish"),
        ("wire_source", "language", "rubbish"),
        ("wire_source", "standing", "rubbish"),
        ("wire_publisher", "country", "!!"),
        ("wire_publisher", "kind", "rubbish"),
        ("wire_publisher", "home_url", "javascript:alert(1)"),
        ("articles_section", "name", "\x1b"),
        ("staff_user", "time_zone", "Mars/Olympus"),
        ("staff_user", "role", "rubbish"),
    ],
)
def test_a_row_that_is_bad_already_costs_only_itself(desk, table, column, value):
    paper()
    with connection.cursor() as cursor:
        one = f"ctid = (SELECT min(ctid) FROM {table})"
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {one}", [value])
    all_stand(desk, [*READERS, *lists(), "/markets/BND/"])


def test_an_exchange_without_a_zone_says_that_its_hours_are_unknown(client):
    paper()
    Exchange.objects.update(timezone="Mars/Olympus")
    assert "hours unknown" in client.get("/markets/").content.decode()


def test_the_doctor_names_the_row_that_is_bad_and_what_is_right():
    assert values.values().level == Level.OK
    make_exchange(mic="XHKG", timezone="Asia/Hong_Kong", short_name="HKEX")
    Exchange.objects.filter(mic="XHKG").update(timezone="Mars/Olympus")
    found = values.values()
    assert found.level == Level.WARNING
    assert "exchange HKEX, timezone: “Mars/Olympus” is not a time zone" in found.detail


def test_an_interval_beyond_reason_is_refused_with_words(desk):
    source = make_source()
    change = reverse("admin:wire_source_change", args=[source.pk])
    sound = form_of(desk.get(change))
    answer = desk.post(change, sound | {"interval": "9999 00:00:00"})
    assert "9,999 days is not possible: use 15 seconds to 7 days." in (
        answer.content.decode()
    )


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "\x00"])
def test_an_issue_of_no_possible_day_is_refused_or_made(desk, day):
    answer = desk.post(reverse("admin:articles_issue_add"), {"date": day})
    assert answer.status_code in (200, 302)
    all_stand(desk, ["/", "/issues/", reverse("admin:articles_issue_changelist")])


def test_rubbish_said_of_a_picture_is_refused_or_costs_no_page(desk):
    image = make_image()
    make_article(status="live", lead_image=image, now=timezone.now())
    change = reverse("admin:articles_image_change", args=[image.pk])
    sound = {"alt": "A quay", "credit": "Desk", "caption": "", "rights": "",
             "focal_x": "0.5", "focal_y": "0.5"}  # fmt: skip
    for field in sound:
        for rubbish in RUBBISH:
            answer = desk.post(change, sound | {field: rubbish})
            assert answer.status_code in (200, 302), (field, rubbish)
        all_stand(desk, ["/", change, reverse("admin:articles_image_changelist")])
