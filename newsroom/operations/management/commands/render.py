"""`manage.py render`: render again the stored HTML that an older release rendered."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from foundation.stored_html import Kind, render
from newsroom.database.base import take_any_time
from newsroom.operations.command_output import CommandOutput
from newsroom.stored_html import KINDS


class Command(BaseCommand):
    """Exit code 0: none is old; 1: some rows were held by others all the time."""

    help = (
        "Render again what was rendered by older templates: rail rows, price chips,"
        " cards, pages and API documents. It may be killed and started again at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="also what is up to date"
        )
        parser.add_argument("--json", action="store_true", help="one JSON per line")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        take_any_time()  # a batch may meet a cold disk
        output = CommandOutput(self.stdout, as_json=options["json"])
        left = [_render(kind, output, everything=options["all"]) for kind in KINDS]
        if any(left):
            raise SystemExit(1)


def _render(kind: Kind, output: CommandOutput, *, everything: bool) -> int:
    """Render one kind, say how far it is, and return how many rows are left old."""
    total = kind.rows().count()
    old = total if everything else kind.old().count()
    outcome = render(
        kind,
        everything=everything,
        watch=lambda done: output.moving(f"{kind.name}: {done:,} of {old:,}"),
    )
    words = f"{kind.name}: {outcome.rendered:,} of {total:,} rendered again"
    if outcome.left:
        words += f", {outcome.left:,} are held by somebody: run it again"
    output.line(
        words,
        kind=kind.name,
        total=total,
        rendered=outcome.rendered,
        left=outcome.left,
    )
    return outcome.left
