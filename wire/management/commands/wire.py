"""`manage.py wire read|import|replay`: documents of the wire from files."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from wire import connectors, ingest
from wire.connectors import PARSERS
from wire.connectors.base import Batch, Origin, ParseError
from wire.models import Source

MAX_FILE = 64 * 1024 * 1024  # bytes; larger is nothing a wire sends


class Command(BaseCommand):
    """Read documents and store nothing, import them, or replay a folder of them."""

    help = "Read, import or replay files as a source would send them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        read = verbs.add_parser("read", help="parse files and store nothing")
        read.add_argument("files", nargs="+", type=Path)
        take = verbs.add_parser("import", help="store what files hold")
        take.add_argument("files", nargs="+", type=Path)
        take.add_argument("--source", required=True)
        replay = verbs.add_parser("replay", help="import a folder's files in order")
        replay.add_argument("folder", type=Path)
        replay.add_argument("--source", required=True)
        replay.add_argument(
            "--speed", type=float, default=1.0, help="files a second (1)"
        )
        for sub in (read, take, replay):
            sub.add_argument("--format", choices=sorted(PARSERS), default=None)
            sub.add_argument("--json", action="store_true", help="one JSON per file")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:  # noqa: ANN401
        {"read": self.read, "import": self.take, "replay": self.replay}[verb](**options)

    def read(self, **options: Any) -> None:  # noqa: ANN401
        for path in options["files"]:
            facts = _read(path, options["format"])
            self.say(options, _sentence(path, facts), facts)

    def take(self, **options: Any) -> None:  # noqa: ANN401
        source = _source(options)
        refused = 0
        for path in options["files"]:
            facts = _take(source, path)
            refused += "error" in facts
            self.say(options, _sentence(path, facts), {"file": str(path), **facts})
        if refused:
            raise CommandError(f"{refused} of {len(options['files'])} files refused.")

    def replay(self, **options: Any) -> None:  # noqa: ANN401
        source = _source(options)
        for path in _files(options["folder"]):
            facts = _take(source, path)
            self.say(options, _sentence(path, facts), {"file": str(path), **facts})
            time.sleep(1 / max(options["speed"], 0.01))

    def say(self, options: dict[str, Any], words: str, facts: dict[str, Any]) -> None:
        """Print a sentence, or the facts as one line of JSON."""
        self.stdout.write(
            json.dumps(facts, ensure_ascii=False) if options["json"] else words
        )


def _source(options: dict[str, Any]) -> Source:
    name = options["source"]
    found = Source.objects.filter(name=name) | Source.objects.filter(slug=name)
    source = found.first()
    if source is None:
        raise CommandError(f"There is no source called “{name}”.")
    if options["format"]:
        source.format = options["format"]
    return source


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder.")
    yield from sorted(p for p in folder.rglob("*") if p.is_file())


def _bytes(path: Path) -> bytes:
    """Read a file whole. Raises `ParseError` naming what is wrong with it."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise ParseError(f"larger than {MAX_FILE // 1024**2} MB")
        return path.read_bytes()
    except OSError as error:
        raise ParseError(error.strerror or str(error)) from error


def _read(path: Path, format: str | None) -> dict[str, Any]:
    try:
        raw = _bytes(path)
        batch = connectors.read(raw, format=format, origin=Origin())
    except ParseError as error:
        return {"error": str(error), "where": error.where}
    return _as_json(batch)


def _as_json(batch: Batch) -> dict[str, Any]:
    return {
        "format": batch.format,
        "items": [connectors.as_json(post) for post in batch.posts],
        "rejected": [{"error": r.error, "where": r.where} for r in batch.rejected],
        "warnings": list(batch.warnings),
    }


def _take(source: Source, path: Path) -> dict[str, Any]:
    try:
        raw = _bytes(path)
        report = ingest.take_in(source, raw, now=timezone.now())
    except ParseError as error:
        return {"error": str(error), "where": error.where}
    return {
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "warnings": report.warnings,
    }


def _sentence(path: Path, facts: dict[str, Any]) -> str:
    if "error" in facts:
        place = f" ({facts['where']})" if facts["where"] else ""
        return f"{path.name}: refused: {facts['error']}{place}"
    if "items" in facts:
        count, bad = len(facts["items"]), len(facts["rejected"])
        return f"{path.name}: {facts['format']}, {count} items, {bad} rejected"
    return (
        f"{path.name}: {facts['new']} new, {facts['changed']} changed, "
        f"{facts['unchanged']} unchanged, {facts['rejected']} rejected"
    )
