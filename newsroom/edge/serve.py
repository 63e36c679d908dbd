"""Starting the web server: `python -m newsroom.edge.serve --port 8000`.

uvicorn with uvloop and httptools, and our fast lane for kept pages: what measured best
and stops cleanly (docs/decisions/0001-server.md). On SIGTERM the open streams are ended
first, so that browsers reconnect to whoever serves next, then requests under way are
finished, and after `GRACE` seconds nothing is left.
"""

import argparse
import sys
from contextlib import suppress

import uvicorn
from uvicorn.supervisors import Multiprocess

from newsroom.edge.connection_limit import raise_limit
from newsroom.private_files import set_private_umask

APP = "newsroom.asgi:application"
GRACE = 5  # seconds for requests under way when the server is told to stop
BACKLOG = 4096  # connections waiting to be accepted


def command(host: str, port: int, *, workers: int = 1) -> list[str]:
    """Return the command that serves the paper."""
    return [
        sys.executable, "-u", "-m", "newsroom.edge.serve",
        f"--host={host}", f"--port={port}", f"--workers={workers}",
    ]  # fmt: skip


def configuration(
    host: str, port: int, *, workers: int = 1, app: str = APP
) -> uvicorn.Config:
    """Return how uvicorn runs the shell."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="newsroom.edge.uvicorn_fast_path:FastLane",
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
    parser.add_argument("--app", default=APP, help="module:name of the shell")
    given = parser.parse_args()
    set_private_umask()
    raise_limit()
    config = configuration(given.host, given.port, workers=given.workers, app=given.app)
    if given.workers > 1:
        Multiprocess(config, sockets=[config.bind_socket()]).run()
        return
    with suppress(KeyboardInterrupt):  # Ctrl-C; everything has been stopped in order
        uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
