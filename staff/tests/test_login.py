"""The doors that ask for a password: the login, and the change of one's own."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client

from newsroom.logs import LineFormatter
from staff.models import AccessEvent
from staff.tests.factories import ELSEWHERE, HERE, NINE, SECRET, make_person

pytestmark = pytest.mark.django_db
LOGIN, CHANGE = "/admin/login/", "/admin/password_change/"


@pytest.fixture(autouse=True)
def nine_o_clock():
    with time_machine.travel(NINE, tick=False):
        yield


@pytest.fixture
def hashed(quick_hashes, monkeypatch):
    """Every password that is compared or hashed, in order."""
    seen = []
    hasher = hashers.get_hasher()
    encode = type(hasher).encode

    def counted(self, password, salt, *args, **kwargs):
        seen.append(password)
        return encode(self, password, salt, *args, **kwargs)

    monkeypatch.setattr(type(hasher), "encode", counted)
    return seen


@pytest.fixture
def lines(caplog):
    """Return the lines of the log, as the log has them."""
    caplog.set_level(logging.INFO)
    formatter = LineFormatter()
    return lambda: [
        formatter.format(record).partition(": ")[2]
        for record in caplog.records
        if record.name == "staff.access"
    ]


def sign_in(name, password, address=HERE, client=None, **fields):
    client = client or Client(REMOTE_ADDR=address)
    return client.post(LOGIN, {"username": name, "password": password, **fields})


def test_sixty_wrong_passwords_are_not_free(hashed):
    """FAULTS S5."""
    make_person("ines")
    hashed.clear()
    answers = [sign_in("ines", f"guess {n}").status_code for n in range(60)]
    assert answers == [200] * 5 + [429] * 55
    assert len(hashed) == 5
    assert sign_in("ines", SECRET).status_code == 429
    assert sign_in("ines", SECRET, address=ELSEWHERE).status_code == 302


def test_who_is_refused_reads_how_long_to_wait_and_keeps_the_name_typed():
    make_person("ines")
    for n in range(5):
        sign_in("ines", f"guess {n}")
    answer = sign_in("ines", SECRET)
    text = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    assert "Please wait 30 seconds, then try again." in text
    assert 'value="ines"' in text
    assert SECRET not in text


def test_the_words_do_not_tell_whether_there_is_such_a_person(hashed):
    make_person("ines")
    told = {}
    for name in ("ines", "nobody"):
        hashed.clear()
        answers = [
            sign_in(name, f"guess {n}", f"192.0.2.{len(name)}") for n in range(7)
        ]
        told[name] = [
            (answer.status_code, answer.context["form"].non_field_errors())
            for answer in answers
        ]
        assert len(hashed) == 5, name
    assert told["ines"] == told["nobody"]


def test_the_right_password_after_slips_lets_in_and_forgets_them():
    make_person("ines")
    for _ in range(3):
        for slip in range(4):
            sign_in("ines", f"slip {slip}")
        assert sign_in("ines", SECRET).status_code == 302


def test_the_old_password_cannot_be_guessed_at_a_screen_left_open(hashed):
    ines = make_person("ines")
    client = Client(REMOTE_ADDR=HERE)
    client.force_login(ines)
    new = "nine boats lie at the quay"
    hashed.clear()
    for n in range(9):
        typed = {
            "old_password": f"guess {n}",
            "new_password1": new,
            "new_password2": new,
        }
        answer = client.post(CHANGE, typed)
    assert answer.status_code == 429
    assert "Please wait 30 seconds" in answer.content.decode()
    assert len(hashed) == 5
    assert client.post(CHANGE, {**typed, "old_password": SECRET}).status_code == 429
    assert AccessEvent.objects.filter(name="ines", detail="old password").count() == 5


def test_a_password_is_changed_and_noted(lines):
    client = Client(REMOTE_ADDR=HERE)
    client.force_login(make_person("ines"))
    new = "nine boats lie at the quay"
    typed = {"old_password": SECRET, "new_password1": new, "new_password2": new}
    assert client.post(CHANGE, typed).status_code == 302
    assert lines() == [f'password-changed user="ines" address="{HERE}"']
    assert client.get("/admin/").status_code == 200
    assert AccessEvent.objects.get().kind == AccessEvent.Kind.PASSWORD


def test_who_comes_and_goes_is_one_line_each(lines):
    make_person("ines")
    client = Client(REMOTE_ADDR=HERE)
    sign_in("ines", "wrong", client=client)
    sign_in("ines", SECRET, client=client)
    client.post("/admin/logout/")
    assert lines() == [
        f'sign-in-failed user="ines" address="{HERE}"',
        f'sign-in user="ines" address="{HERE}"',
        f'sign-out user="ines" address="{HERE}"',
    ]
    kept = AccessEvent.objects.order_by("pk").values_list("kind", "name", "address")
    assert list(kept) == [
        ("sign-in-failed", "ines", HERE),
        ("sign-in", "ines", HERE),
        ("sign-out", "ines", HERE),
    ]


def test_a_refusal_is_a_line_and_no_row(lines):
    for n in range(6):
        sign_in("ines", f"guess {n}")
    assert lines()[-1] == (f'sign-in-refused user="ines" address="{HERE}" seconds=30')
    assert AccessEvent.objects.count() == 5


@pytest.mark.parametrize(
    "name",
    [
        'ines\r\n2026-01-01 INFO staff.access: sign-in user="oskar"',
        "\x1b[2Jines",
        'ines" address="203.0.113.1',
        "ines\u202eseni",
        "ines\u2028sign-in",
    ],
)
def test_a_user_name_forges_no_line(lines, name):
    sign_in(name, "wrong")
    (told,) = lines()
    assert told.isprintable()
    assert told.startswith("sign-in-failed user=")
    assert told.endswith(f' address="{HERE}"')
    assert 'user="oskar"' not in told
    assert told.count(' address="') == 1


def test_a_login_that_would_lead_elsewhere_leads_to_the_desk():
    make_person("ines")
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        answer = sign_in("ines", SECRET, next=elsewhere)
        assert answer["Location"] == "/admin/"


@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_guesses_at_once_five_are_looked_at(hashed):
    make_person("ines")
    hashed.clear()

    def one(n):
        try:
            return sign_in("ines", f"guess {n}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(one, range(200)))
    assert len(hashed) == 5
    assert sorted(answers) == [200] * 5 + [429] * 195
