"""The rail in a real browser: it moves, it waits while somebody reads, it comes back."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import uvicorn

from foundation.cursors import TransactionCursor
from newsroom.edge.asgi_app import AsgiApplication
from newsroom.edge.uvicorn_fast_path import FastPathProtocol
from newsroom.edge.wsgi_bridge import threaded
from newsroom.live import hub as hub_module
from newsroom.live.hub import WireChange
from newsroom.live.stream import Stream
from newsroom.tests.edge.kit import make_house
from newsroom.tests.live.test_hub import World

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).resolve().parents[2] / "static" / "js" / "live-wire.js"
PAGE = """<!doctype html><title>Rail</title>
<style>ol {{ height: 300px; overflow: auto; margin-top: 200px }} li {{ height: 40px }}</style>
<h1>Paper</h1><aside><live-wire>
<div class="rail__head"><h2>Live wire</h2></div><ol tabindex="0">{rows}</ol>
</live-wire></aside><script type="module" src="/live-wire.js"></script>
<script>window.told = []; for (const name of ["quotes", "front"])
document.addEventListener("live:" + name, e => told.push([name, e.detail]))</script>"""


def row(number, text=""):
    return f'<li data-item="p{number}"><a href="#p{number}">{text or f"Post {number}"}</a></li>'


class Wire(World):
    """A ledger of posts that can be changed after they came."""

    def __init__(self, **fields):
        super().__init__(**fields)
        self.told = []
        self.hub._since = self.since

    async def since(self, cursor, limit):
        at = TransactionCursor.parse(cursor).xid
        return self.told[at : at + limit], f"{min(len(self.told), at + limit)}-0"

    def tell(self, number, *, kind="new", text="", public=True):
        data = {"id": f"p{number}", "kind": kind, "public": public, "at": "",
                "row": row(number, text) if public else ""}  # fmt: skip
        self.told.append(WireChange(cursor=f"{len(self.told) + 1}-0", data=data))
        self.hub.notify("wire")


class Silent:
    listening = True

    def start(self):
        pass

    def stop(self):
        pass


class Site:
    """A paper with a rail, served by uvicorn in a thread."""

    def __init__(self, **fields):
        self.wire = Wire(**fields)
        self.port = self.server = None

    def __enter__(self):
        house = make_house(
            work=lambda environ: (
                SCRIPT.read_text()
                if environ["PATH_INFO"].endswith(".js")
                else PAGE.format(rows="".join(row(n) for n in range(40)))
            )
        )
        script = [("Content-Type", "text/javascript")]

        def app(environ, start_response):
            house.paper.headers = script if environ["PATH_INFO"].endswith(".js") else [
                ("Content-Type", "text/html")]  # fmt: skip
            return house.paper(environ, start_response)

        threads = ThreadPoolExecutor(1)
        hub = self.wire.hub
        house.page_cache._render._app = app
        shell = AsgiApplication(
            house.page_cache, threaded(app, threads), threads=threads,
            hub=hub, make_listener=lambda notify: Silent(),
            endpoints={"/live/": Stream(hub).live, "/live/poll": Stream(hub).poll},
        )  # fmt: skip
        house.page_cache.host_is_ours = lambda host: True
        listening = socket.create_server(("127.0.0.1", self.port or 0))
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(
            shell,
            http=FastPathProtocol,
            log_config=None,
            lifespan="on",
            proxy_headers=False,
        )
        self.server = uvicorn.Server(config)
        self.loop = None

        def serve():
            async def main():
                self.loop = asyncio.get_running_loop()
                await self.server.serve(sockets=[listening])

            asyncio.run(main())

        self.thread = threading.Thread(target=serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.should_exit = True
        self.thread.join(10)
        assert not self.thread.is_alive()

    def do(self, work, *arguments, **fields):
        self.loop.call_soon_threadsafe(lambda: work(*arguments, **fields))


@pytest.fixture(autouse=True)
def no_error_on_the_page(page):
    """A script that throws fails the test."""
    errors = []
    page.set_default_timeout(8000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield
    assert errors == []


def opened(page, site, *, state="live"):
    page.goto(f"http://127.0.0.1:{site.port}/")
    page.mouse.move(5, 5)
    page.wait_for_selector(f'live-wire[data-state="{state}"]')


def first_row(page):
    return page.locator("live-wire ol > li").first


def test_a_new_post_goes_in_at_the_top_without_a_reload(page):
    with Site() as site:
        opened(page, site)
        site.do(site.wire.tell, 100)
        page.wait_for_selector('li[data-item="p100"]')
        assert first_row(page).get_attribute("data-item") == "p100"


def test_while_somebody_reads_new_posts_wait_behind_a_count(page):
    with Site() as site:
        opened(page, site)
        page.hover('li[data-item="p3"]')
        for n in (100, 101):
            site.do(site.wire.tell, n)
        page.wait_for_selector("text=2 new")
        assert page.locator('li[data-item="p100"]').count() == 0
        page.click(".live-pill")
        assert first_row(page).get_attribute("data-item") == "p101"
        assert page.locator(".live-pill").is_hidden()
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#p101"


def test_a_paused_rail_does_not_move(page):
    with Site() as site:
        opened(page, site)
        page.click("text=Pause")
        page.mouse.move(5, 5)
        site.do(site.wire.tell, 100)
        page.wait_for_selector("text=1 new")
        assert first_row(page).get_attribute("data-item") == "p0"
        page.click("text=Pause")
        page.wait_for_selector('li[data-item="p100"]')


def test_a_scrolled_rail_stays_where_it_is(page):
    with Site() as site:
        opened(page, site)
        page.evaluate("document.querySelector('ol').scrollTop = 400")
        site.do(site.wire.tell, 100)
        page.wait_for_selector("text=1 new")
        assert page.evaluate("document.querySelector('ol').scrollTop") == 400


def test_a_changed_post_is_put_right_in_place_and_one_taken_back_leaves(page):
    with Site() as site:
        opened(page, site)
        site.do(site.wire.tell, 2, kind="withdrawn", text="Struck through")
        site.do(site.wire.tell, 4, kind="held", public=False)
        page.wait_for_selector("text=Struck through")
        page.wait_for_selector('li[data-item="p4"]', state="detached")
        assert page.locator("ol > li").nth(2).get_attribute("data-item") == "p2"
        assert page.locator("ol > li").count() == 39


def test_quotes_and_a_changed_front_are_told_to_the_page(page):
    with Site() as site:
        opened(page, site)
        site.wire.prices = {"GOLD": "<li data-symbol=GOLD>1</li>"}
        site.do(site.wire.hub.notify, "quotes")
        site.do(site.wire.hub.notify, "front")
        page.wait_for_function("told.length === 2")
        told = dict(page.evaluate("told"))
        assert told["quotes"]["chips"] == site.wire.prices
        assert page.get_by_text("The front page has changed").is_visible()


def test_after_a_restart_of_the_server_the_rail_goes_on_and_misses_nothing(
    page, monkeypatch
):
    monkeypatch.setattr(hub_module, "RETRY", (100, 200))
    site = Site()
    with site:
        opened(page, site)
        site.do(site.wire.tell, 100)
        page.wait_for_selector('li[data-item="p100"]')
    told = site.wire.told
    site.wire = Wire()
    site.wire.told = told
    site.wire.tell(101)  # while nobody served
    with site:
        page.wait_for_selector('li[data-item="p101"]')
        site.do(site.wire.tell, 102)
        page.wait_for_selector('li[data-item="p102"]')
        order = page.locator("ol > li").evaluate_all(
            "all => all.map(li => li.dataset.item)"
        )
        assert order[:4] == ["p102", "p101", "p100", "p0"]


def test_when_no_seat_is_free_the_rail_asks_instead(page):
    page.add_init_script(
        "window.setTimeout = (f, ms) => window.setInterval(f, ms / 50)"
    )
    with Site(most=0) as site:
        opened(page, site, state="polling")
        site.do(site.wire.tell, 100)
        page.wait_for_selector('li[data-item="p100"]')
