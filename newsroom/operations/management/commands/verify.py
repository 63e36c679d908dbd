"""`manage.py verify`: prove what can be proved, and name what is not as it was."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand

from newsroom.database.base import take_any_time
from newsroom.operations import integrity_checks
from newsroom.operations.command_output import CommandOutput


class Command(BaseCommand):
    """Exit code 0: all as it was written; 1: something is not, and is named."""

    help = (
        "Compute every hash again and look for every file; exit code 1 if any is wrong."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--sample",
            type=_number,
            metavar="N",
            help="read only N documents and N originals in full, drawn at random",
        )
        parser.add_argument("--json", action="store_true", help="one JSON per line")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        take_any_time()  # a batch may meet a cold disk
        checks = integrity_checks.all_checks(
            integrity_checks.own_files(), options["sample"]
        )
        if CommandOutput(self.stdout, as_json=options["json"]).run_checks(checks):
            raise SystemExit(1)


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("must be a whole number above 0")
    return int(text)
