"""`manage.py` in a fresh clone, in processes of their own: two lines and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OURS = ("NEWSROOM_", "DATABASE_", "REDIS_", "CELERY_", "DJANGO_", "PYTEST_")


@pytest.fixture
def manage(tmp_path):
    """Run `manage.py` with no setting but an empty folder for its state."""

    def run(*words, **environ):
        bare = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=bare | {"NEWSROOM_VAR": str(tmp_path / "var")} | environ,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.mark.parametrize(
    "command", ["check", "test", "runserver", "showmigrations", "doctor"]
)
def test_without_a_secret_key_a_command_names_the_setting_and_the_page(manage, command):
    told = manage(command)
    assert told.returncode == 1
    first, second = told.stderr.splitlines()
    assert "NEWSROOM_SECRET_KEY" in first
    assert "docs/configuration.md" in second
    assert "make run" in second


def test_a_setting_that_cannot_be_read_is_named(manage):
    told = manage("check", NEWSROOM_DEBUG="1", NEWSROOM_EDGE_MB="lots")
    assert told.returncode == 1
    first, second = told.stderr.splitlines()
    assert "NEWSROOM_EDGE_MB" in first
    assert "lots" in first
    assert "docs/configuration.md" in second


def test_without_a_database_a_command_says_where_it_was_looked_for(manage):
    told = manage("showmigrations", NEWSROOM_DEBUG="1")
    assert told.returncode == 1
    first, second = told.stderr.splitlines()
    assert "does not answer" in first
    assert "DATABASE_URL" in second


def test_to_develop_one_setting_is_enough(manage):
    told = manage("check", NEWSROOM_DEBUG="1")
    assert told.returncode == 0, told.stderr
