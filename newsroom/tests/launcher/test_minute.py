"""The product in a minute: from a post on the wire to a story with its provenance."""

import http.server
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import call_command
from django.db import connection

from articles.tests.factories import make_section
from newsroom import paths
from newsroom.tests.edge.kit import server_command
from staff.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60  # seconds until the server must answer
PASSWORD = "correct-horse-7"
OLD = "Lock gate at Holmgate closes for repairs"
NEWS = "Third tug leaves Kastel for the grounded tanker"
STAFF = {"ines": "reporter", "edda": "editor", "vera": "chief"}


class Feed:
    """One feed on loopback, to which posts are added while it is read."""

    def __init__(self):
        self.posts = []
        feed = self

        class Door(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = feed.document()
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/feed.xml"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def bring(self, headline, text):
        at = format_datetime(datetime.now(UTC), usegmt=True)
        number = len(self.posts) + 1
        self.posts.insert(
            0,
            f"<item><guid isPermaLink='false'>post-{number}</guid><title>{headline}</title>"
            f"<link>http://{self.host}/posts/{number}</link>"
            f"<pubDate>{at}</pubDate><description>{text}</description></item>",
        )

    def document(self):
        return (
            "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
            f"<title>Harbour Watch</title>{''.join(self.posts)}</channel></rss>"
        ).encode()


@pytest.fixture
def feed():
    made = Feed()
    yield made
    made.server.shutdown()
    made.server.server_close()


def database_url():
    """The address of this test's own database, for another process."""
    given = urlsplit(os.environ.get("DATABASE_URL") or paths.database_url())
    return urlunsplit(given._replace(path=f"/{connection.settings_dict['NAME']}"))


@pytest.fixture
def paper(settings):
    """The web server itself, in a process of its own, on this test's database."""
    with closed_again() as door:
        port = door.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "NEWSROOM_URL": address,
        "NEWSROOM_DEBUG": "1",
        "NEWSROOM_LOG_LEVEL": "WARNING",
    }
    command = server_command(port)
    server = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        until_ready(server, address)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            raise
        with connection.cursor() as cursor:  # nobody may hold the database up
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@contextmanager
def closed_again():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        yield door


def until_ready(server, address):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert server.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"no answer from {address} within {PATIENCE} s")


@pytest.fixture
def people(browser, paper):
    """A browser for each of us, logged in; the reader's too."""
    for name, role in STAFF.items():
        person = User.objects.create_user(name, password=PASSWORD, role=role)
        person.is_staff = True
        person.save(update_fields=["is_staff"])
    contexts, faults = [], []

    def enter(name=None):
        context = browser.new_context(
            base_url=paper, viewport={"width": 1440, "height": 1000}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: faults.append(said.text) if said.type == "error" else None,
        )
        if name:
            page.goto("/admin/")
            page.get_by_label("Username").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()
        return page

    yield enter
    for context in contexts:
        context.close()
    assert not faults, faults


def test_a_post_becomes_a_story_with_its_provenance_in_a_minute(people, feed, settings):
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)
    settings.FETCH_ALLOW = [feed.host]
    make_section(name="World", position=1)
    feed.bring(OLD, "Ships above 30 metres wait outside.")
    call_command("source", "add", feed.url, name="Harbour Watch", release="auto")
    call_command("source", "poll", "Harbour Watch")

    # A reader has the front page open.
    reader = people()
    reader.goto("/")
    rail = reader.get_by_role("complementary", name="Live wire")
    expect(rail.locator("li", has_text=OLD)).to_be_visible()
    expect(rail.locator("live-wire")).to_have_attribute("data-state", "live")
    reader.evaluate("window.sameDocument = true")

    # Ines has the wire desk open.
    ines = people("ines")
    ines.goto("/admin/wire/item/")
    expect(ines.locator("wire-news")).to_have_attribute("data-state", "live")

    # A post arrives, and shows on the rail without a reload.
    feed.bring(NEWS, "Kestrel Bay, 92 tonnes of pull, is due in seven hours.")
    call_command("source", "poll", "Harbour Watch")
    expect(rail.locator("li").first).to_contain_text(NEWS)
    assert reader.evaluate("window.sameDocument") is True

    # Ines is told, makes a draft of it, edits it and submits it.
    ines.get_by_role("button", name="1 new: show").click()
    ines.get_by_role("row", name=NEWS).get_by_role("checkbox").check()
    ines.get_by_label("Action:").select_option(label="Start a draft")
    ines.get_by_role("button", name="Run").click()
    expect(ines.get_by_label("Headline", exact=True)).to_have_value(NEWS)
    ines.get_by_label("Headline", exact=True).fill("Third tug on the way to the tanker")
    ines.get_by_label("Standfirst", exact=True).fill("She is due in seven hours.")
    body = ines.get_by_role("textbox", name="Body")
    expect(body.locator("blockquote")).to_contain_text("Kestrel Bay")
    body.click()
    ines.keyboard.press("Control+End")
    ines.keyboard.press("Enter")
    ines.keyboard.type("The harbour master confirmed it to us.")
    expect(body).to_contain_text("confirmed it to us")
    ines.keyboard.press("Control+s")
    expect(ines.get_by_text("Saved as revision 2.")).to_be_visible()
    expect(ines.get_by_role("region", name="Evidence")).to_contain_text("Harbour Watch")
    ines.get_by_role("button", name="Submit").click()
    expect(ines.get_by_text("the article is in edit now")).to_be_visible()

    # Edda, who wrote none of it, finds it on the board and approves.
    edda = people("edda")
    edda.get_by_role("region", name="In edit").get_by_role("link").last.click()
    edda.get_by_role("button", name="Approve").click()
    expect(edda.get_by_text("the article is ready now")).to_be_visible()

    # Vera publishes it.
    vera = people("vera")
    vera.get_by_role("region", name="Ready").get_by_role("link").last.click()
    vera.get_by_role("button", name="Publish", exact=True).click()
    expect(vera.get_by_text("the article is live now")).to_be_visible()

    # The open front page says so, and shows it; so do the section and the API.
    expect(reader.get_by_text("The front page has changed")).to_be_visible()
    reader.goto("/")
    story = reader.get_by_role("main").get_by_role(
        "link", name="Third tug on the way to the tanker"
    )
    expect(story.first).to_be_visible()
    reader.goto("/world/")
    expect(reader.get_by_role("main")).to_contain_text(
        "Third tug on the way to the tanker"
    )
    listed = reader.request.get("/api/v1/articles/").json()
    (article,) = listed["data"]
    assert article["headline"] == "Third tug on the way to the tanker"

    # Its provenance names the post, and leads to it.
    reader.goto(article["url"])
    expect(reader.get_by_role("article")).to_contain_text("confirmed it to us")
    ledger = reader.get_by_role("region", name="Wire provenance")
    expect(ledger).to_contain_text("Harbour Watch")
    expect(ledger).to_contain_text(NEWS)
    ledger.get_by_role(
        "link", name=re.compile("^Third tug leaves Kastel")
    ).first.click()
    expect(reader).to_have_url(re.compile(r"/wire/[0-9a-f-]{36}/$|/posts/2$"))
    proof = reader.request.get(f"{article['url']}provenance.json").json()
    assert [row["url"] for row in proof["evidence"]] == [f"http://{feed.host}/posts/2"]
