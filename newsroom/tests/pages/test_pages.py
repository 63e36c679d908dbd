"""The readers' pages: each shows what it says, in few queries, and nothing of a reader."""

import json
from datetime import timedelta
from urllib.parse import quote

import feedparser
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import etree, html

from articles import metadata, notices, revisions, transitions
from articles.models import Article, Author, Section, Status, Topic
from articles.tests.factories import (
    HOUR,
    NINE,
    make_article,
    make_author,
    make_image,
    make_section,
    make_topic,
    make_user,
    make_version,
)
from markets import loading
from wire.tests.factories import make_item, make_source

pytestmark = pytest.mark.django_db
MOST_QUERIES = 5


def read(client, address, status=200):
    """Fetch a page, within the budget of queries if it is one, and return its tree."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == status, (address, response.content[:500])
    if status == 200:
        sql = [query["sql"][:160] for query in queries]
        assert len(sql) <= MOST_QUERIES, "\n".join(sql)
    assert not response.cookies
    return html.fromstring(response.content)


def words(element):
    return " ".join(element.text_content().split())


def make_story(headline="A tanker runs aground", **fields):
    """An article that readers can see."""
    made = make_article(status="live", headline=headline, **fields)
    return Article.objects.select_related("section", "live_revision").get(pk=made.pk)


# The front


def test_the_front_has_its_landmarks_and_one_line_for_each_post(client):
    loading.load()
    make_story(prominence=1)
    make_story("A view", section=make_section(is_opinion=True), kind="opinion")
    for n in range(3):
        make_item(headline=f"Post {n}", now=NINE + n * HOUR)
    page = read(client, "/")

    rows = page.xpath("//aside[@aria-label='Live wire']//li")
    assert [words(r.xpath(".//p[2]")[0]) for r in rows[:3]] == [
        "Post 2",
        "Post 1",
        "Post 0",
    ]
    assert all(row.xpath(".//time/@datetime") for row in rows)
    strip = page.xpath("//section[@aria-label='Markets']//li/@data-symbol")
    assert len(strip) == len(set(strip)) == 34
    (header,) = page.xpath("//header[contains(@class, 'masthead')]")
    for fact in ("Vol. ", "· No. ", f"{NINE:%Y}", " Ed.", "Updated "):
        assert fact in words(header)
    assert len(page.xpath("//ul[@aria-label='World clocks']/li")) == 6
    assert "A tanker runs aground" in words(
        page.xpath("//section[@aria-label='Lead story']")[0]
    )
    assert all(page.xpath(f"//{part}") for part in ("h1", "main", "footer"))


def test_the_front_stands_before_anything_was_printed(client):
    page = read(client, "/")
    assert "Nothing has been printed yet" in words(page)


def test_the_front_names_what_it_shows_so_that_a_change_can_drop_it(client):
    tags = client.get("/")["Surrogate-Key"].split()
    assert {"front", "wire", "markets"} <= set(tags)


# Stories


def test_a_story_stands_at_its_address_with_its_landmarks(client):
    story = make_story(standfirst="Nobody is hurt.", lead_image=make_image())
    page = read(client, story.get_absolute_url())

    (article,) = page.xpath("//article[.//h1]")
    assert words(article.xpath(".//h1")[0]) == "A tanker runs aground"
    assert article.xpath(".//section[@aria-label='Wire provenance']//tbody/tr")
    assert page.xpath("//ul[@aria-label='World clocks']/li")
    assert "Vol. " in words(page.xpath("//header[contains(@class, 'masthead')]")[0])


def test_a_story_tells_machines_its_title_picture_and_address(client):
    story = make_story(lead_image=make_image(), standfirst="Nobody is <b>hurt</b>.")
    page = read(client, story.get_absolute_url())

    def meta(name):
        return page.xpath(f"//meta[@property='{name}']/@content")[0]

    address = settings.PAPER_URL + story.get_absolute_url()
    assert page.xpath("//link[@rel='canonical']/@href") == [address]
    assert meta("og:url") == address
    assert meta("og:title") == "A tanker runs aground"
    assert meta("og:image").startswith(f"{settings.PAPER_URL}/media/")
    assert page.xpath("//script[@type='application/ld+json']")


def test_a_long_story_gets_a_list_to_jump_by(client):
    body = "".join(f"<h2>Part {n}</h2><p>Words.</p>" for n in range(3))
    story = make_story(body=body)
    page = read(client, story.get_absolute_url())

    for link in page.xpath("//nav[@aria-label='In this story']//a"):
        (target,) = page.xpath(f"//*[@id='{link.get('href')[1:]}']")
        assert words(target) == words(link)
    assert len(page.xpath("//nav[@aria-label='In this story']//a")) == 3


@pytest.mark.parametrize("status", ["draft", "in_edit", "ready"])
def test_what_is_not_published_is_not_found(client, status):
    article = make_article(status=status)
    read(client, article.get_absolute_url(), 404)


def test_an_embargo_hides_a_story_everywhere(client):
    story = make_story()
    address = story.get_absolute_url()
    later = NINE + timedelta(days=36_500)
    Article.objects.filter(pk=story.pk).update(embargo_until=later)

    read(client, address, 404)
    read(client, f"{address}history/", 404)
    assert client.get(f"{address}provenance.json").status_code == 404
    for page in (f"/{story.section.slug}/", "/search/?q=tanker", "/issues/"):
        assert b"tanker runs" not in client.get(page).content
    assert b"tanker runs" not in client.get("/feed.atom").content
    assert story.slug.encode() not in client.get("/sitemap.xml").content


def test_a_withdrawn_story_is_gone_and_says_why(client):
    story = make_story()
    transitions.move(
        story,
        "kill",
        by=make_user(),
        now=NINE,
        note="Untrue.",
        public_note="The ship was another.",
    )
    page = read(client, story.get_absolute_url(), 410)

    assert "The ship was another." in words(page)
    assert "A tanker runs aground" not in words(page)


def test_an_old_address_leads_to_the_new_one(client):
    story = make_story()
    old = story.get_absolute_url()
    metadata.place(story, by=make_user(), now=NINE + HOUR, slug="tanker-aground")
    new = Article.objects.get(pk=story.pk).get_absolute_url()

    assert new != old
    for tail in ("", "history/", "provenance.json"):
        response = client.get(old + tail)
        assert (response.status_code, response["Location"]) == (301, new + tail)


def test_the_history_shows_every_public_text_and_the_words_that_changed(client):
    story = make_story(body="<p>Two tugs are on their way.</p>")
    writer, editor = make_user(), make_user()
    revisions.save(story,
        by=writer, now=NINE + HOUR, base_n=story.revision_n,
        body="<p>Three tugs are on their way.</p>",
    )  # fmt: skip
    page = read(client, f"{story.get_absolute_url()}history/")
    assert "Three" not in words(page)  # saved, but not public yet

    story.refresh_from_db()
    transitions.move(story, "update", by=editor, now=NINE + HOUR, note="A third tug.")
    page = read(client, f"{story.get_absolute_url()}history/")

    assert page.xpath("//ins/text()") == ["Three"]
    assert page.xpath("//del/text()") == ["Two"]


def test_the_provenance_is_there_as_data(client):
    version = make_version(headline="Tanker aground, port says")
    story = make_story(evidence=version)
    response = client.get(f"{story.get_absolute_url()}provenance.json")
    answer = response.json()

    assert answer["headline"] == "A tanker runs aground"
    (row,) = answer["evidence"]
    assert row["headline"] == "Tanker aground, port says"
    assert row["content_hash"] == version.content_hash
    assert row["wire_url"].startswith(settings.PAPER_URL)
    assert f"article:{story.public_id}" in response["Surrogate-Key"]


# Lists


def test_a_section_is_read_page_by_page_without_gap_or_repetition(client, settings):
    section = make_section(name="World")
    for n in range(45):
        make_story(f"Story number {n:02}", section=section, now=NINE + n * HOUR)

    seen, address, pages = [], "/world/", 0
    while address:
        page = read(client, address)
        seen += [words(h) for h in page.xpath("//article//h3")]
        following = page.xpath("//a[@rel='next']/@href")
        address = following[0] if following else None
        pages += 1

    assert pages == 3
    assert seen == [f"Story number {n:02}" for n in reversed(range(45))]


@pytest.mark.parametrize("before", ["x", "1", "00000000-0000-0000-0000-000000000000"])
def test_a_page_after_nothing_does_not_exist(client, before):
    make_story(section=make_section(name="World"))
    read(client, f"/world/?before={before}", 404)


def test_a_section_that_does_not_exist_is_not_found(client):
    read(client, "/nowhere/", 404)


def test_topics_and_authors_have_their_stories(client):
    topic = make_topic(name="Pilotage", slug="pilotage")
    author = make_author(name="Ines Halvorsen", bio="She reads the notices first.")
    make_story(topics=[topic], bylines=[(author, "")])

    assert "A tanker runs aground" in words(read(client, "/topics/pilotage/"))
    page = read(client, "/authors/ines-halvorsen/")
    assert "A tanker runs aground" in words(page)
    assert "She reads the notices first." in words(page)


def test_an_issue_holds_the_stories_of_its_day(client):
    story = make_story()
    other = make_story("The ferry sails again", now=NINE + 24 * HOUR)
    page = read(client, f"/issues/{story.published_on}/")

    assert "A tanker runs aground" in words(page)
    assert "The ferry sails again" not in words(page)
    issues = read(client, "/issues/")
    hrefs = issues.xpath("//ol[@class='issues']//a/@href")
    assert hrefs == [f"/issues/{other.published_on}/", f"/issues/{story.published_on}/"]


def test_today_has_a_page_before_anything_was_printed(client):
    page = read(client, f"/issues/{timezone.now():%Y-%m-%d}/")
    assert "Nothing of this issue is public." in words(page)


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2026-13-01", "0000-00-00", "1999-01-01"]
)
def test_a_day_without_a_paper_is_not_found(client, day):
    read(client, f"/issues/{day}/", 404)


# Search


def test_search_finds_a_story_by_its_words_and_narrows_by_section(client):
    world, sport = make_section(name="World"), make_section(name="Sport")
    make_story(section=world)
    make_story("The tanker Rovers win", section=sport)

    found = read(client, "/search/?q=tankers")
    assert len(found.xpath("//ol[@class='stream']//article")) == 2
    found = read(client, "/search/?q=tankers&section=sport")
    assert words(found.xpath("//ol[@class='stream']//h3")[0]) == "The tanker Rovers win"
    best = read(client, "/search/?q=tanker&order=best")
    assert len(best.xpath("//ol[@class='stream']//article")) == 2


@pytest.mark.parametrize(
    "query",
    [
        "",
        "%",
        "_" * 9,
        "' or 1=1 --",
        "a:* & !b",
        '"unclosed',
        "<script>alert(1)</script>",
        "\0",
        "x" * 1900,
        "(((((((",
        "or or -",
    ],
)
def test_no_query_breaks_the_search(client, query):
    response = client.get("/search/", {"q": query})
    assert response.status_code == 200
    assert b"<script>alert" not in response.content


# The wire


def test_the_wire_shows_public_posts_newest_first_and_by_source(client):
    agency, watch = make_source(name="Agency"), make_source(name="Watch")
    make_item(agency, now=NINE, headline="Tanker aground")
    make_item(watch, now=NINE + HOUR, headline="She floats again")
    desk = make_source(name="Desk only", release="desk")
    make_item(desk, now=NINE, headline="Nobody let this through")

    page = read(client, "/wire/")
    rows = page.xpath("//li[contains(@class, 'wire-row')]")
    assert ["She floats again" in words(r) for r in rows] == [True, False]
    assert all(row.xpath(".//time[@datetime]") for row in rows)
    assert "Nobody let this through" not in words(page)

    page = read(client, "/wire/?source=agency")
    assert "Tanker aground" in words(page)
    assert "She floats again" not in words(page)
    read(client, "/wire/?source=nobody", 404)


def test_readers_learn_the_name_of_no_source_before_they_see_its_post(client):
    seen = make_source(name="Agency", enabled=False)  # paused; what came stays
    make_item(seen, now=NINE)
    held = make_source(name="Dropbox (confidential)", slug="dropbox", release="desk")
    letter = make_item(held, now=NINE)
    make_source(name="Nothing came yet", slug="nothing-yet")

    page = read(client, "/wire/")
    assert page.xpath("//ul[@class='sources']//a/@href") == ["/wire/?source=agency"]
    assert "confidential" not in words(page)
    for slug in ("dropbox", "nothing-yet"):
        read(client, f"/wire/?source={slug}", 404)

    letter.let_through(by=make_user(), now=NINE + HOUR)
    assert "confidential" in words(read(client, "/wire/?source=dropbox"))


def test_the_wire_is_read_page_by_page(client):
    source = make_source()
    made = {make_item(source, now=NINE + n * HOUR).public_id for n in range(120)}
    seen, address = [], "/wire/"
    while address:
        page = read(client, address)
        seen += page.xpath("//li/@data-item")
        following = page.xpath("//a[@rel='next']/@href")
        address = following[0] if following else None

    assert len(seen) == len(set(seen)) == 120
    assert set(seen) == {str(public_id) for public_id in made}


def test_a_post_shows_every_version_and_the_stories_that_rest_on_it(client):
    source = make_source()
    item = make_item(source, external_id="a", text="Two tugs are out.", headline="Port")
    story = make_story(evidence=item.current_version())
    make_item(
        source, now=NINE + HOUR, external_id="a", text="Three tugs are out.",
        headline="Port",
    )  # fmt: skip
    page = read(client, f"/wire/{item.public_id}/")

    assert page.xpath("//ins/text()") == ["Three"]
    assert page.xpath("//del/text()") == ["Two"]
    assert story.get_absolute_url() in page.xpath("//section//a/@href")


def test_a_post_the_desk_holds_has_no_page(client):
    item = make_item(make_source(release="desk"))
    read(client, f"/wire/{item.public_id}/", 404)


def test_a_withdrawn_post_is_struck_through_and_not_gone(client):
    source = make_source()
    item = make_item(source, external_id="a", text="Two tugs are out.")
    make_item(
        source, now=NINE + HOUR, external_id="a", text="Two tugs are out.",
        status="withdrawn",
    )  # fmt: skip
    page = read(client, f"/wire/{item.public_id}/")

    struck = page.xpath("//article//s")
    assert any("Two tugs are out." in words(s) for s in struck)
    assert "Withdrawn" in words(page.xpath("//article")[0])


# Corrections, about, refusals


def test_a_correction_is_on_the_story_the_corrections_page_and_its_feed(client):
    story = make_story()
    notices.add(
        story, "correction", "The ship is laden, not empty.", by=make_user(), now=NINE
    )

    for address in (story.get_absolute_url(), "/corrections/"):
        assert "The ship is laden, not empty." in words(read(client, address))
    assert (
        b"The ship is laden, not empty." in client.get("/corrections/feed.rss").content
    )


@pytest.mark.parametrize(
    "slug", ["", "standards/", "wire/", "privacy/", "corrections/", "accessibility/"]
)
def test_the_paper_says_what_it_is(client, slug):
    page = read(client, f"/about/{slug}")
    assert len(words(page.xpath("//main")[0])) > 600
    assert page.xpath("//nav[@aria-label='About the paper']//a[@aria-current='page']")


def test_a_page_that_is_not_there_says_so_in_the_paper_s_frame(client):
    page = read(client, "/no/such/page/", 404)
    assert page.xpath("//header[contains(@class, 'masthead')]")
    assert page.xpath("//a[@href='/search/']")


def test_a_crash_tells_the_reader_an_incident_and_nothing_else(client, monkeypatch):
    def crash(*args, **kwargs):
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("newsroom.site.pages.about.page", crash)
    client.raise_request_exception = False
    page = read(client, "/about/", 500)
    assert "Incident" in words(page)
    assert "swordfish" not in words(page)


def test_while_the_database_is_away_a_page_asks_to_be_tried_again(client, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("connection refused at 10.0.0.7")

    monkeypatch.setattr("newsroom.site.pages.about.page", away)
    client.raise_request_exception = False
    response = client.get("/about/")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert b"10.0.0.7" not in response.content


def test_staff_and_readers_get_the_same_page(client, admin_client):
    story = make_story()
    for address in ("/", story.get_absolute_url(), "/wire/", "/about/"):
        assert admin_client.get(address).content == client.get(address).content


def test_no_text_of_anybody_becomes_markup_anywhere(client):
    nasty = "\"'><script>alert(1)</script><img src=x onerror=a(2)>]]>{{'zq'|add:'xj'}}\u202e"
    author = Author.objects.create(name="A" + nasty, slug="a", role=nasty, bio=nasty)
    topic = Topic.objects.create(name="T" + nasty[:70], slug="t", description=nasty)
    section = Section.objects.create(name="S" + nasty[:50], slug="s", description=nasty)
    source = make_source(name="N" + nasty)
    item = make_item(
        source, headline=nasty, text=nasty, author=nasty, url="javascript:alert(3)"
    )
    story = make_story(
        nasty, section=section, topics=[topic], bylines=[(author, nasty[:60])],
        standfirst=nasty, framing=nasty, body=f"<p>{nasty}</p>", caption=nasty,
        lead_image=make_image(alt=nasty, credit=nasty, caption=nasty),
        evidence=make_item(source, headline=nasty, text=nasty).current_version(),
    )  # fmt: skip
    notices.add(story, "correction", nasty, by=make_user(), now=NINE)
    address = story.get_absolute_url()

    for path in (
        "/", "/s/", "/topics/t/", "/authors/a/", "/wire/", f"/wire/{item.public_id}/",
        "/wire/?source=" + source.slug, "/corrections/", f"/issues/{story.published_on}/",
        address, f"{address}history/", "/search/?q=" + quote(nasty), "/search/?q=alert",
    ):  # fmt: skip
        page = html.fromstring(client.get(path).content)
        scripts = page.xpath("//script[not(@src)]")
        assert {s.get("type") for s in scripts} <= {"application/ld+json"}, path
        for script in scripts:
            assert json.loads(script.text)["headline"]
        assert not page.xpath("//img[@src='x'] | //@onerror"), path
        assert not page.xpath("//a[starts-with(@href, 'javascript')]"), path
        assert "zqxj" not in words(page), path
    for path in ("/feed.atom", "/feed.rss", "/s/feed.atom", "/corrections/feed.rss"):
        assert not feedparser.parse(client.get(path).content).bozo, path
    for path in ("/sitemap.xml", "/news-sitemap.xml"):
        etree.fromstring(client.get(path).content)
    json.loads(client.get("/feed.json").content)


def test_no_page_runs_inline_script_or_asks_anybody_else(client):
    story = make_story(lead_image=make_image())
    item = make_item()
    addresses = ["/", "/wire/", f"/wire/{item.public_id}/", "/about/", "/search/?q=x"]
    for address in [*addresses, story.get_absolute_url(), "/corrections/", "/issues/"]:
        page = html.fromstring(client.get(address).content)
        scripts = page.xpath("//script[not(@src)]/@type")
        assert set(scripts) <= {"application/ld+json"}, address
        assert not page.xpath("//style | //*[@style]"), address
        assert not page.xpath("//@*[starts-with(name(), 'on')]"), address
        loaded = page.xpath(
            "//script/@src | //img/@src | //link[@rel='stylesheet']/@href"
        )
        assert all(link.startswith("/") for link in loaded), address


def test_killed_stories_leave_every_list(client):
    story = make_story(section=make_section(name="World"))
    transitions.move(story, "kill", by=make_user(), now=NINE, note="Wrong ship.")
    assert Article.objects.get().status == Status.KILLED
    for address in ("/world/", "/search/?q=tanker", f"/issues/{story.published_on}/"):
        assert b"A tanker runs aground" not in client.get(address).content
