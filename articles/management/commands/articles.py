"""`manage.py articles verify`: saved texts and the chain of public changes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import integrity


class Command(BaseCommand):
    help = "Prove saved texts and the ledger of public changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)
        steps.add_parser(
            "verify", help="recompute the hash chain from the stored texts"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        if wrong := [words for words in integrity.revisions() if words]:
            raise CommandError("\n".join(wrong))
        found = list(integrity.changes())
        if wrong := [words for words in found if words]:
            raise CommandError("\n".join(wrong))
        last = integrity.head()[:16]
        self.stdout.write(f"{len(found)} changes, unbroken; the last is {last}….")
