"""What operators ask a web process: is it alive, is it ready, what did it do."""

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
from newsroom.edge.page_store import Store

NOT_FOUND = plain(404, "There is nothing at this address.\n")
ALIVE = plain(200, "ok\n", ("cache-control", "no-store"))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: the peer's address, and the headers in lower case."""

    peer: str
    headers: Mapping[str, str]


Own = Callable[[Visitor], Page]


class Watch:
    """Answers `/healthz`, `/readyz` and `/metrics` of one process."""

    def __init__(
        self,
        store: Store,
        *,
        listening: Callable[[], bool],
        more: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        """`more` are further figures by name, such as the live readers."""
        self._listening = listening
        self._registry = CollectorRegistry()
        self._registry.register(_Figures(store, listening, more))
        ProcessCollector(registry=self._registry)

    def own(self) -> dict[str, Own]:
        """Return the answers by their addresses."""
        return {
            "/healthz": lambda visitor: ALIVE,
            "/readyz": self.ready,
            "/metrics": self.metrics,
        }

    def ready(self, visitor: Visitor) -> Page:
        """Tell whether this process can make a page and hears what changes. Blocks."""
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

    def metrics(self, visitor: Visitor) -> Page:
        """Give the figures to this machine, or to who brings `NEWSROOM_METRICS_TOKEN`."""
        if not _may_see(visitor):
            return NOT_FOUND
        text = generate_latest(self._registry).decode()
        return plain(200, text)


def _may_see(visitor: Visitor) -> bool:
    token = settings.METRICS_TOKEN
    if token:
        given = visitor.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    if "x-forwarded-for" in visitor.headers or "forwarded" in visitor.headers:
        return False  # a proxy speaks for somebody else
    try:
        return not visitor.peer or ipaddress.ip_address(visitor.peer).is_loopback
    except ValueError:
        return False


class _Figures(Collector):
    """Reads the plain counters of the edge when somebody asks."""

    def __init__(
        self,
        store: Store,
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
