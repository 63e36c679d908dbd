"""The desk in a browser: Django's own test server, and somebody who has entered."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def site():
    """The desk behind Django's own test server."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()
    with connection.cursor() as cursor:  # its threads may still hold theirs
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def enter(browser, site):
    """Open the desk as somebody; what the console complains of is kept on the page."""
    contexts = []

    def opened(person, path="/admin/", *, width=1440, **options):
        client = Client()
        client.force_login(person)
        context = browser.new_context(
            base_url=site, viewport={"width": width, "height": 1000}, **options
        )
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.complaints = []
        page.on("console", lambda said: keep(page, said))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def keep(page, said):
    # The live stream is the shell's, and no shell runs behind this server.
    if said.type == "error" and "/live/" not in said.location.get("url", ""):
        page.complaints.append(said.text)
