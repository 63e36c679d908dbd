"""What a long command says: plain lines, JSON, or a moving line on a terminal."""

from __future__ import annotations

import json
import time

from django.core.management.base import OutputWrapper

from newsroom.operations import integrity_checks
from newsroom.operations.integrity_checks import Proof, Verdict

STEP = 0.2  # seconds between two states of a moving line
CLEAR = "\r\x1b[K"


class Teller:
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

    def prove(self, proofs: list[Proof]) -> int:
        """Carry out `proofs`, name every fault, and return how many there are."""
        totals: dict[str, int] = {}

        def watch(verdict: Verdict) -> None:
            name = verdict.proof.name
            if self._moves:
                total = totals.get(name) or totals.setdefault(
                    name, verdict.proof.total()
                )
                self.moving(f"{name}: {verdict.checked:,} of {total:,}")

        def fault(proof: Proof, words: str) -> None:
            self.line(words, proof=proof.name, fault=words)

        faults = 0
        for verdict in integrity_checks.verify(proofs, tell=fault, watch=watch):
            self._verdict(verdict)
            faults += verdict.wrong
        return faults

    def _verdict(self, verdict: Verdict) -> None:
        proof = verdict.proof
        end = f"{verdict.wrong:,} wrong" if verdict.wrong else "all right"
        self.line(
            f"{proof.name}: {verdict.checked:,} {proof.proves}, {end}",
            proof=proof.name,
            checked=verdict.checked,
            wrong=verdict.wrong,
        )
