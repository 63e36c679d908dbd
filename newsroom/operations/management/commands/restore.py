"""`manage.py restore FILE`: the paper of a backup, proved before it takes its place."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from django.utils import timezone

from newsroom.database import roles
from newsroom.operations import backups
from newsroom.operations.backups import RestoreOptions
from newsroom.operations.command_output import CommandOutput
from newsroom.operator_errors import OperatorError


class Command(BaseCommand):
    """Exit code 0: restored and proved; 1: refused, and the paper was left alone."""

    help = "Read a backup, restore it beside the paper, verify it, and put it in place."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--verify-only",
            action="store_true",
            help="restore beside the paper, verify, and throw it away",
        )
        parser.add_argument(
            "--yes", action="store_true", help="replace the paper that is there"
        )
        parser.add_argument(
            "--accept-faults",
            action="store_true",
            help="put it in place though verify names faults",
        )
        parser.add_argument("--json", action="store_true", help="one JSON per line")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        path: Path = options["file"]
        output = CommandOutput(self.stdout, as_json=options["json"])
        wanted = RestoreOptions(
            only_verify=options["verify_only"],
            replace=options["yes"],
            accept_faults=options["accept_faults"],
        )
        try:
            with roles.as_owner():  # who may make databases
                held = backups.restore(
                    path.absolute(), wanted, now=timezone.now(), say=output.line,
                    run_checks=output.run_checks, watch=output.moving,
                )  # fmt: skip
        except (OperatorError, backups.DamagedBackup) as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            raise CommandError(
                f"{error.filename or path}: {error.strerror}."
            ) from error
        except Error as error:
            words = str(error).strip().splitlines()[0]
            raise CommandError(f"The database refuses: {words}") from error
        done = (
            "proved, and thrown away" if wanted.only_verify else "restored and proved"
        )
        output.line(
            f"{held['paper']} of {held['made_at']}: {done}.",
            paper=held["paper"],
            made_at=held["made_at"],
            restored=not wanted.only_verify,
        )
