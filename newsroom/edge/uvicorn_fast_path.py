"""Send a kept page as soon as its request line and headers are read. Optional.

uvicorn makes a task, a scope and two awaited messages for every request; for bytes that
lie ready, that is three quarters of the work. This protocol answers hits itself and gives
everything else to uvicorn, untouched. The bounds on what a client may send hold for both.
It leans on the insides of the pinned uvicorn: the tests of this module tell when a new
one differs.
"""

from typing import Any

from newsroom.edge.cache_asgi import CachingAsgiApp
from newsroom.edge.cached_response import encoding_for
from newsroom.edge.uvicorn_protocol import BoundedProtocol


class FastPathProtocol(BoundedProtocol):
    """uvicorn's HTTP protocol, with kept pages answered before a task is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._site: CachingAsgiApp | None = (
            self.app if isinstance(self.app, CachingAsgiApp) else None
        )
        self._answered = False

    def on_request(self) -> None:
        ready = self._kept()
        if ready is None:
            self._answered = False
            super().on_request()
            return
        self._answered = True
        self._unset_keepalive_if_required()  # set by the one before in the same packet
        self.transport.writelines(ready)
        self.server_state.total_requests += 1
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def on_request_complete(self) -> None:
        if not self._answered:
            super().on_request_complete()

    def _kept(self) -> tuple[bytes, ...] | None:
        """Return what to send at once, or None: the usual way must look at it in full."""
        parser, cycle = self.parser, self.cycle
        if (
            self._site is None
            or (cycle is not None and not cycle.response_complete)
            or self.flow.write_paused
            or self.expect_100_continue
            or parser.get_method() != b"GET"
            or not parser.should_keep_alive()
            or parser.get_http_version() != "1.1"
        ):
            return None
        page = self._site.fresh(self.url)
        if page is None:
            return None
        headers = dict(self.headers)
        if (
            len(headers)
            != len(self.headers)  # a header twice: the usual way looks at each
            or b"content-length" in headers
            or b"transfer-encoding" in headers
            or not self._site.admits(self.scheme, headers)
        ):
            return None
        held = headers.get(b"if-none-match")
        if held is not None and held not in page.etags:
            return None
        self._site.page_cache.store.counts["hit"] += 1
        variant = page.variants[encoding_for(headers.get(b"accept-encoding", b""))]
        return (variant.head, variant.body) if held is None else (variant.head_304,)
