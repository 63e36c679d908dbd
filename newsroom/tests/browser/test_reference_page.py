"""The reference page stands in our paper, and each of its faults is put right.

A captured page of another paper is read from beside the captured data and loaded through
the wire, the markets and the desk; then our pages are asked for at the instant it was
captured. One test a row of the table of its faults.
"""

import json
from datetime import timedelta
from decimal import Decimal
from unittest import mock

import pytest
import regex
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from lxml import html

from articles import checks, provenance, questions
from articles.models import Issue, OpenQuestion
from articles.tests.factories import make_user
from conftest import missing
from markets.number_format import MINUS
from newsroom.tests.browser import reference
from newsroom.tests.browser.reference import AT, LABELS, MINUTE, PROXIES, SYMBOLS
from wire.connectors.base import Post
from wire.models import Item

pytestmark = pytest.mark.django_db
FAMILY = "👨‍👩‍👧‍👦"  # one letter to a reader, seven to a machine


@pytest.fixture(scope="module")
def seed(shared_data):
    """What the captured page says."""
    pages = sorted((shared_data.parent / "seed").glob("*.txt"))
    if not pages:
        missing(f"no reference page in {shared_data.parent / 'seed'}")
    return reference.read(pages[0].read_text())


@pytest.fixture(scope="module")
def paper(seed, django_db_setup, django_db_blocker):
    """The page in our paper, loaded once; each test changes it for itself alone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield reference.load(seed)
        transaction.set_rollback(True)


@pytest.fixture
def read(client, seed, settings):
    """Read a page as it is at an instant, by default that of the captured page."""
    settings.PAPER_NAME = seed.name

    def answer(address, *, at=AT):
        with mock.patch.object(timezone, "now", return_value=at):
            response = client.get(address)
        assert response.status_code == 200, (address, response.content[:300])
        return html.fromstring(response.content.decode())

    return answer


def words(element) -> str:
    return " ".join(element.text_content().split())


def letters(text: str) -> list[str]:
    """What a reader takes for letters, flags and families included."""
    return regex.findall(r"\X", text)


def one(page, path):
    (found,) = page.xpath(path)
    return found


def rail(page):
    return page.xpath("//aside[@aria-label='Live wire']//li")


def source_of(row) -> str:
    return words(one(row, ".//a[@class='wire-row__source']"))


def standing_of(row) -> str:
    return words(one(row, ".//span[starts-with(@class, 'standing ')]"))


def row_of(item, page):
    (row,) = [row for row in rail(page) if row.get("data-item") == str(item.public_id)]
    return row


def chips(page) -> dict:
    items = page.xpath("//section[@aria-label='Markets']//li[@data-symbol]")
    return {item.get("data-symbol"): item for item in items}


# Everything on it is there


def test_the_page_as_captured_has_eight_posts_34_prices_and_an_article(seed):
    assert (len(seed.posts), len(seed.quotes), len(seed.clocks)) == (8, 34, 6)
    assert [tag for tag, _ in seed.parts].count("h2") == 5
    assert len(seed.parts) == 15
    assert len(seed.links) == 2


def test_the_article_stands_whole_with_headings_byline_framing_and_section(paper, read):
    seed, page = paper.seed, read(paper.address)
    text = one(page, "//div[@class='story__body']")
    for mark in text.xpath(".//sup"):
        mark.drop_tree()
    parts = [(part.tag, words(part)) for part in text]

    assert parts == [(tag, " ".join(part.split())) for tag, part in seed.parts]
    assert words(one(page, "//article//h1")) == seed.headline
    assert words(one(page, "//p[@class='story__standfirst']")) == seed.standfirst
    assert words(one(page, "//p[@class='story__kicker']")).startswith(seed.section)
    assert f"By {seed.byline}" in words(one(page, "//div[@class='story__byline']"))
    framing = one(page, "//section[@aria-label='How we framed this']/p")
    assert words(framing) == seed.framing
    published = one(page, "//p[@class='story__times']/time[1]/@datetime")
    assert published == "2026-06-25T20:19:30Z"


def test_the_article_is_on_the_front_page_with_the_rail_and_the_strip(paper, read):
    page = read("/")
    headline = one(page, f"//main//a[@href='{paper.address}'][text()]")

    assert words(headline) == paper.seed.headline
    assert len(rail(page)) == 8
    assert list(chips(page)) == SYMBOLS


def test_the_footer_names_the_paper_and_the_year(paper, read):
    footer = words(one(read("/"), "//footer"))
    assert f"© 2026 {paper.seed.name} · {paper.seed.footer.strip()}" in footer


# The faults, row by row


def test_the_masthead_is_computed_and_an_edition_of_another_day_is_refused(paper, read):
    seed = paper.seed
    for address in ("/", paper.address):
        header = words(one(read(address), "//header[contains(@class, 'masthead')]"))
        for fact in (seed.name, seed.issue, seed.long_date, seed.updated):
            assert fact in header, fact
        assert "Thursday Ed." in header
        assert seed.edition not in header

    issue = Issue.objects.get(date=reference.DAY)
    issue.edition = seed.edition
    with pytest.raises(ValidationError, match="a Thursday, not a Saturday"):
        issue.full_clean()
    Issue.objects.filter(pk=issue.pk).update(edition=seed.edition)  # past every door
    assert "Saturday" not in words(one(read("/"), "//header"))


def test_the_number_follows_a_rule_and_stays_once_the_issue_is_closed(
    paper, read, settings
):
    assert paper.seed.issue == "Vol. I · No. 176"
    assert reference.DAY.timetuple().tm_yday == 176
    issue = Issue.objects.get(date=reference.DAY)
    assert (issue.volume, issue.number) == (1, 176)

    issue.close(by=make_user(), now=AT)
    settings.PAPER_NUMBERING = "counter"
    settings.PAPER_VOLUME_ONE = 2020
    header = words(one(read("/"), "//header[contains(@class, 'masthead')]"))
    assert "Vol. I · No. 176" in header


def test_a_fund_that_stands_for_an_index_or_a_good_is_named_as_the_fund(paper, read):
    strip = chips(read("/"))
    table = read("/markets/")

    found = {
        symbol for symbol, chip in strip.items() if chip.get("data-kind") == "proxy"
    }
    assert found == PROXIES
    for symbol, label in zip(SYMBOLS, LABELS, strict=True):
        if symbol not in PROXIES:
            continue
        chip = strip[symbol]
        assert words(one(chip, ".//span[@class='quote-label']")) == symbol != label
        assert words(one(chip, ".//span[@class='quote-proxy']")).startswith("tracks ")
        row = one(table, f"//tr[@data-symbol='{symbol}']")
        assert "US dollars a share" in words(row)
        assert one(row, ".//data").text.startswith("$")
    assert "tracks S&P 500" in words(strip["SPY"])


def test_every_price_is_the_one_of_the_page_with_its_unit(paper, read):
    strip = chips(read("/"))
    for symbol, quote in zip(SYMBOLS, paper.seed.quotes, strict=True):
        data = one(strip[symbol], ".//data")
        assert Decimal(data.get("value")) == quote.value
        unit = one(strip[symbol], ".//data/following-sibling::span[1]")
        assert words(unit).rstrip(",")
    assert words(one(strip["IXIC"], ".//data")) == "25,359.00"
    assert "index points" in words(strip["IXIC"])
    assert "yen for a US dollar" in words(strip["USDJPY"])


def test_a_change_has_sign_arrow_and_word_and_what_is_unknown_is_a_dash(paper, read):
    strip, table = chips(read("/")), read("/markets/")
    for n, (symbol, quote) in enumerate(zip(SYMBOLS, paper.seed.quotes, strict=True)):
        chip = one(strip[symbol], ".//span[@class='quote-change']")
        percent = words(one(chip, ".//span[@class='quote-percent']"))
        arrow = words(one(chip, ".//span[@class='quote-arrow']"))
        word = words(one(chip, ".//span[@class='visually-hidden']"))
        if not quote.percent:
            assert (percent, arrow, word) == ("–", "", "change unknown")
            assert chip.get("data-direction") == "unknown"
            continue
        sign, arrow_is, word_is = (MINUS, "▼", "down") if n % 2 else ("+", "▲", "up")
        assert percent == f"{sign}{quote.percent}%"
        assert (arrow, word) == (arrow_is, word_is)
        cell = one(
            table, f"//tr[@data-symbol='{symbol}']/td[contains(@class, 'percent')]"
        )
        assert words(cell) == percent
    assert "0.00%" not in "".join(map(words, strip.values()))
    assert "0.00%" not in words(one(table, "//main"))


def test_every_price_says_when_it_was_made_by_whom_and_how_late_it_is(paper, read):
    strip, table = chips(read("/")), read("/markets/")
    made = {
        "SPY": ("2026-06-25T20:00:00+00:00", "Example quotes", "15 min"),
        "BTC": ("2026-06-25T20:18:30+00:00", "CoinGecko", "live"),
        "EURUSD": ("2026-06-25T14:15:00+00:00", "European Central Bank", "fixing"),
    }
    for symbol in SYMBOLS:
        (note,) = strip[symbol].xpath(".//small/time")
        assert note.get("datetime").startswith("2026-06-25T")
        assert words(note)
        *_, as_of, source, delay = one(table, f"//tr[@data-symbol='{symbol}']").xpath(
            "td"
        )
        assert one(as_of, "./time/@datetime").startswith("2026-06-25T")
        assert words(source) in ("Example quotes", "CoinGecko", "European Central Bank")
        assert words(delay)
        if symbol in made:
            at, who, late = made[symbol]
            assert note.get("datetime") == at
            assert words(source) == who
            assert late in words(delay)


def test_what_is_stale_is_marked_and_judged_against_the_session(paper, read):
    states = {
        symbol: chip.get("data-state") for symbol, chip in chips(read("/")).items()
    }
    assert states["SPY"] == "closed"  # the last price of the day is no stale one
    assert (states["BTC"], states["EURUSD"]) == ("fresh", "fresh")
    assert "close 25 Jun" in words(chips(read("/"))["SPY"])

    dawn = chips(read("/", at=AT + timedelta(hours=12)))  # New York still sleeps
    assert dawn["SPY"].get("data-state") == "closed"
    assert dawn["BTC"].get("data-state") == "stale"
    noon = chips(read("/", at=AT + timedelta(hours=20)))
    assert noon["SPY"].get("data-state") == "stale"
    assert "stale, from 25 Jun 20:00 UTC" in words(noon["SPY"])


def test_the_exchange_says_that_it_is_closed_and_when_it_opens(paper, read):
    for address in ("/", paper.address):
        state = one(read(address), "//p[@class='exchange-state']")
        assert words(state) == f"NYSE closed · opens in {paper.seed.countdown}"
        opens = one(state, ".//time/@datetime")
        assert opens == "2026-06-26T13:30:00+00:00"


def test_clocks_bear_the_name_their_zone_has_in_june(paper, read):
    clocks = [
        (words(one(clock, ".//abbr")), words(one(clock, ".//time")))
        for clock in read("/").xpath("//ul[@aria-label='World clocks']/li")
    ]
    right = {"GMT": "BST", "CET": "CEST"}

    assert clocks == [(right.get(name, name), time) for name, time in paper.seed.clocks]
    assert {"EDT", "BST", "CEST"} <= {name for name, _ in clocks}


def test_sources_and_words_of_the_rail_are_whole_and_in_order(paper, read):
    rows = rail(read("/"))
    for row, post in zip(rows, paper.seed.posts, strict=True):
        assert source_of(row) == reference.SOURCES[post.label]
        text = one(row, ".//p[@class='wire-row__text']")
        assert words(text) == " ".join(post.text.split())
        at = one(row, ".//time")
        assert at.get("datetime") == f"{post.at:%Y-%m-%dT%H:%M:%SZ}"
        assert words(at) == f"{post.at:%H:%M}"
    assert max(map(len, reference.SOURCES.values())) > 10
    flags = rows[0].xpath(".//span[@class='flag']/@aria-label")
    assert flags == ["Lebanon", "Iran"]


def test_a_long_post_is_cut_between_letters_with_all_of_it_one_click_away(paper, read):
    long = "It is quiet here. " * 13 + "A" * 4 + FAMILY * 20 + " and more to come."
    source = paper.items[0].source
    post = Post(external_id="long", text=long, source_time=AT, url="")
    item = reference.keep(source, post, now=AT)
    row = rail(read("/"))[0]
    short = one(row, ".//summary/span[1]").text_content().rstrip("…").rstrip()

    assert len(letters(short)) < len(letters(long))
    assert long.startswith(short)
    assert letters(short) == letters(long)[: len(letters(short))]
    assert short.endswith(FAMILY)
    assert one(row, ".//details/p").text_content() == long
    link = one(row, ".//a[@class='wire-row__time']/@href")
    assert link == item.get_absolute_url()
    assert one(read(link), "//div[@class='post__text']").text_content() == long


def test_line_breaks_are_kept(paper, read):
    item = next(item for item in paper.items if "\n\n" in item.text)
    text = one(read(item.get_absolute_url()), "//div[@class='post__text']")

    assert text.text_content() == item.text
    assert "drone.\n\nUKMTO" in item.text
    row = row_of(item, read("/"))
    assert "drone. UKMTO" in words(row)


def test_a_repost_is_shown_as_a_repost_of_its_origin(paper, read):
    (post,) = [post for post in paper.seed.posts if post.text.startswith("RT @")]
    (item,) = [item for item in paper.items if item.repost_name]
    name = post.text.removeprefix("RT ").partition(":")[0]
    row = row_of(item, read("/"))
    page = read(item.get_absolute_url())

    assert words(one(row, ".//p[@class='wire-row__repost']")) == f"Reposted from {name}"
    assert f"Reposted from {name}. The words are theirs." in words(
        one(page, "//article")
    )
    assert post.author in words(one(page, "//dl"))


def test_each_source_is_let_through_at_once_after_a_delay_or_by_the_desk(paper, read):
    desk = reference.make_source("Raw Desk", url="https://t.me/s/raw1", release="desk")
    late = reference.make_source(
        "Raw Late", url="https://t.me/s/raw2", release="delay", delay=10 * MINUTE
    )
    post = Post(external_id="raw", text="Artillery, I hear.", source_time=AT)
    held = reference.keep(desk, post, now=AT)
    delayed = reference.keep(late, post, now=AT)

    assert held.public_at is None
    assert "Raw Desk" not in [source_of(row) for row in rail(read("/"))]
    assert str(held.public_id) not in html.tostring(read("/wire/"), encoding="unicode")
    assert not Item.objects.public(AT + 9 * MINUTE).filter(pk=delayed.pk).exists()
    assert Item.objects.public(AT + 10 * MINUTE).filter(pk=delayed.pk).exists()

    held.let_through(by=make_user("wire"), now=AT)
    shown = [row.get("data-item") for row in rail(read("/"))]
    assert str(held.public_id) in shown


def test_each_post_shows_how_sure_the_desk_is_and_a_withdrawn_one_stays(paper, read):
    assert {standing_of(row) for row in rail(read("/"))} == {"Unverified"}

    editor = make_user("wire")
    for item, standing in zip(
        paper.items, ("developing", "confirmed", "withdrawn"), strict=False
    ):
        Item.objects.get(pk=item.pk).mark(standing, by=editor, now=AT)
    rows = rail(read("/"))
    assert [standing_of(row) for row in rows[:4]] == [
        *("Developing", "Confirmed", "Withdrawn", "Unverified")
    ]
    assert len(rows) == 8
    struck = one(rows[2], ".//s")
    assert words(struck) == " ".join(paper.seed.posts[2].text.split())


def test_a_bare_channel_and_a_placeholder_are_refused_as_evidence_by_name(paper):
    status, channel = paper.seed.links
    assert set(paper.refused) == {status, channel}

    assert paper.refused[status] == (
        f"{status} cannot stand as evidence: “123” is not the number of a post."
    )
    assert paper.refused[channel] == (
        f"{channel} cannot stand as evidence: it names a channel, not a post."
    )


def test_the_same_links_in_the_text_itself_are_found_too(paper):
    typed = "".join(f'<p id="p">See {link}</p>' for link in paper.seed.links)
    copy = checks.Copy(headline="", standfirst="S", body=typed, kind="opinion")
    found = {one.rule: one for one in checks.findings(copy, [], checks.Names([]))}

    assert paper.seed.links[0] in found["placeholder_link"].sentence
    assert paper.seed.links[1] in found["bare_link"].sentence
    assert found["placeholder_link"].blocks


def test_evidence_is_a_stored_version_linked_to_the_exact_post(paper, read):
    page = read(paper.address)
    rows = page.xpath("//section[@aria-label='Wire provenance']//tbody/tr")
    links = [row.xpath(".//bdi/a/@href")[0] for row in rows]

    assert sorted(links) == sorted([reference.WHALES_POST, reference.NIKKEI_POST])
    times = [row.xpath(".//td[@data-label='Posted']/time/@datetime")[0] for row in rows]
    assert sorted(times) == ["2026-06-25T04:31:00Z", "2026-06-25T16:57:00Z"]
    for row in provenance.rows(paper.article):
        assert len(row.content_hash) == 64
        assert row.version_n == 1


def test_evidence_stands_at_the_paragraphs_it_is_about(paper, read):
    page = read(paper.address)
    marked = {
        block.get("id"): sorted(block.xpath(".//sup/a/text()"))
        for block in one(page, "//div[@class='story__body']")
        if block.xpath(".//sup")
    }
    first = paper.paragraph("first reported by Reuters")
    both = [paper.paragraph(some) for some in ("According to the BBC", "Three claims")]

    assert marked == {name: ["1", "2"] for name in (first, *both)}
    places = page.xpath("//span[@class='provenance__places']/a/@href")
    assert {place.removeprefix("#") for place in places} == set(marked)


def test_the_checks_name_the_bbc_and_every_other_attribution_without_evidence(paper):
    found = provenance.findings(paper.article, provenance.rows(paper.article))
    told = {one.rule: one for one in found}
    names = [
        paper.paragraph(some) for some in ("Anthropic accused", "According to", "Three")
    ]

    (uncovered,) = [one for one in found if one.rule == "uncovered"]
    assert uncovered.sentence.startswith(
        "BBC is cited in paragraph 1, paragraph 4 and paragraph 13 (4 times), and "
        "nothing of theirs is among the evidence."
    )
    assert uncovered.blocks
    assert list(uncovered.paragraphs) == names
    assert "Reuters is cited in" in told["second_hand"].sentence
    assert "at second hand, through Unusual Whales" in told["second_hand"].sentence
    named = {
        one.sentence.partition(" is named")[0] for one in found if one.rule == "named"
    }
    assert named == {"Global Times", "South China Morning Post"}
    assert "elsewhere" not in told  # Nikkei Asia is covered wherever it is cited
    assert "time_unproven" not in told  # 16:57 and 04:31 are the times of the posts


def test_first_reported_by_reuters_is_held_against_the_clock(paper):
    found = provenance.findings(paper.article, provenance.rows(paper.article))
    (first,) = [one for one in found if one.rule.startswith("first")]

    assert first.rule == "first_contradicted"
    assert first.blocks
    assert first.sentence == (
        "Paragraph 1 has Reuters first, yet Nikkei Asia had it at 25 June, 04:31 UTC, "
        "12 h 26 min before the earliest we have of Reuters (25 June, 16:57 UTC, and "
        "that through Unusual Whales)."
    )


def test_the_gate_holds_the_text_until_somebody_says_why(paper):
    assert "BBC is cited in paragraph 1" in paper.gate
    assert "Reuters first" in paper.gate
    move = paper.article.moves.get(verb="publish")
    assert move.note == "Known; the BBC is being asked."


def test_open_questions_are_rows_with_a_day_and_a_watch_on_the_wire(paper, read):
    page = read(paper.address)
    listed = page.xpath("//section[@aria-label='What we do not know yet']//li")
    assert [words(one(item, "./p[1]")) for item in listed] == [
        question.text for question in paper.questions
    ]
    days = {one(item, ".//time/@datetime") for item in listed}
    assert days == {"2026-07-25"}

    assert not OpenQuestion.objects.due(reference.DAY).exists()
    assert OpenQuestion.objects.due(reference.IN_A_MONTH).count() == 3
    answer = paper.questions[2]
    assert answer.matches() == []
    post = Post(external_id="denial", text="Alibaba denies it in a statement.")
    item = reference.keep(paper.items[0].source, post, now=AT + 5 * MINUTE)
    assert answer.matches() == [item]

    answer = OpenQuestion.objects.get(pk=answer.pk)
    questions.close(
        answer, "answered", answer="It denies it.", by=make_user(), now=AT + 9 * MINUTE
    )
    assert OpenQuestion.objects.open().count() == 2
    closed = read(paper.address).xpath("//li[contains(@class, 'question--closed')]")
    assert "Answered" in words(closed[0])
    assert "It denies it." in words(closed[0])


def test_the_same_is_told_to_machines(paper, read, client):
    data = json.loads(client.get(f"{paper.address}provenance.json").content)

    assert {row["url"] for row in data["evidence"]} == {
        *(reference.WHALES_POST, reference.NIKKEI_POST)
    }
    assert not any("words" in row for row in data["evidence"])
    assert [question["due_date"] for question in data["questions"]] == [
        "2026-07-25"
    ] * 3
    assert {question["outcome"] for question in data["questions"]} == {""}
