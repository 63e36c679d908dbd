"""Health and metrics of one web process: `/healthz`, `/readyz`, `/metrics`."""

import hmac
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, close_old_connections, connections
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from newsroom.edge.cached_response import Page
from newsroom.edge.page_cache import plain
from newsroom.edge.page_store import PageStore

NOT_FOUND = plain(404, "There is nothing at this address.\n")
ALIVE = plain(200, "ok\n", ("cache-control", "no-store"))


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the address of the peer, and the headers with names in lower case."""

    peer: str
    headers: Mapping[str, str]


Endpoint = Callable[[Client], Page]


class HealthEndpoints:
    """Answers `/healthz`, `/readyz` and `/metrics` of one process."""

    def __init__(
        self,
        store: PageStore,
        *,
        listening: Callable[[], bool],
        more: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        """`more` are further figures by name, such as the live readers."""
        self._listening = listening
        self._registry = CollectorRegistry()
        self._registry.register(_Metrics(store, listening, more))
        ProcessCollector(registry=self._registry)

    def by_path(self) -> dict[str, Endpoint]:
        """Return the endpoints by their paths."""
        return {
            "/healthz": lambda client: ALIVE,
            "/readyz": self.ready,
            "/metrics": self.metrics,
        }

    def ready(self, client: Client) -> Page:
        """Answer 200 if the database answers and changes are heard, else 503. Blocks."""
        troubles = []
        try:
            close_old_connections()
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error:
            troubles.append("the database does not answer")
        if not self._listening():
            troubles.append("nobody listens to what changes")
        if troubles:
            text = "".join(f"{trouble}\n" for trouble in troubles)
            return plain(503, text, ("retry-after", "2"))
        return ALIVE

    def metrics(self, client: Client) -> Page:
        """Answer this machine, or a bearer of `NEWSROOM_METRICS_TOKEN`; 404 to others."""
        if not _may_see(client):
            return NOT_FOUND
        text = generate_latest(self._registry).decode()
        return plain(200, text)


def _may_see(client: Client) -> bool:
    token = settings.METRICS_TOKEN
    if token:
        given = client.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    if "x-forwarded-for" in client.headers or "forwarded" in client.headers:
        return False  # a proxy speaks for somebody else
    try:
        return not client.peer or ipaddress.ip_address(client.peer).is_loopback
    except ValueError:
        return False


class _Metrics(Collector):
    """Reads the counters of the page cache when the metrics are asked for."""

    def __init__(
        self,
        store: PageStore,
        listening: Callable[[], bool],
        more: Callable[[], Mapping[str, float]],
    ) -> None:
        self._store, self._listening, self._more = store, listening, more

    def collect(self) -> Iterator[Metric]:
        pages = CounterMetricFamily(
            "newsroom_edge_pages", "What became of requests for pages", labels=["what"]
        )
        for what, count in sorted(self._store.counts.items()):
            pages.add_metric([what], count)
        yield pages
        gauges = {
            "newsroom_edge_kept": len(self._store),
            "newsroom_edge_bytes": self._store.size,
            "newsroom_edge_listening": self._listening(),
            **self._more(),
        }
        for name, value in gauges.items():
            yield GaugeMetricFamily(name, name.replace("_", " "), value=float(value))
