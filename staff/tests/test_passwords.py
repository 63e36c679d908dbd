"""Which passwords are taken."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from newsroom.launcher.bootstrap import FIRST_LOGIN
from staff.models import User

OSKAR = User(
    username="oskar",
    first_name="Oskar",
    last_name="Lindqvist",
    email="ol@halyard.example",
)


def refused(password, user=OSKAR):
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {each.code for each in error.error_list}
    return set()


@pytest.mark.parametrize(
    "password",
    [
        "oskar12345",
        "oskar1234567",
        "OSKAR-OSKAR-OSKAR",
        "lindqvist2026!",
        "halyard-2026!",
    ],
)
def test_a_password_that_is_mostly_the_name_is_refused(password):
    assert "password_is_a_name" in refused(password)


def test_a_password_is_at_least_twelve_characters():
    assert refused("t7#kQz!m2wx") == {"password_too_short"}
    assert refused("t7#kQz!m2wxp") == set()


@pytest.mark.parametrize(
    "password",
    [
        "seven ships wait outside",
        "oskar saw seven ships outside",  # without the name it is long enough
        "quay-lindqvist-lantern-42",
    ],
)
def test_a_long_phrase_is_taken_with_the_name_in_it(password):
    assert refused(password) == set()


def test_a_password_made_for_somebody_is_never_refused():
    import secrets

    people = [User(username=FIRST_LOGIN), OSKAR]
    for made in [secrets.token_urlsafe(9) for _ in range(200)]:
        for person in people:
            assert refused(made, person) == set(), made


def test_without_somebody_in_hand_the_other_rules_stand():
    assert refused("oskar1234567", None) == set()
    assert "password_too_short" in refused("short", None)
