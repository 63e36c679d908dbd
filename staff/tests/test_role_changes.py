"""Changing what people may do: their sessions end, it is noted, and somebody stays."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from staff import role_changes
from staff.models import AccessEvent, Role, User
from staff.tests.factories import HERE, SECRET, make_person, make_sign_in

pytestmark = pytest.mark.django_db
LIST = "/admin/staff/user/"


def make_master(name, **fields):
    return make_person(name, is_superuser=True, role=Role.OPERATOR, **fields)


def client_of(person):
    client = Client(REMOTE_ADDR=HERE)
    client.force_login(person)
    return client


def is_in(client):
    return client.get("/admin/").status_code == 200


def change(client, person, **fields):
    """Send the form of a person, as the desk fills it in."""
    typed = {
        "username": person.username, "role": person.role, "time_zone": "UTC",
        "is_staff": "on", "is_active": "on", "first_name": "", "last_name": "",
        "email": "",
    }  # fmt: skip
    typed = {name: text for name, text in {**typed, **fields}.items() if text}
    return client.post(reverse("admin:staff_user_change", args=[person.pk]), typed)


@pytest.mark.parametrize(
    "fields",
    [{"role": Role.CHIEF}, {"is_active": False}, {"is_superuser": True}],
    ids=["another role", "deactivated", "made a superuser"],
)
def test_whose_rights_change_is_signed_out(fields):
    rita = make_person("rita", role=Role.REPORTER)
    client = client_of(rita)
    assert is_in(client)
    User.objects.filter(pk=rita.pk).update(**fields)
    assert not is_in(client)


def test_a_session_does_not_come_back_with_the_rights():
    """Somebody let go and taken on again signs in anew, on every machine."""
    rita = make_person("rita")
    left_open = client_of(rita)
    User.objects.filter(pk=rita.pk).update(is_active=False)
    User.objects.filter(pk=rita.pk).update(is_active=True)
    assert not is_in(left_open)


def test_nor_by_saving_an_older_copy_of_the_person():
    rita = make_person("rita")
    older = User.objects.get(pk=rita.pk)
    left_open = client_of(rita)
    User.objects.filter(pk=rita.pk).update(role=Role.CHIEF)
    older.save()  # whole, with the old role and what it knew of sessions
    assert not is_in(left_open)


def test_another_name_or_zone_ends_nobodys_session():
    rita = make_person("rita")
    client = client_of(rita)
    User.objects.filter(pk=rita.pk).update(first_name="Rita", time_zone="Europe/Oslo")
    assert is_in(client)


def test_a_new_password_ends_the_other_sessions():
    rita = make_person("rita")
    other = client_of(rita)
    rita.set_password("nine boats lie at the quay")
    rita.save()
    assert not is_in(other)


def test_who_gave_whom_which_rights_is_noted(caplog):
    caplog.set_level("INFO")
    olga, rita = make_master("olga"), make_person("rita", role=Role.REPORTER)
    assert change(client_of(olga), rita, role="chief").status_code == 302
    (noted,) = AccessEvent.objects.all()
    assert (noted.name, noted.by, noted.address) == ("rita", "olga", HERE)
    assert noted.detail == "role: reporter → chief"
    assert (
        f'rights-changed user="rita" address="{HERE}" by="olga"'
        ' detail="role: reporter → chief"'
    ) in caplog.text


def test_a_change_of_name_is_no_change_of_rights():
    olga, rita = make_master("olga"), make_person("rita")
    change(client_of(olga), rita, first_name="Rita")
    assert not AccessEvent.objects.exists()


def test_a_new_person_is_noted():
    typed = {
        "username": "nils", "role": "editor", "is_staff": "on",
        "usable_password": "true", "password1": SECRET, "password2": SECRET,
    }  # fmt: skip
    client_of(make_master("olga")).post(f"{LIST}add/", typed)
    (noted,) = AccessEvent.objects.all()
    assert (noted.name, noted.by, noted.detail) == ("nils", "olga", "new, editor")


def test_a_password_set_for_somebody_is_noted_with_who_set_it():
    olga, rita = make_master("olga"), make_person("rita")
    new = "nine boats lie at the quay"
    client_of(olga).post(
        f"{LIST}{rita.pk}/password/",
        {"password1": new, "password2": new, "usable_password": "true",
         "set-password": "Change password"},
    )  # fmt: skip
    rita.refresh_from_db()
    assert rita.check_password(new)
    (noted,) = AccessEvent.objects.all()
    assert (noted.kind, noted.name, noted.by) == ("password-changed", "rita", "olga")


def test_the_page_of_somebody_tells_where_they_signed_in():
    rita = make_person("rita")
    make_sign_in("rita", "192.0.2.77")
    make_sign_in("somebody-else", "192.0.2.88")
    page = client_of(make_person(role=Role.OPERATOR)).get(f"{LIST}{rita.pk}/change/")
    assert "from 192.0.2.77" in page.content.decode()
    assert "192.0.2.88" not in page.content.decode()


def test_an_operator_sees_who_came_in_and_changes_nothing():
    event = make_sign_in("rita", "192.0.2.77")
    client = client_of(make_person(role=Role.OPERATOR))
    assert "192.0.2.77" in client.get("/admin/staff/accessevent/").content.decode()
    for master in (client, client_of(make_master("olga"))):
        gone = master.post(
            f"/admin/staff/accessevent/{event.pk}/delete/", {"post": "yes"}
        )
        assert gone.status_code == 403
    assert AccessEvent.objects.count() == 1


# The last superuser


def test_the_last_superuser_cannot_delete_itself():
    olga = make_master("olga")
    make_master("gone", is_active=False)
    client = client_of(olga)
    asked = client.get(f"{LIST}{olga.pk}/delete/", follow=True)
    assert role_changes.LAST_SUPERUSER in asked.content.decode()
    for typed in ({"post": "yes"}, {}, {"x": "forged"}):
        client.post(f"{LIST}{olga.pk}/delete/", typed)
    assert User.objects.filter(pk=olga.pk).exists()


def test_nor_by_the_action_of_the_list():
    olga, rita = make_master("olga"), make_person("rita")
    answer = client_of(olga).post(
        LIST,
        {"action": "delete_selected", "_selected_action": [olga.pk, rita.pk],
         "post": "yes"},
    )  # fmt: skip
    assert role_changes.LAST_SUPERUSER in answer.content.decode()
    assert User.objects.count() == 2


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_nor_shut_itself_out(field):
    olga = make_master("olga")
    answer = change(client_of(olga), olga, **{field: ""})
    assert role_changes.LAST_SUPERUSER in answer.content.decode()
    olga.refresh_from_db()
    assert (olga.is_active, olga.is_staff) == (True, True)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM staff_user",
        "UPDATE staff_user SET is_superuser = false",
        "UPDATE staff_user SET is_active = false",
        "UPDATE staff_user SET is_staff = false WHERE username = 'olga'",
    ],
)
def test_nor_does_the_database_take_it_by_any_other_way(statement):
    make_master("olga")
    refused = pytest.raises(IntegrityError)
    with refused as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert role_changes.is_last_superuser(caught.value)
    assert User.objects.get().is_superuser


def test_one_of_two_superusers_may_go():
    olga, vera = make_master("olga"), make_master("vera")
    client = client_of(olga)
    assert client.post(f"{LIST}{vera.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(User.objects.all()) == [olga]
    make_master("nils")
    User.objects.filter(pk=olga.pk).delete()
    assert User.objects.get().username == "nils"


def test_an_editor_may_go_where_there_is_no_superuser_at_all():
    make_person("rita").delete()
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_superusers_who_delete_each_other_at_once_one_stays():
    for _ in range(5):
        olga, vera = make_master("olga"), make_master("vera")
        pairs = [(client_of(olga), vera), (client_of(vera), olga)]

        def delete(pair):
            client, other = pair
            try:
                return client.post(
                    f"{LIST}{other.pk}/delete/", {"post": "yes"}, follow=False
                ).status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(delete, pairs))
        assert User.objects.filter(is_superuser=True).count() == 1
        assert set(answers) <= {200, 302, 403}, answers
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE staff_user CASCADE")


@pytest.mark.django_db(transaction=True)
def test_what_the_form_did_not_see_in_time_is_said_all_the_same():
    """The other one goes between the look and the deed."""
    olga, vera = make_master("olga"), make_master("vera")
    look = role_changes.leaves_no_superuser

    def too_early(people):
        told = look(people)
        User.objects.filter(pk=olga.pk).update(is_superuser=False)
        return told

    client = client_of(vera)
    role_changes.leaves_no_superuser = too_early
    try:
        answer = client.post(f"{LIST}{vera.pk}/delete/", {"post": "yes"}, follow=True)
    finally:
        role_changes.leaves_no_superuser = look
    # It all happened in one transaction here, which is undone.
    assert role_changes.LAST_SUPERUSER in answer.content.decode()
    assert User.objects.filter(pk=vera.pk).exists()
