"""The fictional sources' documents, in the formats real ones have. Pure: posts in, bytes out.

A document changes only when a post comes, changes or goes: an unchanged source answers
with identical bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from typing import Any

from demo.posts import Post, World

Document = tuple[str, bytes]  # content type and body


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose document it is, where it is served, and the world it is about."""

    world: World
    source: dict[str, Any]
    base: str  # "http://127.0.0.1:8090"
    now: datetime

    @property
    def slug(self) -> str:
        return str(self.source["slug"])

    def link(self, post: Post) -> str:
        """The address its source gives a post; a channel's is under t.me."""
        if self.world.sources[post.source]["format"] == "telegram":
            return f"https://t.me/{channel(post.source)}/{post.number}"
        return f"{self.base}/{post.source}/{post.number}"

    def changed_at(self, post: Post) -> datetime:
        """When the post last changed, as of `now`."""
        return post.edit_at if post.edit_at and post.edited(self.now) else post.at


def channel(slug: str) -> str:
    """The name of a fictional channel: with a hyphen, which Telegram gives to nobody."""
    return f"{slug.replace('_', '-')}-demo"


def path(source: dict[str, Any]) -> str:
    """Where the server keeps the document of `source`."""
    if source["format"] == "telegram":
        return f"/s/{source['slug']}"
    return f"/feeds/{source['slug']}.{'json' if source['format'] == 'json' else 'xml'}"


def render(world: World, slug: str, *, base: str, now: datetime) -> Document:
    """What the server of source `slug` answers at `now`. Raises `KeyError` if unknown."""
    place = Place(world=world, source=world.sources[slug], base=base, now=now)
    return RENDERERS[place.source["format"]](place, world.page(slug, now))


def _paragraphs(text: str) -> str:
    parts = [escape(part).replace("\n", "<br/>") for part in text.split("\n\n")]
    return "".join(f"<p>{part}</p>" for part in parts)


def rss(place: Place, posts: list[Post]) -> Document:
    """RSS 2.0, with the whole text in content:encoded."""
    items = "".join(
        f"""
    <item>
      <title>{escape(post.title)}</title>
      <link>{place.link(post)}</link>
      <guid isPermaLink="false">{place.slug}-{post.number}</guid>
      <pubDate>{format_datetime(post.at)}</pubDate>
      <atom:updated>{_iso(place.changed_at(post))}</atom:updated>
      <description>{escape(_first_sentence(post.text))}</description>
      <content:encoded>{escape(_paragraphs(post.text))}</content:encoded>
    </item>"""
        for post in posts
    )
    return (
        "application/rss+xml; charset=utf-8",
        f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:atom="http://www.w3.org/2005/Atom">
  <channel>
    <title>{escape(place.source["name"])}</title>
    <link>{place.base}/{place.slug}</link>
    <description>{escape(place.source["about"])}</description>
    <language>{place.source["language"]}</language>{items}
  </channel>
</rss>
""".encode(),
    )


def rdf(place: Place, posts: list[Post]) -> Document:
    """RSS 1.0, as institutes that set their feed up in 2003 still have it."""
    listed = "".join(f'<rdf:li rdf:resource="{place.link(post)}"/>' for post in posts)
    items = "".join(
        f"""
  <item rdf:about="{place.link(post)}">
    <title>{escape(post.title)}</title>
    <link>{place.link(post)}</link>
    <description>{escape(post.text)}</description>
    <dc:date>{_iso(post.at)}</dc:date>
  </item>"""
        for post in posts
    )
    return (
        "application/rdf+xml; charset=utf-8",
        f"""<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <channel rdf:about="{place.base}/{place.slug}">
    <title>{escape(place.source["name"])}</title>
    <link>{place.base}/{place.slug}</link>
    <description>{escape(place.source["about"])}</description>
    <items><rdf:Seq>{listed}</rdf:Seq></items>
  </channel>{items}
</rdf:RDF>
""".encode(),
    )


def atom(place: Place, posts: list[Post]) -> Document:
    """Atom: `updated` moves with an edit, and what was taken back leaves a tombstone."""
    newest = max((place.changed_at(post) for post in posts), default=place.world.start)
    entries = "".join(
        f"""
  <entry>
    <id>{_tag(post)}</id>
    <title>{escape(post.title)}</title>
    <link rel="alternate" href="{place.link(post)}"/>
    <published>{_iso(post.at)}</published>
    <updated>{_iso(place.changed_at(post))}</updated>
    <author><name>{escape(place.source["name"])}</name></author>
    <content type="html">{escape(_paragraphs(post.text))}</content>
  </entry>"""
        for post in posts
    )
    since = place.now - timedelta(days=1)
    tombstones = "".join(
        f"""
  <at:deleted-entry ref="{_tag(post)}" when="{_iso(post.withdrawn_at or post.at)}"/>"""
        for post in place.world.gone(place.slug, place.now, since=since)
    )
    return (
        "application/atom+xml; charset=utf-8",
        f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" \
xmlns:at="http://purl.org/atompub/tombstones/1.0" xml:lang="{place.source["language"]}">
  <id>tag:{place.slug}.example,2026:feed</id>
  <title>{escape(place.source["name"])}</title>
  <link rel="self" href="{place.base}{path(place.source)}"/>
  <updated>{_iso(newest)}</updated>{entries}{tombstones}
</feed>
""".encode(),
    )


