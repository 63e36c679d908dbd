"""`manage.py verify`: prove what can be proved, and name what is not as it was."""

import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from newsroom import verifying
from newsroom.verifying import Proof, Verdict

STEP = 0.2  # seconds between two states of the progress on a terminal


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
        found = run(self, verifying.proofs(verifying.here(), options["sample"]),
                    as_json=options["json"])  # fmt: skip
        if found:
            raise SystemExit(1)


def run(command: BaseCommand, proofs: list[Proof], *, as_json: bool = False) -> int:
    """Carry out `proofs`, telling faults and progress; return how many faults."""
    said = _Words(command, as_json=as_json)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")  # a batch may meet a cold disk
    wrong = 0
    for verdict in verifying.verify(proofs, tell=said.fault, watch=said.progress):
        said.verdict(verdict)
        wrong += verdict.wrong
    return wrong


class _Words:
    """What the command prints: lines, JSON, and a moving count on a terminal."""

    def __init__(self, command: BaseCommand, *, as_json: bool) -> None:
        self._out, self._json = command.stdout, as_json
        self._moves = not as_json and self._out.isatty()
        self._next, self._total = 0.0, 0
        self._proof: Proof | None = None

    def fault(self, proof: Proof, words: str) -> None:
        self._line(words, proof=proof.name, fault=words)

    def progress(self, verdict: Verdict) -> None:
        if not self._moves or time.monotonic() < self._next:
            return
        if self._proof is not verdict.proof:
            self._proof, self._total = verdict.proof, verdict.proof.total()
        share = f"{verdict.checked:,} of {self._total:,}"
        self._out.write(f"\r\x1b[K{verdict.proof.name}: {share}", ending="")
        self._out.flush()
        self._next = time.monotonic() + STEP

    def verdict(self, verdict: Verdict) -> None:
        proof = verdict.proof
        end = f"{verdict.wrong:,} wrong" if verdict.wrong else "all right"
        self._line(
            f"{proof.name}: {verdict.checked:,} {proof.proves}, {end}",
            proof=proof.name,
            checked=verdict.checked,
            wrong=verdict.wrong,
        )

    def _line(self, words: str, **facts: object) -> None:
        if self._json:
            self._out.write(json.dumps(facts, ensure_ascii=False))
        else:
            self._out.write(f"\r\x1b[K{words}" if self._moves else words)


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("must be a whole number above 0")
    return int(text)
