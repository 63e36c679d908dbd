"""`manage.py doctor`: what is wrong, and what to do about it."""

import json
import os
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from newsroom.operations import doctor
from newsroom.operations.doctor import Finding, Level

COLOURS = {Level.OK: "SUCCESS", Level.WARNING: "WARNING", Level.BROKEN: "ERROR"}


class Command(BaseCommand):
    """Exit code 0: all is well; 1: warnings; 2: something is broken."""

    help = "Say what is wrong, worst first; exit code 0 well, 1 warnings, 2 broken."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON per line")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        os.environ.setdefault("PGCONNECT_TIMEOUT", "5")  # for libpq; seconds
        found = doctor.examine(timezone.now())
        for finding in found:
            self.stdout.write(_json(finding) if options["json"] else self.line(finding))
        if worst := max(finding.level for finding in found):
            raise SystemExit(int(worst))

    def line(self, finding: Finding) -> str:
        """Return one finding as one line."""
        level = f"{finding.level.name.lower():<7}"
        colour = getattr(self.style, COLOURS[finding.level])
        do = f" → {finding.do}" if finding.do else ""
        return f"{colour(level)}  {finding.what}: {finding.detail}{do}"


def _json(finding: Finding) -> str:
    facts = {**asdict(finding), "level": finding.level.name.lower()}
    return json.dumps(facts, ensure_ascii=False)
