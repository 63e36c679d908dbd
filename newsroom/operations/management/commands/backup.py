"""`manage.py backup [FILE]`: the whole paper in one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone
from django.utils.text import slugify

from newsroom.operations import backups
from newsroom.operations.command_output import CommandOutput
from newsroom.operator_errors import OperatorError


class Command(BaseCommand):
    """Exit code 0: made; 1: made, but of a paper with faults, or not made at all."""

    help = "Write database, documents and pictures into one file; the paper may run."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            help="default: the paper's name and the time, in NEWSROOM_VAR/backups",
        )
        parser.add_argument("--json", action="store_true", help="one JSON per line")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        now = timezone.now()
        name = f"{slugify(settings.PAPER_NAME) or 'paper'}-{now:%Y%m%dT%H%M%SZ}.tar.zst"
        path = options["file"] or Path(settings.VAR_DIR) / "backups" / name
        output = CommandOutput(self.stdout, as_json=options["json"])
        try:
            made = backups.backup(path.absolute(), now=now, watch=output.moving)
        except OperatorError as refusal:
            raise CommandError(str(refusal)) from refusal
        except Error as error:
            words = str(error).strip().splitlines()[0]
            raise CommandError(f"The database does not answer: {words}") from error
        for words in made.wrong:
            output.line(words, fault=words)
        output.line(
            f"{made.path}: {made.size / 1024**2:,.1f} MB; {made.rows:,} rows,"
            f" {made.documents:,} documents, {made.pictures:,} pictures.",
            file=str(made.path),
            size=made.size,
            rows=made.rows,
            documents=made.documents,
            pictures=made.pictures,
            wrong=len(made.wrong),
        )
        if made.wrong:
            raise CommandError("The paper has faults: manage.py verify names them.")
