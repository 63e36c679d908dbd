"""The markets' one door to the network: quotes and reference rates.

The guard, the limits and the errors are those of `outgoing`; see there.
"""

from collections.abc import Mapping

from django.conf import settings

from outgoing.client import shared_client
from outgoing.errors import FetchError
from outgoing.fetched import Fetched

__all__ = ["FetchError", "Fetched", "fetch"]

DEADLINE = 15.0  # seconds for everything; a late quote is worth little
MAX_BYTES = 5_000_000  # decoded
TABLES = "application/json, text/csv, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"


def fetch(
    url: str,
    *,
    etag: str = "",
    last_modified: str = "",
    headers: Mapping[str, str] | None = None,
    deadline: float = DEADLINE,
) -> Fetched:
    """Fetch `url`, or learn that it has not changed. Raises `FetchError` alone.

    `headers` carry a provider's key; they are sent to the first origin alone, never on
    to where it redirects. `deadline` is in seconds and total.
    """
    return shared_client(settings.FETCH_USER_AGENT, tuple(settings.FETCH_ALLOW)).fetch(
        url,
        etag=etag,
        last_modified=last_modified,
        accept=TABLES,
        headers=headers,
        deadline=deadline,
        max_bytes=MAX_BYTES,
    )
