"""What is kept of sign-ins, and for how long."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from newsroom.celery import app
from staff import retention
from staff.models import AccessEvent, Throttle
from staff.tests.factories import HERE, NINE, make_sign_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make_session(key, expires):
    Session.objects.create(session_key=key, session_data="x", expire_date=expires)


def make_failure(at=NINE):
    return AccessEvent.objects.create(
        kind=AccessEvent.Kind.FAILED, name="ines", address=HERE, network=HERE, at=at
    )


def test_a_session_that_ended_goes_and_another_stays():
    make_session("ended", NINE - DAY)
    make_session("open", NINE + DAY)
    assert retention.prune(now=NINE) == 1
    assert Session.objects.get().session_key == "open"


def test_many_ended_sessions_go_in_batches(monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 4)
    monkeypatch.setattr(retention, "ROUNDS", 2)
    for n in range(10):
        make_session(f"ended-{n}", NINE - DAY)
    assert [retention.prune(now=NINE) for _ in range(3)] == [8, 2, 0]


def test_sign_ins_are_kept_for_three_months():
    make_sign_in("ines", at=NINE - 91 * DAY)
    kept = make_sign_in("ines", at=NINE - 89 * DAY)
    retention.prune(now=NINE)
    assert AccessEvent.objects.get() == kept


def test_wrong_passwords_are_kept_for_a_month_and_never_without_number(monkeypatch):
    monkeypatch.setattr(retention, "MOST_FAILURES", 3)
    make_failure(NINE - 31 * DAY)
    newest = [make_failure() for _ in range(5)][-3:]
    sign_in = make_sign_in("ines", at=NINE - 31 * DAY)
    retention.prune(now=NINE)
    assert list(AccessEvent.objects.failures().order_by("pk")) == newest
    assert AccessEvent.objects.sign_ins().get() == sign_in


def test_a_count_nobody_adds_to_goes_and_one_that_makes_wait_stays():
    Throttle.objects.create(key="here 192.0.2.1 old", failures=9, at=NINE - 3 * DAY)
    Throttle.objects.create(key="here 192.0.2.1 new", failures=9, at=NINE - DAY)
    retention.prune(now=NINE)
    assert Throttle.objects.get().key == "here 192.0.2.1 new"


def test_the_timetable_rings_for_it():
    app.loader.import_default_modules()
    tidy = [each["task"] for each in app.conf.beat_schedule.values()]
    assert "newsroom.operations.tasks.prune" in tidy
    assert "newsroom.operations.tasks.prune" in app.tasks
