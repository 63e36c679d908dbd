"""The paper on one port: kept pages, then the live stream, then Django in threads.

`python -m newsroom.serve` runs it. Any ASGI server can; see docs/edge.md for what each
costs.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
django = get_wsgi_application()

from newsroom import pools  # noqa: E402 - needs the settings
from newsroom.database import patience  # noqa: E402
from newsroom.edge import wiring  # noqa: E402 - needs the apps
from newsroom.edge.shell import Shell, answered_by  # noqa: E402
from newsroom.edge.watch import Watch  # noqa: E402
from newsroom.live.reading import make_hub  # noqa: E402
from newsroom.live.stream import Stream  # noqa: E402


def make_application() -> Shell:
    """Return a shell with a cache, a listener and a stream of its own."""
    patience.serve_readers(settings.DATABASE_PATIENCE)
    gate = wiring.make_gate(django)
    hub = make_hub(most=settings.LIVE_READERS)
    stream = Stream(hub)
    # Pages get threads of their own: a slow desk must not hold up the readers. So do the
    # operators' questions: whatever is slow, they are answered.
    pages = ThreadPoolExecutor(settings.PAGE_THREADS, thread_name_prefix="page")
    asked = ThreadPoolExecutor(1, thread_name_prefix="watch")
    watch = Watch(
        gate.store,
        listening=lambda: application.listening(),
        more=lambda: {
            "newsroom_live_readers": len(hub.readers),
            **{f"newsroom_live_{name}": n for name, n in hub.counts.items()},
        },
    )
    application = Shell(
        gate,
        pools.make_behind(django),
        threads=pages,
        listener=lambda ring: wiring.make_listener(gate.store, ring),
        ring=hub.ring,
        run=hub.run,
        close=hub.close,
        own={
            "/live/": stream.live,
            "/live/poll": stream.poll,
            **{path: answered_by(own, asked) for path, own in watch.own().items()},
        },
        secure=wiring.https_by_headers(),
    )
    return application


application = make_application()
