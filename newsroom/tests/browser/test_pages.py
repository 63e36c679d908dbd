"""The pages in a real browser: nothing serious for axe, nothing moves, nothing overflows."""

import gzip
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.db import connection, connections
from pytest_django.live_server_helper import LiveServer

from articles import notices
from articles.models import Article
from articles.tests.factories import (
    HOUR,
    NINE,
    make_article,
    make_author,
    make_section,
    make_topic,
    make_user,
)
from markets import loading
from wire.tests.factories import make_item, make_source

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
LONG = "".join(
    f"<h2>Part {n}</h2><p>{'The ferry left at six and nobody was told why. ' * 6}</p>"
    for n in range(4)
)
ARABIC = "وصول سفينة محملة بالقمح إلى الرصيف 14 بعد تأخير ست ساعات"
WIDTHS = (1440, 1024, 768, 360)


@pytest.fixture(scope="module")
def addresses(django_db_setup, django_db_blocker):
    """A small paper, committed for the server's threads, for all tests of this module."""
    with django_db_blocker.unblock():
        server = LiveServer("localhost")
        try:
            yield {name: server.url + path for name, path in paper().items()}
        finally:
            server.stop()
            alone()
            call_command("flush", interactive=False, verbosity=0)
            connections.close_all()


def alone():
    """End the sessions of the server's threads; the last requests may still be open."""
    with connection.cursor() as cursor:
        for _ in range(50):
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.1)


def paper():
    """Print the paper; return the address of each kind of page by name."""
    loading.load()
    author, topic = make_author(name="Ines Halvorsen"), make_topic(slug="pilotage")
    world = make_section(name="World", position=1)
    opinion = make_section(name="Opinion", is_opinion=True, position=2)
    source = make_source(name="Harbour Watch")
    make_item(make_source(name="مرصد"), now=NINE + HOUR, text=ARABIC, headline="")
    item = make_item(source, external_id="a", text="🇱🇧 Two tugs are out. " * 30)
    make_item(source, external_id="a", text="Three tugs are out.", now=NINE + HOUR)
    for n in range(6):
        make_article(
            status="live", headline=f"The harbour reports number {n} of the day",
            section=world, prominence=1 + n // 2, topics=[topic], now=NINE + n * HOUR,
            standfirst="Nobody is hurt, and the cause is not known.",
            bylines=[(author, "in Holmgate")],
        )  # fmt: skip
    make_article(status="live", headline="A view", section=opinion, kind="opinion")
    story = make_article(
        status="live", headline="A laden tanker runs aground in the strait",
        section=world, body=LONG, evidence=item.current_version(),
        framing="We keep the two accounts apart.", topics=[topic],
    )  # fmt: skip
    notices.add(
        story, "correction", "She is laden, not empty.", by=make_user(), now=NINE
    )
    story = Article.objects.select_related("section").get(pk=story.pk)
    return {
        "front": "/",
        "story": story.get_absolute_url(),
        "history": f"{story.get_absolute_url()}history/",
        "section": "/world/",
        "author": "/authors/ines-halvorsen/",
        "issues": "/issues/",
        "issue": f"/issues/{story.published_on}/",
        "wire": "/wire/",
        "post": f"/wire/{item.public_id}/",
        "markets": "/markets/",
        "instrument": "/markets/SPY/",
        "search": "/search/?q=harbour",
        "corrections": "/corrections/",
        "about": "/about/accessibility/",
        "missing": "/nowhere/at/all/",
    }


@pytest.fixture
def wide(browser):
    """Open a page at a width and in a theme; close all of them afterwards."""
    contexts = []

    def opened(address, *, width=1440, **options):
        page = _open(browser, address, width=width, **options)
        contexts.append(page.context)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def sheets(browser, addresses):
    """Every kind of page, opened once at 1440 px, by its name."""
    pages = {name: _open(browser, address) for name, address in addresses.items()}
    yield pages
    for page in pages.values():
        page.context.close()


def _open(browser, address, *, width=1440, **options):
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda said: _keep(page, said))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(address, wait_until="load")
    return page


def _keep(page, said):
    # The live stream is the shell's, and no shell runs behind this server.
    if said.type == "error" and "/live/" not in said.location.get("url", ""):
        page.complaints.append(said.text)


def serious(page):
    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:160]}: {v['nodes'][0]['failureSummary']}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


def test_axe_finds_nothing_serious_on_any_page_in_either_theme(sheets):
    faults = {}
    for name, page in sheets.items():
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            if found := serious(page):
                faults[name, theme] = found
        page.emulate_media(color_scheme="light")
    assert not faults


