"""What every test may lean on: the servers, the browser and the captured data.

Without `DATABASE_URL` and `REDIS_URL` the session starts PostgreSQL and Valkey of its
own under `NEWSROOM_VAR` (default var/test) and stops what it started.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import django
import pytest
from django.conf import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django import DjangoDbBlocker

ROOT = Path(__file__).resolve().parent
# Here, not in pyproject.toml: the settings must not be read before the next lines ran.
os.environ["DJANGO_SETTINGS_MODULE"] = "newsroom.settings"
os.environ.setdefault("NEWSROOM_VAR", str(ROOT / "var" / "test"))
os.environ.setdefault("NEWSROOM_DEBUG", "1")

worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if worker and Path(os.environ["NEWSROOM_VAR"]).name != worker:
    # A server for each worker: the ledgers are read below the oldest transaction of the
    # whole server, so a long test of one worker would hold back the streams of another.
    # Once: a test that imports something of this file reads it a second time.
    os.environ["NEWSROOM_VAR"] = str(Path(os.environ["NEWSROOM_VAR"]) / worker)

from newsroom.launcher import embedded  # noqa: E402

CHROMIUM = "/usr/bin/chromium"  # Debian's
CHROMIUM_FLAGS = [
    "--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
started = embedded.Servers()


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers: one set, or one for each of xdist's workers."""
    global started
    if _hands_out_tests(config):
        # Its workers inherit this, and must not read the settings before their conftest.
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        return
    django.setup()
    _be_the_owner()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise looks there
    if config.option.collectonly:
        return
    try:
        started = embedded.start(
            postgres="DATABASE_URL" not in os.environ,
            valkey="REDIS_URL" not in os.environ,
            end_with_caller=True,
        )
    except embedded.OperatorError as refusal:
        raise pytest.UsageError(str(refusal)) from refusal


def _be_the_owner() -> None:
    """Ask as the owner of the tables: tests make databases, and whatever they need."""
    from newsroom.database import roles

    roles.become_owner()


def _hands_out_tests(config: pytest.Config) -> bool:
    """Whether this is xdist's controller, which runs no test itself."""
    return bool(getattr(config.option, "numprocesses", None)) and not worker


def pytest_unconfigure(config: pytest.Config) -> None:
    embedded.stop(postgres=started.postgres, valkey=started.valkey)


def missing(what: str) -> None:
    """Skip the test, or fail it where nothing may be missing: in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} (required when CI is set)")
    pytest.skip(what)


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: "DjangoDbBlocker"
) -> "Iterator[None]":
    """The test database; sessions that a server under test left behind end with it.

    A thread that was told to stop may close its session a moment too late, and
    PostgreSQL drops no database that somebody still uses.
    """
    yield
    from django.db import connection

    connection.close()  # a browser test may have ended this very session
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND datname LIKE 'test%'"
            " AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of captured feeds and channels; it is not part of the repository."""
    default = ROOT.parent / "shared" / "data"
    folder = Path(os.environ.get("NEWSROOM_SHARED_DATA") or default)
    if not folder.is_dir():
        missing(f"no captured data at {folder}: set NEWSROOM_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A headless Chromium: Debian's, else the one Playwright installed."""
    from playwright.sync_api import Error, sync_playwright

    # Playwright's loop runs in this thread, and Django would refuse the database here.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        system = CHROMIUM if Path(CHROMIUM).exists() else None
        try:
            chromium = playwright.chromium.launch(
                executable_path=system, args=CHROMIUM_FLAGS
            )
        except Error as error:
            reason = str(error).strip().splitlines()[0]
            missing(f"no browser: apt-get install chromium ({reason})")
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A fresh page in a context of its own, 1280 by 900."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
