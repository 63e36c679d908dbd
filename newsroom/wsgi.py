"""Pages, desk and API by WSGI: the fastest shape behind a proxy of one's own.

The live stream needs the ASGI shell beside it; send `/live/` there.
"""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
django = get_wsgi_application()

from newsroom.database import patience  # noqa: E402
from newsroom.edge import factory  # noqa: E402 - needs the apps
from newsroom.edge.cache_wsgi import WsgiDoor  # noqa: E402
from newsroom.edge.health import Watch  # noqa: E402
from newsroom.edge.listener import Listener  # noqa: E402


class Application:
    """The door, with a listener that starts in the process that serves.

    A server may load this module before it forks; a thread would stay behind.
    """

    def __init__(self) -> None:
        patience.serve_readers(settings.DATABASE_PATIENCE)
        gate = factory.make_gate(django)
        self._store = gate.store
        self._listener: Listener | None = None
        self._pid = 0
        self._starting = threading.Lock()
        watch = Watch(gate.store, listening=self.listening)
        self._door = WsgiDoor(
            gate, django, own=watch.own(), secure=factory.https_by_environ()
        )

    def listening(self) -> bool:
        """Tell whether changes are heard in this process."""
        return self._listener is not None and self._listener.listening

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if self._pid == 0 or self._pid != os.getpid():
            self._begin()
        return self._door(environ, start_response)

    def _begin(self) -> None:
        with self._starting:
            if self._pid == os.getpid():
                return
            self._listener = factory.make_listener(self._store, lambda payload: None)
            self._listener.start()
            self._pid = os.getpid()


application = Application()
