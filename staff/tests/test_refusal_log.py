"""Whoever is refused leaves one line: who, from where, what."""

import logging

import pytest
from django.conf import settings
from django.test import Client

from newsroom.logs import LineFormatter, NoRefusals
from staff.models import Role
from staff.tests.factories import HERE, make_person

pytestmark = pytest.mark.django_db
SHUT = "/admin/staff/user/add/"


@pytest.fixture
def lines(caplog):
    """Return what the console shows: each record that passes its filter, formatted."""
    formatter, passes = LineFormatter(), NoRefusals()
    return lambda: [
        formatter.format(record) for record in caplog.records if passes.filter(record)
    ]


def client_of(person, **options):
    client = Client(REMOTE_ADDR=HERE, **options)
    client.force_login(person)
    return client


def test_a_refusal_is_one_line_with_who_and_from_where(lines):
    """Sixty lines of traceback name neither."""
    client = client_of(make_person("rita", role=Role.REPORTER))
    assert client.get(SHUT).status_code == 403
    (told,) = lines()
    assert told.endswith(
        f'refused user="rita" address="{HERE}" method="GET" path="{SHUT}"'
    )
    assert "Traceback" not in told


def test_the_console_leaves_djangos_own_words_out():
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["no_refusals"]


def test_other_trouble_keeps_its_traceback():
    record = logging.LogRecord("django.request", logging.ERROR, "", 1, "no", (), None)
    record.status_code = 500
    assert NoRefusals().filter(record)


def test_a_path_forges_no_line(lines):
    client = client_of(
        make_person("rita", role=Role.OPERATOR), enforce_csrf_checks=True
    )
    client.post("/admin/wire/item/%1b%5B2J%22 user=%22oskar/change/")
    (told,) = [told for told in lines() if "refused user=" in told]
    assert told.isprintable()
    assert told.count(' user="') == 1


def test_a_form_without_its_proof_is_answered_with_what_to_do(lines):
    client = client_of(make_person("rita"), enforce_csrf_checks=True)
    answer = client.post("/admin/password_change/", {"old_password": "x"})
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "what you typed is still in the form" in text
    assert "CSRF" not in text
    assert any('refused user="rita"' in told for told in lines())


def test_a_login_without_its_proof_is_refused_before_a_password_is_looked_at(lines):
    client = Client(REMOTE_ADDR=HERE, enforce_csrf_checks=True)
    answer = client.post("/admin/login/", {"username": "rita", "password": "x"})
    assert answer.status_code == 403
    assert any(f'refused address="{HERE}"' in told for told in lines())
