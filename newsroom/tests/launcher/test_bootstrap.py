"""What a start finds and does before the paper runs."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from newsroom.launcher import bootstrap
from newsroom.operator_errors import OperatorError

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def said():
    return []


@pytest.fixture(autouse=True)
def static_root(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path / "static"


def test_a_database_of_a_newer_release_is_refused(tmp_path, said):
    MigrationRecorder(connection).record_applied("staff", "0999_from_the_future")

    with pytest.raises(OperatorError, match=r"staff\.0999_from_the_future"):
        bootstrap.prepare(tmp_path, demo=False, say=said.append)

    assert said == []


def test_a_first_start_makes_a_login_that_works_and_a_second_keeps_it(tmp_path, said):
    first = bootstrap.prepare(tmp_path, demo=False, say=said.append)
    second = bootstrap.prepare(tmp_path, demo=False, say=said.append)

    user = get_user_model().objects.get()
    assert user.username == first.username == second.username
    assert user.is_superuser
    assert user.check_password(first.password)
    assert first.password == second.password
    kept = json.loads((tmp_path / "prepared.json").read_text())
    assert kept["password"] == first.password


def test_a_start_killed_before_the_login_was_made_makes_it_with_the_noted_password(
    tmp_path, said
):
    bootstrap.Outcome(password="noted").save(tmp_path)

    bootstrap.prepare(tmp_path, demo=False, say=said.append)

    assert get_user_model().objects.get().check_password("noted")


def test_a_password_somebody_changed_is_forgotten_not_told(tmp_path, said):
    bootstrap.prepare(tmp_path, demo=False, say=said.append)
    user = get_user_model().objects.get()
    user.set_password("chosen by a person")
    user.save()

    outcome = bootstrap.prepare(tmp_path, demo=False, say=said.append)

    assert outcome.password == ""
    assert json.loads((tmp_path / "prepared.json").read_text())["password"] == ""


def test_a_paper_that_has_an_operator_gets_no_second_one(tmp_path, said):
    get_user_model().objects.create_superuser("ada", password="long enough for us")

    outcome = bootstrap.prepare(tmp_path, demo=False, say=said.append)

    assert outcome.username == ""
    assert get_user_model().objects.count() == 1


def test_static_files_are_gathered_again_only_when_one_has_changed(
    tmp_path, said, settings
):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "ink.css").write_text("p { color: black }")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = [
        "django.contrib.staticfiles.finders.FileSystemFinder"
    ]

    bootstrap.collect_static(said.append)
    bootstrap.collect_static(said.append)
    assert said == ["Preparing 1 static files …"]

    (folder / "ink.css").write_text("p { color: darkblue }")
    bootstrap.collect_static(said.append)
    assert len(said) == 2
    assert "darkblue" in (tmp_path / "static" / "ink.css").read_text()


def test_the_demo_is_loaded_once_and_into_an_empty_paper_alone(
    tmp_path, said, monkeypatch
):
    loads = []
    monkeypatch.setattr(
        bootstrap, "call_command", lambda *words, **o: loads.append(words)
    )

    bootstrap.prepare(tmp_path, demo=False, say=said.append)
    assert ("demo", "load") not in loads
    assert bootstrap.prepare(tmp_path, demo=True, say=said.append).demo
    bootstrap.prepare(tmp_path, demo=True, say=said.append)
    assert loads.count(("demo", "load")) == 1

    monkeypatch.setattr(bootstrap, "is_empty", lambda: False)
    (tmp_path / "prepared.json").unlink()
    assert not bootstrap.prepare(tmp_path, demo=True, say=said.append).demo
    assert loads.count(("demo", "load")) == 1


def test_a_demo_that_could_not_be_loaded_is_loaded_at_the_next_start(
    tmp_path, said, monkeypatch
):
    real = bootstrap.call_command

    def fail(name, *words, **options):
        if name == "demo":
            raise CommandError("no pictures")
        return real(name, *words, **options)

    monkeypatch.setattr(bootstrap, "call_command", fail)
    with pytest.raises(CommandError):
        bootstrap.prepare(tmp_path, demo=True, say=said.append)

    assert not bootstrap.Outcome.read(tmp_path).demo
