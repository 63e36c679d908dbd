"""Fetching one document from somebody else's server, whatever that server does.

`Client.fetch` ends within its deadline, in an answer or in one of the errors of
`outgoing.errors`. It keeps no cookies, reads no proxy from the environment and speaks HTTP/1.1
alone: one connection then serves one thread, so one deadline rules all that happens on
it.
"""

import os
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import httpcore2
import httpx2

from outgoing import fetched
from outgoing.errors import TimedOut
from outgoing.fetched import Fetched
from outgoing.per_host_limit import PER_HOST, Turnstile
from outgoing.response_reader import MOVED, Ask, Hop, Reader

from .addresses import Destination, destination
from .encodings import ACCEPTED
from .network import (
    RESOLVE_LIMIT,
    GuardedBackend,
    Resolve,
    Trip,
    named,
    system_resolve,
)
from .redirects import Way

DEADLINE = 30.0  # seconds for everything: queue, names, redirects, body
MAX_BYTES = 10_000_000  # of the body, decoded and as sent
MAX_REDIRECTS = 5
KEEP_OPEN = 90  # seconds an idle connection is kept
_TRIES = 4  # a kept connection may be dead; a few may be kept for each host


class Client:
    """A guarded HTTP client for threads and for processes that fork.

    `allow` names what may be reached although it is not public (see `destination`);
    only those who name it may reach it: no redirect leads there from outside.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow: Collection[str] = (),
        resolve: Resolve = system_resolve,
        resolve_limit: float = RESOLVE_LIMIT,
        dialler: httpcore2.NetworkBackend | None = None,
        ssl_context: ssl.SSLContext | None = None,
        per_host: int = PER_HOST,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._user_agent = user_agent
        self._allow = frozenset(entry.lower() for entry in allow)
        self._resolve = resolve
        self._resolve_limit = resolve_limit
        self._dialler = dialler
        self._ssl_context = ssl_context
        self._per_host = per_host
        self._clock = clock
        self._pool: httpcore2.ConnectionPool | None = None
        self._start_afresh()
        _clients.add(self)

    def fetch(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        content_types: Collection[str] = (),
        deadline: float = DEADLINE,
        max_bytes: int = MAX_BYTES,
        max_redirects: int = MAX_REDIRECTS,
    ) -> Fetched:
        """Fetch `url`, or learn that it has not changed since `etag`/`last_modified`.

        `deadline` is in seconds and covers everything, the wait for a turn included.
        `headers` (keys of an API) go to the first origin alone. `content_types`, where
        given, are the beginnings of the types that will do, such as "image/". Raises a
        `FetchError`, and nothing else.
        """
        started = time.monotonic()
        ask = Ask(
            etag=fetched.validator(etag),
            last_modified=fetched.validator(last_modified),
            accept=accept,
            headers=headers or {},
            content_types=tuple(content_types),
            max_bytes=max_bytes,
        )
        first = destination(url, allow=self._allow)
        way = Way(first, self._allow, max_redirects)
        while True:
            secrets = ask.headers if way.here.origin == first.origin else {}
            hop = self._visit(way.here, ask, secrets, until=started + deadline)
            if hop.status not in MOVED:
                break
            way.follow(hop)
        elapsed = timedelta(seconds=time.monotonic() - started)
        return _fetched(way, hop, now=self._clock(), elapsed=elapsed)

    def close(self) -> None:
        """Close the connections kept open. The client can still be used."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def __del__(self) -> None:
        self.close()

    def _start_afresh(self) -> None:
        """Begin without connections; in a child, the parent's are left alone."""
        self._lock = threading.Lock()
        self._trip = Trip()
        self._turnstile = Turnstile(self._per_host)
        # Held, so that nothing is closed on it; its lock may be held for ever.
        self._left_to_parent, self._pool = self._pool, None

    def _connections(self) -> httpcore2.ConnectionPool:
        with self._lock:
            if self._pool is None:
                if self._ssl_context is None:
                    self._ssl_context = httpx2.create_ssl_context(trust_env=False)
                    self._ssl_context.minimum_version = ssl.TLSVersion.TLSv1_2
                self._pool = httpcore2.ConnectionPool(
                    ssl_context=self._ssl_context,
                    max_connections=128,  # more than any pool has slots
                    max_keepalive_connections=64,
                    keepalive_expiry=KEEP_OPEN,
                    network_backend=GuardedBackend(
                        self._trip,
                        self._resolve,
                        resolve_limit=self._resolve_limit,
                        dialler=self._dialler,
                    ),
                )
            return self._pool

    def _visit(
        self, to: Destination, ask: Ask, secrets: Mapping[str, str], *, until: float
    ) -> Hop:
        """Ask one URL, on a kept connection if there is a live one."""
        trip = self._trip
        trip.deadline_at, trip.host, trip.allowed = until, to.host, to.allowed
        turn = to.authority if to.allowed else to.host
        with self._turnstile.passed(turn, until=until):
            for attempt in range(1, _TRIES + 1):
                trip.is_fresh, trip.in_head, trip.head_bytes = False, True, 0
                try:
                    return self._exchange(to, ask, secrets)
                except httpcore2.TimeoutException as error:
                    raise TimedOut(f"{to.host} did not answer in time.") from error
                except (httpcore2.ProtocolError, httpcore2.NetworkError) as error:
                    # A server may close a kept connection at any time, just when it is
                    # used again: GET is repeated, at last on a connection of its own.
                    if trip.is_fresh or attempt == _TRIES:
                        raise named(error, to.host) from error
        raise AssertionError("the last attempt returns or raises")

    def _exchange(self, to: Destination, ask: Ask, secrets: Mapping[str, str]) -> Hop:
        request = httpcore2.Request(
            method=b"GET",
            url=httpcore2.URL(
                scheme=to.url.raw_scheme,
                host=to.host.encode("ascii"),
                port=to.port,
                target=to.url.raw_path,
            ),
            headers=self._headers(to, ask, secrets),
            extensions={"timeout": {"pool": self._trip.left()}},
        )
        response = self._connections().handle_request(request)
        self._trip.in_head = False
        try:
            return Reader(to.host, ask, self._clock()).read(response)
        finally:
            # An answer read to its end leaves its connection open, any other closes it.
            response.close()

    def _headers(
        self, to: Destination, ask: Ask, secrets: Mapping[str, str]
    ) -> list[tuple[bytes, bytes]]:
        wanted = {
            "Host": to.authority,
            "User-Agent": self._user_agent,
            "Accept": ask.accept,
            "Accept-Encoding": ACCEPTED,
            "If-None-Match": ask.etag,
            "If-Modified-Since": ask.last_modified,
            **secrets,
        }
        return [
            (name.encode("ascii"), value.encode("ascii"))
            for name, value in wanted.items()
            if value
        ]


def _fetched(way: Way, hop: Hop, *, now: datetime, elapsed: timedelta) -> Fetched:
    headers = hop.headers
    kind, charset = fetched.content_type(headers.get("content-type", ""))
    return Fetched(
        status=hop.status,
        url=str(way.here.url),
        chain=tuple(way.chain),
        permanent_url=way.permanent_url,
        headers=fetched.kept(headers),
        etag=fetched.validator(headers.get("etag", "")),
        last_modified=fetched.validator(headers.get("last-modified", "")),
        content_type=kind,
        charset=charset,
        body=hop.body,
        peer=hop.peer,
        not_modified=hop.status == 304,
        retry_after=fetched.retry_after(headers.get("retry-after", ""), now=now),
        max_age=fetched.max_age(headers),
        elapsed=elapsed,
    )


@lru_cache(maxsize=4)
def shared_client(user_agent: str, allow: tuple[str, ...]) -> Client:
    """Return the client of this process that asks in the name of `user_agent`."""
    return Client(user_agent=user_agent, allow=allow)


_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _after_fork() -> None:
    """Let no child speak on its parent's connections or wait for its locks."""
    for client in _clients:
        client._start_afresh()


os.register_at_fork(after_in_child=_after_fork)
