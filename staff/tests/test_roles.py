"""Who may do what follows from the role, and from nothing else."""

import pytest

from staff.models import Role, User
from staff.roles import PERMISSIONS

pytestmark = pytest.mark.django_db


def test_a_reporter_may_write_but_not_publish():
    reporter = User.objects.create_user("rita", role=Role.REPORTER)
    assert reporter.has_perm("articles.change_article")
    assert not reporter.has_perm("articles.publish_article")


def test_a_change_of_role_holds_at_once():
    User.objects.create_user("rita", role=Role.REPORTER)
    User.objects.update(role=Role.CHIEF)
    assert User.objects.get().has_perm("articles.publish_article")


def test_somebody_who_left_may_do_nothing():
    chief = User.objects.create_user("carl", role=Role.CHIEF, is_active=False)
    assert not chief.has_perm("articles.view_article")


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_a_row_in_the_table(role):
    assert PERMISSIONS[role]


def test_no_role_hands_out_roles():
    """Only a superuser changes people: nobody promotes themselves."""
    for names in PERMISSIONS.values():
        assert "staff.change_user" not in names
        assert "staff.add_user" not in names
