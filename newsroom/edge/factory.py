"""The parts of the page cache, put together from the settings."""

import errno
import ipaddress
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import lru_cache
from time import monotonic
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, close_old_connections, connections
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string

from foundation.notifications import PUSH_CHANNEL
from newsroom.database import patience
from newsroom.edge.cache_key import Policy
from newsroom.edge.client_address import Addresses
from newsroom.edge.connection_limit import Connections, files, most_connections
from newsroom.edge.desk_sessions import Sessions
from newsroom.edge.listener import Listener, SnapshotPosition
from newsroom.edge.page_cache import PageCache
from newsroom.edge.page_renderer import Renderer, WsgiApp
from newsroom.edge.page_store import PageStore
from newsroom.edge.request_bodies import RequestBodies

UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT)
PROMPT = 1.0  # seconds in which a machine says that nothing listens there
RECHECK = 30.0  # seconds between two looks for the next change by the clock

log = logging.getLogger(__name__)


def make_page_cache(app: WsgiApp) -> PageCache:
    """Return a page cache in front of Django's handler `app`."""
    site = settings.PAPER_URL
    host = site.partition("://")[2].partition("/")[0]
    if not host_is_ours(host):
        raise ImproperlyConfigured(
            f"NEWSROOM_URL names the host {host!r}, which NEWSROOM_HOSTS does not allow."
            " See docs/configuration.md."
        )
    if settings.SECURE_SSL_REDIRECT:
        site = f"https://{host}"
    return PageCache(
        PageStore(limit=settings.EDGE_BYTES),
        render=Renderer(app, site=site),
        policy_for=policy_for,
        host_is_ours=host_is_ours,
    )


def make_addresses() -> Addresses:
    """Return how to tell whose request it is."""
    try:
        proxies = [
            ipaddress.ip_network(text, strict=False) for text in settings.PROXIES
        ]
    except ValueError as error:
        raise ImproperlyConfigured(f"NEWSROOM_PROXIES: {error}") from error
    return Addresses(behind_proxy=settings.BEHIND_PROXY, proxies=proxies)


def make_request_bodies(threads: Executor, addresses: Addresses) -> RequestBodies:
    """Return what holds the bodies of requests; `threads` look up who sends much."""
    sessions = Sessions(threads)
    return RequestBodies(may_be_large=sessions.may_send_much, address_of=addresses)


