"""The ASGI application of the project; `python -m newsroom.edge.serve` runs it.

Kept pages, the live stream, then Django in threads. Any ASGI server can run it; see
docs/edge.md for what each costs.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
django = get_wsgi_application()

from newsroom.database import patience  # noqa: E402
from newsroom.edge import factory, thread_pools  # noqa: E402 - need apps and settings
from newsroom.edge.asgi_app import AsgiApplication, as_asgi  # noqa: E402
from newsroom.edge.connection_limit import files, most_live  # noqa: E402
from newsroom.edge.health import HealthEndpoints  # noqa: E402
from newsroom.live.sources import make_hub  # noqa: E402
from newsroom.live.stream import Stream  # noqa: E402


def make_application() -> AsgiApplication:
    """Return an application with a page cache, a listener and a live stream of its own."""
    patience.serve_readers(settings.DATABASE_PATIENCE)
    page_cache = factory.make_page_cache(django)
    addresses = factory.make_addresses()
    hub = make_hub(most=most_live(files(), settings.LIVE_READERS))
    stream = Stream(hub, address_of=addresses, per_address=settings.LIVE_PER_ADDRESS)
    # Pages get threads of their own: a slow desk must not hold up the readers. So do
    # health checks and the look-up of sessions for large bodies: whatever is slow, they
    # are answered.
    pages = ThreadPoolExecutor(settings.PAGE_THREADS, thread_name_prefix="page")
    health_threads = ThreadPoolExecutor(1, thread_name_prefix="health")
    sessions = ThreadPoolExecutor(1, thread_name_prefix="session")
    health = HealthEndpoints(
        page_cache.store,
        listening=lambda: application.listening(),
        more=lambda: {
            "newsroom_live_readers": len(hub.readers),
            **{f"newsroom_live_{name}": n for name, n in hub.counts.items()},
        },
    )
    application = AsgiApplication(
        page_cache,
        thread_pools.make_behind(
            django, factory.make_request_bodies(sessions, addresses)
        ),
        threads=pages,
        hub=hub,
        make_listener=lambda notify: factory.make_listener(page_cache.store, notify),
        endpoints={
            "/live/": stream.live,
            "/live/poll": stream.poll,
            **{
                path: as_asgi(endpoint, health_threads)
                for path, endpoint in health.by_path().items()
            },
        },
        is_https=factory.https_rule(),
        connections=factory.make_connections(),
    )
    return application


application = make_application()
