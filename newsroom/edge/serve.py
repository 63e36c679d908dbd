"""Starting the web server: `python -m newsroom.edge.serve --port 8000`.

uvicorn with uvloop and httptools, and a fast path for kept pages (`NEWSROOM_FAST_PATH`):
what measured best and stops cleanly (docs/decisions/0001-server.md). On SIGTERM the open
streams are ended first, so that browsers reconnect to whoever serves next; then requests
under way are finished, and after `GRACE` seconds nothing is left.
"""

import argparse
import os
from contextlib import suppress

import uvicorn
from django.conf import settings
from uvicorn.supervisors import Multiprocess

from newsroom.edge.connection_limit import raise_limit
from newsroom.private_files import set_private_umask

APP = "newsroom.asgi:application"
BOUNDED = "newsroom.edge.uvicorn_protocol:BoundedProtocol"
FAST_PATH = "newsroom.edge.uvicorn_fast_path:FastPathProtocol"
GRACE = 5  # seconds for requests under way when the server is told to stop
BACKLOG = 4096  # connections waiting to be accepted


def configuration(
    host: str, port: int, *, workers: int = 1, app: str = APP, fast_path: bool = True
) -> uvicorn.Config:
    """Return how uvicorn runs the application."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=FAST_PATH if fast_path else BOUNDED,
        ws="none",
        lifespan="on",
        interface="asgi3",
        proxy_headers=False,  # Django decides whom to believe
        server_header=False,
        date_header=False,  # every answer brings its own
        access_log=False,
        log_config=None,  # Django's logging
        log_level="warning",
        backlog=BACKLOG,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=GRACE,
    )


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m newsroom.edge.serve")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--app", default=APP, help="module:name of the application")
    parser.add_argument(
        "--fast-path", choices=("on", "off"), help="default: NEWSROOM_FAST_PATH"
    )
    given = parser.parse_args()
    set_private_umask()
    raise_limit()
    config = configuration(
        given.host,
        given.port,
        workers=given.workers,
        app=given.app,
        fast_path=given.fast_path == "on" if given.fast_path else _from_settings(),
    )
    if given.workers > 1:
        Multiprocess(config, sockets=[config.bind_socket()]).run()
        return
    with suppress(KeyboardInterrupt):  # Ctrl-C; everything has been stopped in order
        uvicorn.Server(config).run()


def _from_settings() -> bool:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    return bool(settings.FAST_PATH)


if __name__ == "__main__":
    main()
