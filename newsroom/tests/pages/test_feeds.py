"""Feeds and maps: valid for strict readers, whole, and silent about what is not public."""

import json
from datetime import timedelta

import feedparser
import pytest
from django.conf import settings
from django.utils import timezone
from lxml import etree

from articles import notices, revisions, transitions
from articles.models import Article
from articles.tests.factories import (
    HOUR,
    NINE,
    make_article,
    make_author,
    make_section,
    make_user,
)

pytestmark = pytest.mark.django_db
MAPS = {"m": "http://www.sitemaps.org/schemas/sitemap/0.9"}
NASTY = "A “quoted” <b>ship</b> & co ]]> \U0001f6a2"


def make_story(headline="A tanker runs aground", **fields):
    made = make_article(status="live", headline=headline, **fields)
    return Article.objects.select_related("section").get(pk=made.pk)


@pytest.mark.parametrize("format", ["atom", "rss"])
def test_an_xml_feed_is_well_formed_and_tells_the_whole_story(client, format):
    author = make_author(name="Ines Halvorsen")
    story = make_story(NASTY, bylines=[(author, "")], standfirst="Nobody is hurt.")
    response = client.get(f"/feed.{format}")
    assert response["Content-Type"].startswith(f"application/{format}+xml")

    feed = feedparser.parse(response.content)
    assert not feed.bozo
    assert feed.feed.title == settings.PAPER_NAME
    (entry,) = feed.entries
    assert entry.id == f"urn:uuid:{story.public_id}"
    assert entry.link == settings.PAPER_URL + story.get_absolute_url()
    assert entry.author == "Ines Halvorsen"
    assert "The ferry left at six." in entry.content[0].value
    assert entry.published_parsed


def test_the_headline_of_an_atom_entry_is_plain_text(client):
    make_story(NASTY)
    tree = etree.fromstring(client.get("/feed.atom").content)
    title = tree.find("{*}entry/{*}title")
    assert title.text == NASTY


def test_the_json_feed_has_what_its_standard_asks_for(client):
    story = make_story(NASTY)
    response = client.get("/feed.json")
    assert response["Content-Type"].startswith("application/feed+json")
    feed = json.loads(response.content)

    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{settings.PAPER_URL}/feed.json"
    (item,) = feed["items"]
    assert item["id"] == f"urn:uuid:{story.public_id}"
    assert item["title"] == NASTY
    assert item["content_html"]
    assert item["date_published"].endswith("+00:00")


@pytest.mark.parametrize("format", ["atom", "rss", "json"])
def test_a_section_has_its_own_feed(client, format):
    make_story("In the world", section=make_section(name="World"))
    make_story("In sport", section=make_section(name="Sport"))
    text = client.get(f"/world/feed.{format}").content.decode()
    assert "In the world" in text
    assert "In sport" not in text
    assert client.get(f"/nowhere/feed.{format}").status_code == 404


def test_an_update_changes_the_date_and_not_the_name_of_an_entry(client):
    story = make_story()
    before = feedparser.parse(client.get("/feed.atom").content).entries[0]
    revisions.save(
        story,
        by=make_user(),
        now=NINE + HOUR,
        base_n=story.revision_n,
        body="<p>She floats.</p>",
    )
    transitions.move(story, "update", by=make_user(), now=NINE + HOUR, note="Afloat.")
    after = feedparser.parse(client.get("/feed.atom").content).entries[0]

    assert after.id == before.id
    assert after.published == before.published
    assert after.updated > before.updated
    assert "She floats." in after.content[0].value


def test_links_into_the_paper_are_whole_in_a_feed(client):
    make_story(body='<p>See <a href="/about/">what we do</a>.</p>')
    entry = feedparser.parse(client.get("/feed.atom").content).entries[0]
    assert f'href="{settings.PAPER_URL}/about/"' in entry.content[0].value


def test_a_correction_has_an_entry_of_its_own(client):
    story = make_story()
    notices.add(story, "correction", "She is laden.", by=make_user(), now=NINE)
    notices.add(story, "note", "We were invited.", by=make_user(), now=NINE)

    feed = feedparser.parse(client.get("/corrections/feed.atom").content)
    assert not feed.bozo
    (entry,) = feed.entries
    assert entry.summary == "She is laden."
    assert entry.title == "Correction: A tanker runs aground"


def test_every_feed_is_valid_when_nothing_was_printed_yet(client):
    for address in ("/feed.atom", "/feed.rss", "/corrections/feed.rss"):
        assert not feedparser.parse(client.get(address).content).bozo
    assert json.loads(client.get("/feed.json").content)["items"] == []


def test_the_map_names_every_story_section_and_page(client):
    story = make_story(section=make_section(name="World"))
    draft = make_article(status="draft")
    tree = etree.fromstring(client.get("/sitemap.xml").content)
    places = tree.xpath("//m:loc/text()", namespaces=MAPS)

    site = settings.PAPER_URL
    for path in (
        "/",
        "/world/",
        "/wire/",
        "/about/standards/",
        story.get_absolute_url(),
    ):
        assert site + path in places
    assert site + draft.get_absolute_url() not in places


def test_a_map_too_large_is_an_index_of_months(client, monkeypatch):
    monkeypatch.setattr("newsroom.site.sitemaps.ONE_MAP", 1)
    story = make_story()
    make_story("Two months before", now=NINE - timedelta(days=60))
    tree = etree.fromstring(client.get("/sitemap.xml").content)
    maps = tree.xpath("//m:sitemap/m:loc/text()", namespaces=MAPS)
    assert maps == [
        f"{settings.PAPER_URL}/sitemap-{name}.xml"
        for name in ("pages", "2026-03", "2026-02", "2026-01")
    ]

    month = etree.fromstring(client.get("/sitemap-2026-03.xml").content)
    (place,) = month.xpath("//m:loc/text()", namespaces=MAPS)
    assert place == settings.PAPER_URL + story.get_absolute_url()
    assert client.get("/sitemap-2026-02.xml").status_code == 404
    assert client.get("/sitemap-pages.xml").status_code == 200


def test_the_news_map_holds_the_last_two_days(client):
    now = timezone.now()
    make_story("Yesterday's news", now=now - timedelta(days=1))
    make_story("Old news", now=now - timedelta(days=3))
    text = client.get("/news-sitemap.xml").content.decode()

    assert etree.fromstring(text.encode()) is not None
    assert "Yesterday's news" in text
    assert "Old news" not in text
    assert f"<news:name>{settings.PAPER_NAME}</news:name>" in text


def test_robots_are_told_where_the_maps_are_and_where_not_to_go(client):
    text = client.get("/robots.txt").content.decode()
    assert f"Sitemap: {settings.PAPER_URL}/sitemap.xml" in text
    assert "Disallow: /admin/" in text


def test_what_browsers_ask_for_beside_pages_is_there(client):
    manifest = json.loads(client.get("/site.webmanifest").content)
    assert manifest["name"] == settings.PAPER_NAME
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    assert etree.fromstring(client.get("/opensearch.xml").content) is not None
    assert client.get("/favicon.ico")["Location"].endswith(".png")
