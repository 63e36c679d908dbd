"""The WSGI door: the fastest shape, for those who put a proxy in front."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import TimeoutError as Late
from time import monotonic
from typing import Any

from newsroom.edge.cached_response import Page, encoding_for
from newsroom.edge.health import Own, Visitor
from newsroom.edge.page_cache import BAD_HOST, BUSY, TRIES, WAIT, Address, Gate
from newsroom.edge.page_renderer import WsgiApp
from newsroom.edge.page_store import Turn

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class WsgiDoor:
    """Serves what is kept and hands on the rest."""

    def __init__(
        self,
        gate: Gate,
        behind: WsgiApp,
        *,
        own: Mapping[str, Own] | None = None,
        secure: Callable[[Environ], bool] | None = None,
    ) -> None:
        self._gate, self._store = gate, gate.store
        self._behind = behind
        self._own = dict(own or {})
        self._secure = secure

    def __call__(
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        if not self._gate.host_is_ours(environ.get("HTTP_HOST", "")):
            return self._send(BAD_HOST, environ, start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._behind(environ, start_response)
        if self._secure is not None and not self._secure(environ):
            return self._behind(environ, start_response)
        path = environ["PATH_INFO"]
        if not path.isascii():
            path = path.encode("latin-1").decode(errors="replace")
        query = environ.get("QUERY_STRING", "")
        page = None if query else self._store.fresh(path, monotonic())
        if page is not None:
            self._store.counts["hit"] += 1
            return self._send(page, environ, start_response)
        own = self._own.get(path)
        if own is not None:
            return self._send(own(_visitor(environ)), environ, start_response)
        found = self._gate.find(path, query)
        if found is None:
            return self._behind(environ, start_response)
        page = found if isinstance(found, Page) else self._page(found)
        return self._send(page, environ, start_response)

    def _page(self, address: Address) -> Page:
        for _ in range(TRIES):
            answer = self._store.ask(address.key, monotonic())
            if answer.turn is Turn.TAKE and answer.page:
                self._store.counts["hit"] += 1
                return answer.page
            if answer.flight is None:
                return answer.page or BUSY
            if answer.turn is Turn.LEAD:
                self._store.counts["miss"] += 1
                return self._gate.make(answer.flight, address)
            try:
                page = answer.flight.landed.result(timeout=WAIT)
            except Late:
                return self._store.copy(address.key, monotonic()) or BUSY
            if page is not None:
                return page
        return BUSY

    def _send(
        self, page: Page, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        encoding = encoding_for(
            environ.get("HTTP_ACCEPT_ENCODING", "").encode("latin-1")
        )
        variant = page.variants[encoding]
        held = environ.get("HTTP_IF_NONE_MATCH")
        if held is not None and page.status == 200 and page.has(held.encode("latin-1")):
            start_response("304 Not Modified", variant.wsgi_304)
            return []
        start_response(variant.wsgi_status, variant.wsgi_headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else variant.wsgi_body


def _visitor(environ: Environ) -> Visitor:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return Visitor(environ.get("REMOTE_ADDR", ""), headers)
