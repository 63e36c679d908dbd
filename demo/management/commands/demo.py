"""`manage.py demo load|reset|serve|staff`: the fictional world."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from demo import cast, listening, loading, paper, servers, started, trading
from newsroom.database import roles


class Command(BaseCommand):
    """Load, reset and serve the demo, and name its people."""

    help = f"The fictional world of {paper.NAME}: load it, reset it, serve its wire."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("load", help="load it into a database without it")
        reset = verbs.add_parser("reset", help="take it away and load it anew")
        reset.add_argument("--yes", action="store_true", help="other content goes too")
        serve = verbs.add_parser("serve", help="serve its sources and markets")
        serve.add_argument("--port", type=int, default=settings.DEMO_PORT)
        verbs.add_parser("staff", help="print the logins made for it")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:  # noqa: ANN401
        verbs: dict[str, Callable[..., None]] = {
            "load": self.load,
            "reset": self.reset,
            "serve": self.serve,
            "staff": self.staff,
        }
        verbs[verb](**options)

    def load(self, **options: Any) -> None:  # noqa: ANN401
        if loading.is_loaded():
            self.stdout.write("The demo is loaded already; nothing was changed.")
            return
        loaded = loading.load(
            now=timezone.now(),
            port=settings.DEMO_PORT,
            var=settings.VAR_DIR,
            say=self.stdout.write,
        )
        self.stdout.write(
            f"The demo is loaded: {loaded.stories} stories, {loaded.posts} posts, "
            f"{loaded.prices} prices."
        )
        if loaded.logins:
            self.stdout.write(
                f"Logins were made for {len(loaded.logins)} people: "
                "`manage.py demo staff` prints them."
            )

    def reset(self, *, yes: bool, **options: Any) -> None:  # noqa: ANN401
        if (others := loading.foreign()) and not yes:
            raise CommandError(
                f"There is more than the demo in this database ({', '.join(others)}); "
                "--yes takes it away too."
            )
        with roles.as_owner():  # whole tables go, ledgers among them
            loading.wipe()
        self.load()

    def serve(self, *, port: int, **options: Any) -> None:  # noqa: ANN401
        try:
            present = servers.Present(settings.VAR_DIR)
        except started.NotLoaded as error:
            raise CommandError(str(error)) from error
        base, world = servers.base_url(port), present()
        listening.repoint(world, base=base)
        trading.subscribe(base=base, since=world.start)
        try:
            server = servers.make_server(present, port=port, closing=trading.calendar())
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}): set NEWSROOM_DEMO_PORT."
            ) from error
        connection.close()  # nothing below asks the database
        signal.signal(signal.SIGTERM, _stop)
        self.stdout.write(f"Serving {len(world.sources)} sources at {base}")
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
        finally:
            server.server_close()

    def staff(self, **options: Any) -> None:  # noqa: ANN401
        file = cast.logins_file(settings.VAR_DIR)
        if not file.exists():
            raise CommandError(f"No logins were made yet: {file} is not there.")
        self.stdout.write(file.read_text().rstrip())


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
