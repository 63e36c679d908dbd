"""The paper as feeds: Atom, RSS 2.0 and JSON Feed 1.1; whole, by section, corrections."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import feedgenerator
from django.utils.html import escape
from django.utils.xmlutils import SimplerXMLGenerator

from articles.models import Article, Notice, Section
from articles.models.article import ArticleQuerySet
from articles.rendering import absolute
from foundation.notifications import CORRECTIONS, FEEDS, section_tag
from newsroom.edge import public
from newsroom.site.pages.corrections import public_notices
from newsroom.site.pages.layout import DESCRIPTION

LENGTH = 30  # stories or notices in one feed
# What XML 1.0 cannot hold in any form
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One story or notice, as all three formats need it. Texts are plain but `html`."""

    id: str  # for ever: a URN
    url: str
    title: str
    summary: str
    html: str
    published: datetime
    updated: datetime
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a feed says of itself, and its entries, newest first."""

    id: str
    title: str
    description: str
    url: str  # of the page it follows
    here: str  # its own address, without the ending
    entries: list[Entry]

    @property
    def updated(self) -> datetime | None:
        return max((entry.updated for entry in self.entries), default=None)


@public(tags=[FEEDS], max_age=300)
def paper(request: HttpRequest, format: str) -> HttpResponse:
    """The newest stories of all sections."""
    entries = _stories(Article.objects.live())
    feed = Feed(
        id=f"{settings.PAPER_URL}/",
        title=settings.PAPER_NAME,
        description=DESCRIPTION,
        url=f"{settings.PAPER_URL}/",
        here=f"{settings.PAPER_URL}/feed",
        entries=entries,
    )
    return _answer(feed, format)


@public(tags=lambda request, slug, format: [FEEDS, section_tag(slug)], max_age=300)
def section(request: HttpRequest, slug: str, format: str) -> HttpResponse:
    """The newest stories of one section."""
    shown = get_object_or_404(Section, slug=slug)
    url = f"{settings.PAPER_URL}{shown.get_absolute_url()}"
    feed = Feed(
        id=url,
        title=f"{settings.PAPER_NAME}: {shown.name}",
        description=shown.description or DESCRIPTION,
        url=url,
        here=f"{url}feed",
        entries=_stories(Article.objects.live().in_section(slug)),
    )
    return _answer(feed, format)


@public(tags=[CORRECTIONS], max_age=300)
def corrections(request: HttpRequest, format: str) -> HttpResponse:
    """The newest corrections, clarifications and retractions."""
    url = f"{settings.PAPER_URL}/corrections/"
    feed = Feed(
        id=url,
        title=f"{settings.PAPER_NAME}: Corrections",
        description="What we got wrong, and how it was put right.",
        url=url,
        here=f"{url}feed",
        entries=[_notice(notice) for notice in public_notices()[:LENGTH]],
    )
    return _answer(feed, format)


def _stories(articles: ArticleQuerySet) -> list[Entry]:
    rows = articles.newest_first().select_related("section", "live_revision")
    return [_story(article) for article in rows[:LENGTH]]


def _story(article: Article) -> Entry:
    revision = article.live_revision
    if revision is None or article.public_at is None:
        raise ValueError(f"{article} is not live")
    url = f"{settings.PAPER_URL}{article.get_absolute_url()}"
    framing = f"<p><em>{escape(revision.framing)}</em></p>" if revision.framing else ""
    source = f'<p><a href="{escape(url)}#provenance">Wire provenance</a></p>'
    return Entry(
        id=f"urn:uuid:{article.public_id}",
        url=url,
        title=revision.headline,
        summary=revision.standfirst,
        html=absolute(revision.body) + framing + source,
        published=article.first_published_at or article.public_at,
        updated=article.updated_at or article.public_at,
        authors=tuple(line["name"] for line in revision.bylines),
        topics=(article.section.name,),
    )


def _notice(notice: Notice) -> Entry:
    article = notice.article
    shown = article.live_revision.headline if article.live_revision else str(article)
    url = f"{settings.PAPER_URL}{article.get_absolute_url()}"
    at = notice.at
    return Entry(
        # A notice has no public name of its own: its story and its instant name it.
        id=f"urn:uuid:{article.public_id}:notice:{at:%Y%m%dT%H%M%S%fZ}",
        url=url,
        title=f"{notice.get_kind_display()}: {shown}",
        summary=notice.text,
        html=f"<p>{escape(notice.text)}</p>",
        published=at,
        updated=at,
    )


def _answer(feed: Feed, format: str) -> HttpResponse:
    content_type, write = FORMATS[format]
    return HttpResponse(write(feed, format), content_type=content_type)


class _Atom(feedgenerator.Atom1Feed):
    """Atom with the whole text, and an author of the feed for entries without one."""

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        handler.startElement("author", AttributesImpl({}))
        handler.addQuickElement("name", settings.PAPER_NAME)
        handler.endElement("author")

    def add_item_elements(
        self, handler: SimplerXMLGenerator, item: dict[str, Any]
    ) -> None:
        super().add_item_elements(handler, item)
        for name in item["names"]:
            handler.startElement("author", AttributesImpl({}))
            handler.addQuickElement("name", name)
            handler.endElement("author")
        handler.addQuickElement("content", item["html"], {"type": "html"})


class _Rss(feedgenerator.Rss201rev2Feed):
    """RSS 2.0 with the whole text in `content:encoded` and authors by name."""

    def rss_attributes(self) -> dict[str, str]:
        return {
            **super().rss_attributes(),
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        }

    def add_item_elements(
        self, handler: SimplerXMLGenerator, item: dict[str, Any]
    ) -> None:
        super().add_item_elements(handler, item)
        for name in item["names"]:
            handler.addQuickElement("dc:creator", name)
        handler.addQuickElement("content:encoded", item["html"])


def _xml(feed: Feed, format: str) -> str:
    kind = _Atom if format == "atom" else _Rss
    out = kind(
        title=_clean(feed.title),
        link=feed.url,
        description=_clean(feed.description),
        subtitle=_clean(feed.description),
        language="en",
        feed_url=f"{feed.here}.{format}",
        feed_guid=feed.id,
    )
    for entry in feed.entries:
        out.add_item(
            title=_clean(entry.title),
            link=entry.url,
            description=_clean(entry.summary),
            unique_id=entry.id,
            unique_id_is_permalink=False,
            pubdate=entry.published,
            updateddate=entry.updated,
            categories=[_clean(topic) for topic in entry.topics],
            names=[_clean(name) for name in entry.authors],
            html=_clean(entry.html),
        )
    return out.writeString("utf-8")


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _json(feed: Feed, format: str) -> str:
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "description": feed.description,
            "home_page_url": feed.url,
            "feed_url": f"{feed.here}.json",
            "language": "en",
            "authors": [{"name": settings.PAPER_NAME, "url": settings.PAPER_URL}],
            "items": [_json_item(entry) for entry in feed.entries],
        },
        ensure_ascii=False,
    )


def _json_item(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": _named(entry.authors),
        "tags": list(entry.topics),
    }


def _named(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


Write = Callable[[Feed, str], str]
FORMATS: dict[str, tuple[str, Write]] = {
    "atom": ("application/atom+xml; charset=utf-8", _xml),
    "rss": ("application/rss+xml; charset=utf-8", _xml),
    "json": ("application/feed+json; charset=utf-8", _json),
}
