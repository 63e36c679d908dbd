"""Output of a long command: plain lines, JSON, or a progress line on a terminal."""

from __future__ import annotations

import json
import time

from django.core.management.base import OutputWrapper

from newsroom.operations import integrity_checks
from newsroom.operations.integrity_checks import Check, Result

STEP = 0.2  # seconds between two states of a moving line
CLEAR = "\r\x1b[K"


class CommandOutput:
    """The output of one command."""

    def __init__(self, out: OutputWrapper, *, as_json: bool) -> None:
        self._out, self._json = out, as_json
        self._moves = not as_json and out.isatty()
        self._next = 0.0

    def line(self, words: str, **facts: object) -> None:
        """Say a sentence; as JSON the facts in its place, if there are any."""
        if self._json:
            self._out.write(json.dumps(facts or {"say": words}, ensure_ascii=False))
        else:
            self._out.write(f"{CLEAR}{words}" if self._moves else words)

    def moving(self, words: str) -> None:
        """Show how far it is, on a terminal alone, a few times a second."""
        if self._moves and time.monotonic() >= self._next:
            self._out.write(f"{CLEAR}{words[:76]}", ending="")
            self._out.flush()
            self._next = time.monotonic() + STEP

    def run_checks(self, checks: list[Check]) -> int:
        """Run `checks`, name every fault, and return how many there are."""
        totals: dict[str, int] = {}

        def watch(result: Result) -> None:
            name = result.check.name
            if self._moves:
                total = totals.get(name) or totals.setdefault(
                    name, result.check.total()
                )
                self.moving(f"{name}: {result.checked:,} of {total:,}")

        def fault(check: Check, words: str) -> None:
            self.line(words, proof=check.name, fault=words)

        faults = 0
        for result in integrity_checks.verify(checks, tell=fault, watch=watch):
            self._line_of(result)
            faults += result.wrong
        return faults

    def _line_of(self, result: Result) -> None:
        check = result.check
        end = f"{result.wrong:,} wrong" if result.wrong else "all right"
        self.line(
            f"{check.name}: {result.checked:,} {check.subject}, {end}",
            proof=check.name,
            checked=result.checked,
            wrong=result.wrong,
        )
