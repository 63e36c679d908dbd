"""The three custom elements, in a real browser."""

from datetime import UTC, datetime, timedelta

import pytest

from markets.clocks import clocks_html
from markets.exchange_status import Opening, opening_html
from markets.trading_hours import Phase, State

pytestmark = pytest.mark.browser

NOW = datetime(2026, 6, 25, 20, 19, 30, tzinfo=UTC)
OPENS = datetime(2026, 6, 26, 13, 30, tzinfo=UTC)


@pytest.fixture
def stage(page, request):
    """A page with one element's script and markup, its clock at `NOW`."""
    scripts = request.config.rootpath / "newsroom" / "static" / "js"

    def show(element, markup, now=NOW):
        page.clock.install(time=now)
        page.route(
            "**/*",
            lambda route: route.fulfill(
                body=STRIP if "/markets/strip/" in route.request.url else "<p></p>",
                content_type="text/html",
            ),
        )
        page.goto("http://paper.example/")
        page.set_content(f"<body>{markup}</body>")
        page.add_script_tag(content=(scripts / f"{element}.js").read_text())
        return page

    return show


def text(page, selector):
    return " ".join(page.locator(selector).inner_text().split())


def nyse():
    return opening_html(
        Opening(
            name="NYSE",
            now=NOW,
            state=State(phase=Phase.POST, changes_at=OPENS),
            following=State(phase=Phase.OPEN, changes_at=OPENS + timedelta(hours=6.5)),
        )
    )


def test_the_countdown_counts_and_passes_the_opening(stage):
    page = stage("exchange-state", nyse())
    assert text(page, "p") == "NYSE closed · opens in 17h 10m"

    page.clock.run_for(60_000)
    assert text(page, "p") == "NYSE closed · opens in 17h 9m"

    page.clock.fast_forward(17 * 3600_000 + 10 * 60_000)
    page.clock.run_for(60_000)
    assert text(page, "p").startswith("NYSE open · closes in 6h 2")
    assert page.locator("p").get_attribute("data-phase") == "open"

    page.clock.fast_forward(10 * 3600_000)
    page.clock.run_for(60_000)
    assert "in" not in text(page, "time")


def test_a_reader_whose_clock_is_a_year_off_sees_the_servers_countdown(stage):
    page = stage("exchange-state", nyse(), now=NOW - timedelta(days=365))

    assert text(page, "p") == "NYSE closed · opens in 17h 10m"


def test_the_clocks_move_and_keep_their_names(stage):
    page = stage("world-clock", clocks_html(NOW))
    page.clock.run_for(61_000)

    assert text(page, "ul") == (
        "UTC 20:20 EDT 16:20 BST 21:20 CEST 22:20 JST 05:20 Fri HKT 04:20 Fri"
    )


def test_a_clock_changes_its_name_when_the_clocks_change(stage):
    before = datetime(2026, 10, 25, 0, 59, 30, tzinfo=UTC)
    page = stage("world-clock", clocks_html(before), now=before)
    assert "BST 01:59" in text(page, "ul")

    page.clock.run_for(61_000)

    assert "GMT 01:00" in text(page, "ul")


def chip(price):
    return f'<li data-symbol="SPY"><a href="/markets/SPY/">SPY {price}</a></li>'


STRIP = f"<ul>{chip(3)}</ul>"
MARKUP = (
    f"<market-strip><ul>{chip(1)}<li data-symbol='QQQ'>QQQ 9</li></ul></market-strip>"
)


def test_a_new_price_takes_its_place_and_keeps_the_readers_focus(stage):
    page = stage("market-strip", MARKUP)
    page.locator("a").focus()

    page.evaluate(
        "chips => document.dispatchEvent("
        "new CustomEvent('live:quotes', { detail: { chips } }))",
        {"SPY": chip(2), "GME": "<li data-symbol='GME'>GME 5</li>"},
    )

    assert text(page, "ul") == "SPY 2 QQQ 9"
    assert page.evaluate("document.activeElement.textContent") == "SPY 2"


def test_without_news_the_strip_asks_for_itself(stage):
    page = stage("market-strip", MARKUP)

    page.clock.run_for(95_000)

    page.locator("a", has_text="SPY 3").wait_for(timeout=3000)
