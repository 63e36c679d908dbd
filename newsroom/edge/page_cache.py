"""Whether a page may be kept, and how one is made; knows no protocol."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from newsroom.edge.cache_key import Policy, QueryTooLarge, is_odd, key_for, query_for
from newsroom.edge.cached_response import KEEPABLE, Page, Response, make_page
from newsroom.edge.page_store import PageStore, PendingRender

WAIT = 20.0  # seconds one waits for a page that another is making
TRIES = 3  # times one asks again when a page was changed while it was made

log = logging.getLogger(__name__)


def plain(status: int, text: str, *headers: tuple[str, str]) -> Page:
    """Return a short answer in plain text that nobody keeps."""
    kind = ("content-type", "text/plain; charset=utf-8")
    body = text.encode()
    return make_page(
        Response(status=status, headers=(kind, *headers), body=body),
        max_age=0,
        now=time.time(),
    )


BAD_HOST = plain(400, "This host is not served here.\n")
BAD_ADDRESS = plain(404, "There is nothing at this address.\n")
BAD_QUERY = plain(414, "This query is too long.\n")
BUSY = plain(
    503, "Too many pages are being made. Please try again.\n", ("retry-after", "2")
)
BROKEN = plain(500, "This page could not be made.\n")


@dataclass(frozen=True, slots=True)
class Address:
    """A public page: the path and query its view will see, and how it is kept."""

    path: str
    query: str
    policy: Policy

    @property
    def key(self) -> str:
        return key_for(self.path, self.query)


class PageCache:
    """The page cache of one process: which addresses are kept, and how a page is made."""

    def __init__(
        self,
        store: PageStore,
        *,
        render: Callable[[str, str], Response],
        policy_for: Callable[[str], Policy | None],
        host_is_ours: Callable[[str], bool],
    ) -> None:
        """`policy_for` returns how the view at a path is kept, None for "not at all"."""
        self.store = store
        self.host_is_ours = host_is_ours
        self._render = render
        self._policy_for = policy_for

    def find(
        self, path: str, query: str, raw_path: bytes = b""
    ) -> Address | Page | None:
        """Return a public address, a refusal, or None where Django must be asked."""
        if is_odd(path, raw_path):
            return BAD_ADDRESS
        policy = self._policy_for(path)
        if policy is None:
            return None
        try:
            return Address(path, query_for(policy, query), policy)
        except QueryTooLarge:
            return BAD_QUERY

    def make(self, pending: PendingRender, address: Address) -> Page:
        """Render a page, keep it if it may be kept, and end `pending` with it. Blocks."""
        self.store.counts["rendered"] += 1
        try:
            response = self._render(address.path, address.query)
        except Exception:  # noqa: BLE001 - whatever happens, those who wait must be told
            log.exception("no page at %s", address.path)
            return self.store.fail(pending, BROKEN, time.monotonic())
        if response.status >= 500:
            failure = make_page(response, max_age=0, now=time.time())
            return self.store.fail(pending, failure, time.monotonic())
        objection = response.objection()
        if objection or response.status not in KEEPABLE:
            if objection:
                log.error("%s is marked public, but %s", address.path, objection)
            page = make_page(response, max_age=0, now=time.time())
            self.store.finish_uncached(pending, page)
            return page
        wall = time.time()
        max_age = max(0.0, min(_ages(response, address.policy, wall)))
        page = make_page(response, max_age=max_age, now=wall)
        self.store.finish(pending, page, max_age=max_age, now=time.monotonic())
        return page


def _ages(response: Response, policy: Policy, wall: float) -> Iterator[float]:
    """Yield each limit on how long a page is fresh, in seconds from `wall`."""
    yield policy.max_age
    if policy.minute:
        yield 60 - wall % 60
    expires = response.header("expires")
    if expires:  # the view knows when time alone makes its page wrong
        yield parsedate_to_datetime(expires).timestamp() - wall
