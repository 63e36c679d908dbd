"""The paper on one port: kept pages, then the live stream, then Django in threads.

`python -m newsroom.edge.serve` runs it. Any ASGI server can; see docs/edge.md for what each
costs.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
django = get_wsgi_application()

from newsroom.database import patience  # noqa: E402
from newsroom.edge import factory, thread_pools  # noqa: E402 - need apps and settings
from newsroom.edge.asgi_app import Shell, answered_by  # noqa: E402
from newsroom.edge.connection_limit import files, most_live  # noqa: E402
from newsroom.edge.health import Watch  # noqa: E402
from newsroom.live.sources import make_hub  # noqa: E402
from newsroom.live.stream import Stream  # noqa: E402


def make_application() -> Shell:
    """Return a shell with a cache, a listener and a stream of its own."""
    patience.serve_readers(settings.DATABASE_PATIENCE)
    gate = factory.make_gate(django)
    addresses = factory.make_addresses()
    hub = make_hub(most=most_live(files(), settings.LIVE_READERS))
    stream = Stream(hub, address_of=addresses, per_address=settings.LIVE_PER_ADDRESS)
    # Pages get threads of their own: a slow desk must not hold up the readers. So do the
    # operators' questions, and those who ask whose session a large body comes with:
    # whatever is slow, they are answered.
    pages = ThreadPoolExecutor(settings.PAGE_THREADS, thread_name_prefix="page")
    asked = ThreadPoolExecutor(1, thread_name_prefix="watch")
    sessions = ThreadPoolExecutor(1, thread_name_prefix="session")
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
        thread_pools.make_behind(django, factory.make_bodies(sessions, addresses)),
        threads=pages,
        listener=lambda ring: factory.make_listener(gate.store, ring),
        ring=hub.ring,
        run=hub.run,
        close=hub.close,
        own={
            "/live/": stream.live,
            "/live/poll": stream.poll,
            **{path: answered_by(own, asked) for path, own in watch.own().items()},
        },
        secure=factory.https_by_headers(),
        connections=factory.make_connections(),
    )
    return application


application = make_application()
