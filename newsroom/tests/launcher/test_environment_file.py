"""Commands typed beside `make run` know what it set."""

import pytest

from newsroom.launcher import environment_file


@pytest.fixture
def var(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWSROOM_VAR", str(tmp_path))
    return tmp_path


def test_a_command_beside_it_gets_its_settings_and_no_others(var):
    given = {"NEWSROOM_SECRET_KEY": "k", "NEWSROOM_URL": "http://x", "PATH": "/bin"}
    environment_file.save(var, given)
    environment = {"NEWSROOM_URL": "http://mine"}
    environment_file.load(environment)
    assert environment == {"NEWSROOM_SECRET_KEY": "k", "NEWSROOM_URL": "http://mine"}


def test_only_the_owner_may_read_them(var):
    environment_file.save(var, {"NEWSROOM_SECRET_KEY": "k"})
    assert (var / "environment.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["NEWSROOM_SECRET_KEY", "NEWSROOM_DEBUG"])
def test_a_shell_that_says_for_itself_is_left_alone(var, name):
    environment_file.save(var, {"NEWSROOM_URL": "http://x"})
    environment = {name: "1"}
    environment_file.load(environment)
    assert environment == {name: "1"}


def test_without_an_installation_nothing_is_set(var):
    environment = {}
    environment_file.load(environment)
    assert environment == {}


def test_a_damaged_file_is_named(var):
    (var / "environment.json").write_text("{")
    with pytest.raises(SystemExit, match="cannot be read"):
        environment_file.load({})
