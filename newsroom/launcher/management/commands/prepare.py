"""`manage.py prepare`: bring database, files and first login to where a start needs them."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand

from newsroom.launcher import bootstrap


class Command(BaseCommand):
    """Migrate, gather static files, make the first login, load the demo; as needed."""

    help = "Bring database, static files and first login to where a start needs them."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo",
            action="store_true",
            help="load the demo's world too, if nothing is in the database yet",
        )

    def handle(self, *args: object, demo: bool, **options: object) -> None:
        try:
            bootstrap.prepare(settings.VAR_DIR, demo=demo, say=self.stdout.write)
        except bootstrap.OperatorError as refusal:
            self.stdout.write(str(refusal))
            raise SystemExit(1) from refusal
