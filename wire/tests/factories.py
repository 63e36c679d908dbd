"""Small makers for the wire's tests."""

from datetime import UTC, datetime, timedelta
from itertools import count

from django.db import connection
from django.utils.text import slugify

from outgoing.fetched import Fetched
from wire.connectors.base import Batch, Post
from wire.models import Item, Publisher, Source
from wire.store import store

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_n = count(1)


def make_publisher(**fields) -> Publisher:
    n = next(_n)
    return Publisher.objects.create(
        **{"name": f"Publisher {n}", "slug": f"publisher-{n}", **fields}
    )


def make_source(**fields) -> Source:
    n = next(_n)
    name = fields.pop("name", f"Source {n}")
    return Source.objects.create(
        **{
            "publisher": fields.pop("publisher", None) or make_publisher(),
            "name": name,
            "slug": slugify(name),
            "url": f"https://feeds.example/{n}.xml",
            "format": "rss",
            "release": "auto",
            "due_at": NINE,
            **fields,
        }
    )


def make_post(external_id="one", **fields) -> Post:
    return Post(
        **{
            "external_id": external_id,
            "headline": "Ferry service resumes",
            "text": "The ferry sails again.",
            "url": f"https://feeds.example/posts/{external_id}",
            **fields,
        }
    )


def make_item(source=None, *, now=NINE, **fields) -> Item:
    """Store one post the way the wire does, and return its item."""
    source = source or make_source()
    post = make_post(fields.pop("external_id", f"post-{next(_n)}"), **fields)
    store(source, Batch(format="rss", posts=(post,)), blob="0" * 64, now=now)
    return Item.objects.select_related("source").get(
        source=source, external_id=post.external_id
    )


def written_in(xid: int, item: Item) -> None:
    """Put a row into the ledger as the transaction of number `xid` would have."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO wire_event (xid, item_id, kind, at, note)"
            " VALUES (%s::text::xid8, %s, 'marked', %s, '')",
            [str(xid), item.pk, NINE],
        )


def fetched(
    body: bytes = b"", *, status=200, url="https://feeds.example/1.xml", **more
):
    """An answer as the guarded client gives it."""
    fields = {
        "status": status,
        "url": url,
        "chain": (url,),
        "permanent_url": "",
        "headers": {},
        "etag": "",
        "last_modified": "",
        "content_type": "application/rss+xml",
        "charset": "",
        "body": body,
        "peer": "192.0.2.1",
        "not_modified": status == 304,
        "retry_after": None,
        "max_age": None,
        "elapsed": timedelta(0),
    }
    return Fetched(**{**fields, **more})


def rss(*items: tuple[str, str], extra: str = "") -> bytes:
    """A small RSS document with `(guid, title)` items."""
    entries = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title>"
        f"<link>https://feeds.example/posts/{guid}</link>"
        f"<description>About {title}.</description></item>"
        for guid, title in items
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
        f"<title>Harbour News</title><link>https://feeds.example/</link>{entries}{extra}"
        "</channel></rss>"
    ).encode()