def make_connections() -> Connections:
    """Return the count of connections: half of them, at most, for one address.

    Behind a proxy all come from one address, and it has limits of its own.
    """
    most = most_connections(files())
    return Connections(most, per_address=None if settings.BEHIND_PROXY else most // 2)


def make_listener(store: PageStore, notify: Callable[[str], None]) -> Listener:
    """Return a thread that purges `store`; `notify` gets payloads of the `live` channel."""
    timer = ExpiryTimer(store)

    def heard(channel: str, payload: str) -> None:
        if channel == PUSH_CHANNEL:
            notify(payload)
            return
        dropped = store.purge(payload.split(), monotonic())
        log.debug("%s: %d pages outdated", payload, dropped)
        timer.due_at = 0.0

    def up(since: SnapshotPosition | None, here: SnapshotPosition) -> None:
        store.listener_up(monotonic(), taken_back=was_taken_back(since, here))
        timer.due_at = 0.0

    def down() -> None:
        store.listener_down(monotonic())
        connections.close_all()  # this thread's own

    return Listener(
        connect,
        heard=heard,
        up=up,
        down=down,
        outage=store.database_down,
        is_outage=is_outage,
        tick=timer.tick,
    )


def was_taken_back(since: SnapshotPosition | None, here: SnapshotPosition) -> bool:
    """Tell whether something may have been killed since `since` that was not heard here.

    Where that cannot be told the answer is yes. Raises `psycopg.OperationalError`.
    """
    if since is None:
        return True
    if since.database != here.database or since.xmin > here.xmin:
        return True
    close_old_connections()
    try:
        return any(import_string(path)(since.xmin) for path in settings.EDGE_TAKEN_BACK)
    except Error as error:
        raise psycopg.OperationalError(str(error)) from error


class ExpiryTimer:
    """Expires all pages at the next instant at which the clock alone changes one.

    Any commit may change which instant that is, so it is looked up after each.
    """

    def __init__(self, store: PageStore) -> None:
        self._store = store
        self._boundary = import_string(settings.EDGE_BOUNDARY)
        self.due_at = 0.0  # seconds of the monotonic clock

    def tick(self) -> None:
        """Expire or look up, if it is time to. Raises `psycopg.OperationalError`."""
        now = monotonic()
        reached = self._store.boundary is not None and now >= self._store.boundary
        if now < self.due_at and not reached:
            return
        ahead = self._seconds_ahead()
        if reached:
            self._store.purge(["all"], now)
        self._store.limit_freshness(None if ahead is None else now + ahead)
        self.due_at = now + RECHECK

    def _seconds_ahead(self) -> float | None:
        """Ask the database, by its own clock: a wrong one here lifts no embargo."""
        close_old_connections()
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                (now,) = cursor.fetchone()
            at = self._boundary(now)
        except Error as error:
            raise psycopg.OperationalError(str(error)) from error
        return None if at is None else max(0.0, (at - now).total_seconds())


def is_outage(error: Exception) -> bool:
    """Tell by the error of an attempt to connect whether the database itself is down.

    It is if nothing listens at its address, or if it says that it starts or stops. Silence
    of a server on this machine says that it hangs, for others as for us. From another
    machine it proves nothing: behind a broken network it may be at work for others.
    """
    if isinstance(error, (psycopg.errors.ConnectionTimeout, patience.Silent)):
        return _is_on_this_machine(_address().get("host", ""))
    if any(os.strerror(number) in str(error) for number in UNREACHABLE):
        return False
    began = monotonic()
    address = psycopg.conninfo.make_conninfo(**_address(), connect_timeout=2)
    answer = psycopg.pq.PGconn.ping(address.encode())
    if answer == psycopg.pq.Ping.NO_RESPONSE:
        return monotonic() - began < PROMPT
    return answer == psycopg.pq.Ping.REJECT


def _is_on_this_machine(host: str) -> bool:
    return host.startswith(("/", "@", "127.")) or host in ("", "localhost", "::1")


def _address() -> dict[str, Any]:
    params: dict[str, Any] = connections["default"].get_connection_params()
    mine = ("dbname", "host", "port", "user", "password", "service", "sslmode")
    return {name: params[name] for name in (*mine, "sslrootcert") if params.get(name)}


def connect() -> psycopg.Connection:
    """Open a connection of our own, outside Django's, for listening."""
    return patience.connect(
        **_address(),
        autocommit=True,
        connect_timeout=5,
        keepalives_idle=5,
        keepalives_interval=5,
        keepalives_count=2,
        tcp_user_timeout=10_000,
        application_name="newsroom edge",
    )


@lru_cache(maxsize=4096)
def policy_for(path: str) -> Policy | None:
    """Return how the view at `path` is kept; None: not at all, or nothing is there."""
    try:
        view = resolve(path).func
    except Resolver404:
        return None
    policy: Policy | None = getattr(view, "edge_policy", None)
    return policy


@lru_cache(maxsize=1024)
def host_is_ours(host: str) -> bool:
    """Tell whether a Host header names this paper, as Django would."""
    domain, _ = split_domain_port(host)
    allowed = settings.ALLOWED_HOSTS
    if settings.DEBUG and not allowed:
        allowed = [".localhost", "127.0.0.1", "[::1]"]
    return bool(domain) and validate_host(domain, allowed)


def https_rule() -> Callable[[str | None, Mapping[bytes, bytes]], bool] | None:
    """Return how to tell HTTPS, or None where plain HTTP is welcome."""
    if not settings.SECURE_SSL_REDIRECT:
        return None
    trusted: tuple[bytes, bytes] | None = None
    if settings.SECURE_PROXY_SSL_HEADER:
        name, value = settings.SECURE_PROXY_SSL_HEADER
        header = name.removeprefix("HTTP_").replace("_", "-").lower()
        trusted = header.encode(), value.encode()

    def is_https(scheme: str | None, headers: Mapping[bytes, bytes]) -> bool:
        if trusted is not None and trusted[0] in headers:
            return headers[trusted[0]] == trusted[1]
        return scheme == "https"

    return is_https
