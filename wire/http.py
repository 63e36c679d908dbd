"""The wire's one door to the network: feeds, channel previews, pictures of posts.

The guard, the limits and the errors are those of `outgoing`; see there.
"""

from collections.abc import Collection

from django.conf import settings

from outgoing.client import shared_client
from outgoing.errors import (
    FetchError,
    Gone,
    Limited,
    NameNotFound,
    NoConnection,
    TimedOut,
)
from outgoing.fetched import Fetched

__all__ = ["UNREACHED", "FetchError", "Fetched", "Gone", "Limited", "fetch"]

UNREACHED = (NameNotFound, NoConnection, TimedOut)  # nobody answered at all

DEADLINE = 30.0  # seconds for everything
MAX_BYTES = 10_000_000  # decoded
FEEDS = (
    "application/atom+xml, application/rss+xml, application/feed+json,"
    " application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.9,"
    " text/html;q=0.8, */*;q=0.1"
)


def fetch(
    url: str,
    *,
    etag: str = "",
    last_modified: str = "",
    accept: str = FEEDS,
    content_types: Collection[str] = (),
    deadline: float = DEADLINE,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """Fetch `url`, or learn that it has not changed. Raises `FetchError` alone.

    `deadline` is in seconds and total; `content_types` are beginnings such as "image/".
    """
    return shared_client(settings.FETCH_USER_AGENT, tuple(settings.FETCH_ALLOW)).fetch(
        url,
        etag=etag,
        last_modified=last_modified,
        accept=accept,
        content_types=content_types,
        deadline=deadline,
        max_bytes=max_bytes,
    )