def test_axe_finds_nothing_serious_on_a_telephone(sheets):
    faults = {}
    for name in ("front", "story", "wire", "markets"):
        sheets[name].set_viewport_size({"width": 360, "height": 900})
        if found := serious(sheets[name]):
            faults[name] = found
    assert not faults


def test_no_page_scrolls_sideways_at_any_width_or_at_twice_the_size(sheets):
    faults = []
    for name, page in sheets.items():
        for width in (*WIDTHS, 720, 320):  # 1440 at 200 % is 720
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate(
                "document.documentElement.scrollWidth"
                " - document.documentElement.clientWidth"
            )
            if over > 0:
                faults.append((name, width, over))
    assert not faults


def test_nothing_complains_and_nothing_breaks_the_policy(sheets):
    complaints = {name: page.complaints for name, page in sheets.items()}
    # The page that is missing says so in the console too; that is its job.
    missing = complaints.pop("missing")
    assert all("404" in words for words in missing)
    assert not {name: words for name, words in complaints.items() if words}


def test_nothing_moves_after_the_first_paint(addresses, wide):
    for name in ("front", "story", "wire"):
        page = wide(addresses[name])
        page.wait_for_timeout(400)
        shift = page.evaluate(
            """() => new Promise(done => {
              let sum = 0
              new PerformanceObserver(list => {
                for (const entry of list.getEntries()) sum += entry.value
              }).observe({ type: "layout-shift", buffered: true })
              setTimeout(() => done(sum), 300)
            })"""
        )
        assert shift < 0.02, name


def test_every_page_is_whole_without_javascript(addresses, wide):
    page = wide(addresses["front"], java_script_enabled=False)
    rail = page.locator("aside[aria-label='Live wire']")
    assert rail.locator("li").count() == rail.locator("li time[datetime]").count() > 2
    assert page.locator("section[aria-label='Markets'] li").count() == 34
    assert page.locator("ul[aria-label='World clocks'] time").count() == 6
    page = wide(addresses["story"], java_script_enabled=False)
    assert page.locator("section[aria-label='Wire provenance'] tbody tr").count() == 1


def test_the_theme_a_reader_chooses_holds_on_the_next_page(addresses, wide):
    page = wide(addresses["front"], color_scheme="light")

    def ground():
        return page.evaluate(
            "getComputedStyle(document.documentElement).backgroundColor"
        )

    light = ground()
    page.get_by_role("button", name="Dark theme").click()
    dark = ground()
    assert dark != light
    page.goto(addresses["about"])
    assert ground() == dark
    assert (
        page.get_by_role("button", name="Dark theme").get_attribute("aria-pressed")
        == "true"
    )


def test_the_first_key_skips_to_the_text_and_the_focus_is_seen(addresses, wide):
    page = wide(addresses["front"])
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the text"
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Tab")
    outline = page.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"


def test_a_reader_elsewhere_sees_their_own_time_beside_ours(addresses, wide):
    page = wide(addresses["story"], timezone_id="Asia/Tokyo", locale="en-GB")
    local = page.locator(".story__times local-time").first
    local.wait_for()
    assert local.inner_text().startswith("(")
    assert "UTC" in page.locator(".story__times").inner_text()


def test_a_post_runs_in_its_own_direction(addresses, wide):
    rows = wide(addresses["wire"]).locator("li.wire-row")
    arabic = rows.filter(has_text=ARABIC[:10]).locator("[dir=auto]").first
    english = rows.filter(has_text="Ferry service").locator("[dir=auto]").first
    direction = "e => getComputedStyle(e).direction"
    assert arabic.evaluate(direction) == "rtl"
    assert english.evaluate(direction) == "ltr"


def test_print_shows_the_addresses_and_hides_the_machinery(addresses, wide):
    page = wide(addresses["story"])
    page.emulate_media(media="print")
    for hidden in (".bar", ".masthead__nav", ".story__jump"):
        assert not page.locator(hidden).first.is_visible()
    assert page.locator("section[aria-label='Wire provenance']").is_visible()
    after = page.locator(".provenance a[href^='http']").first.evaluate(
        "e => getComputedStyle(e, '::after').content"
    )
    assert "https://" in after


def test_scripts_weigh_less_than_fifteen_kilobytes(addresses, wide):
    page = wide(addresses["front"])
    sources = page.locator("script[src]").evaluate_all("all => all.map(s => s.src)")
    bodies = [page.request.get(source).body() for source in sources]
    assert sum(len(gzip.compress(body)) for body in bodies) < 15_000
    assert len(gzip.compress(page.request.get(addresses["front"]).body())) < 60_000