def _tag(post: Post) -> str:
    return f"tag:{post.source}.example,2026:{post.number}"


def json_feed(place: Place, posts: list[Post]) -> Document:
    """JSON Feed 1.1."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": place.source["name"],
        "home_page_url": f"{place.base}/{place.slug}",
        "feed_url": f"{place.base}{path(place.source)}",
        "language": place.source["language"],
        "items": [
            {
                "id": f"{place.slug}-{post.number}",
                "url": place.link(post),
                "title": post.title,
                "content_text": post.text,
                "date_published": _iso(post.at),
                "date_modified": _iso(place.changed_at(post)),
                "authors": [{"name": place.source["name"]}],
            }
            for post in posts
        ],
    }
    return "application/feed+json", json.dumps(
        feed, ensure_ascii=False, indent=1
    ).encode()


def telegram(place: Place, posts: list[Post]) -> Document:
    """A channel's public preview, oldest first, in the markup of t.me/s pages."""
    name = escape(place.source["name"])
    messages = "\n".join(_message(place, post) for post in reversed(posts))
    if not posts:
        messages = '<div class="tme_no_messages_found">No posts found</div>'
    return (
        "text/html; charset=utf-8",
        f"""<!DOCTYPE html>
<html>
  <head>
    <meta charset="utf-8">
    <title>{name} – Telegram</title>
    <meta property="og:title" content="{name}">
    <meta property="og:site_name" content="Telegram">
    <meta property="og:description" content="{escape(place.source["about"])}">
  </head>
  <body class="widget_frame_base tgme_webpreview emoji_image tgme_mode no_transitions">
    <header class="tgme_header"><div class="tgme_container">
      <div class="tgme_channel_info">
        <div class="tgme_channel_info_header_title"><span dir="auto">{name}</span></div>
        <div class="tgme_channel_info_header_username"><a href="https://t.me/{channel(place.slug)}">\
@{channel(place.slug)}</a></div>
        <div class="tgme_channel_info_counters"><div class="tgme_channel_info_counter">\
<span class="counter_value">{place.source["photos"]}</span> \
<span class="counter_type">photos</span></div></div>
        <div class="tgme_channel_info_description">{escape(place.source["about"])}</div>
      </div>
    </div></header>
    <main class="tgme_main" data-url="/{place.slug}"><div class="tgme_container">
      <section class="tgme_channel_history js-message_history">
{messages}
      </section>
    </div></main>
  </body>
</html>
""".encode(),
    )


def _message(place: Place, post: Post) -> str:
    name = escape(place.source["name"])
    link = place.link(post)
    edited = "edited &nbsp;" if post.edited(place.now) else ""
    text = escape(post.text).replace("\n", "<br/>")
    return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap">\
<div class="tgme_widget_message text_not_supported_wrap js-widget_message" \
data-post="{channel(place.slug)}/{post.number}">
  <div class="tgme_widget_message_bubble">
    <div class="tgme_widget_message_author accent_color">\
<a class="tgme_widget_message_owner_name" href="https://t.me/{channel(place.slug)}">\
<span dir="auto">{name}</span></a></div>
{_forwarded(place, post)}{_replied(place, post)}{_album(place, post)}\
<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>
    <div class="tgme_widget_message_footer compact js-message_footer">
      <div class="tgme_widget_message_info short js-message_info">
        <span class="tgme_widget_message_views">{_views(post)}</span>\
<span class="copyonly"> views</span>\
<span class="tgme_widget_message_meta">{edited}<a class="tgme_widget_message_date" \
href="{link}"><time datetime="{_iso(post.at)}" class="time">{post.at:%H:%M}</time></a></span>
      </div>
    </div>
  </div>
</div></div>"""


def _forwarded(place: Place, post: Post) -> str:
    if post.forward_from is None:
        return ""
    origin = place.world.post(*post.forward_from)
    name = escape(place.world.sources[origin.source]["name"])
    return (
        '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;'
        f'<a class="tgme_widget_message_forwarded_from_name" href="{place.link(origin)}">'
        f'<span dir="auto">{name}</span></a></div>\n'
    )


def _replied(place: Place, post: Post) -> str:
    if not post.reply_to:
        return ""
    other = place.world.post(post.source, post.reply_to)
    return (
        f'<a class="tgme_widget_message_reply user-color-1" href="{place.link(other)}">'
        '<div class="tgme_widget_message_author accent_color">'
        '<span class="tgme_widget_message_author_name" dir="auto">'
        f"{escape(place.source['name'])}</span></div>"
        '<div class="tgme_widget_message_metatext js-message_reply_text" dir="auto">'
        f"{escape(other.text[:80])}</div></a>\n"
    )


def _album(place: Place, post: Post) -> str:
    """The pictures of a post: each has a number of its own, the first the post's."""
    if not post.album:
        return ""
    photos = "".join(
        '<a class="tgme_widget_message_photo_wrap grouped_media_wrap blured '
        f'js-message_photo" style="width:453px;height:301px;background-image:url('
        f'\'{place.base}/photo/{post.source}-{post.number}-{n}.jpg\')" data-ratio="1.5" '
        f'href="https://t.me/{channel(post.source)}/{post.number + n}?single"></a>'
        for n in range(post.album)
    )
    return (
        '<div class="tgme_widget_message_grouped_wrap js-message_grouped_wrap">'
        '<div class="tgme_widget_message_grouped js-message_grouped">'
        '<div class="tgme_widget_message_grouped_layer js-message_grouped_layer">'
        f"{photos}</div></div></div>"
    )


def single(place: Place, post: Post) -> Document:
    """The page of one post: where links from provenance lead."""
    title = escape(post.title or place.source["name"])
    return (
        "text/html; charset=utf-8",
        f"""<!DOCTYPE html>
<html lang="{place.source["language"]}">
  <head><meta charset="utf-8"><title>{title}</title></head>
  <body>
    <p><a href="{place.base}{path(place.source)}">{escape(place.source["name"])}</a>
      · <time datetime="{_iso(post.at)}">{post.at:%-d %B %Y, %H:%M} UTC</time></p>
    <h1>{title}</h1>
    <div dir="auto">{_paragraphs(post.text)}</div>
    <p><small>A fictional source, part of the demonstration.</small></p>
  </body>
</html>
""".encode(),
    )


def _views(post: Post) -> str:
    digest = hashlib.blake2b(f"{post.source}{post.number}".encode(), digest_size=2)
    return f"{1 + int.from_bytes(digest.digest()) / 6000:.1f}K"


def _first_sentence(text: str) -> str:
    return text.split(". ")[0].rstrip(".") + "."


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


RENDERERS: dict[str, Callable[[Place, list[Post]], Document]] = {
    "rss": rss,
    "rdf": rdf,
    "atom": atom,
    "json": json_feed,
    "telegram": telegram,
}
