"""Every captured document goes through ingest into PostgreSQL, and every post is told for.

With NEWSROOM_PROOF=<file> the table of what became of each file is written there.
"""

import gzip
import os
from pathlib import Path

import pytest
from django.db import connection

from wire import connectors, ingest
from wire.connectors.base import Origin, ParseError
from wire.models import DeadLetter, Event, Item, Version
from wire.store import Report
from wire.tests.factories import NINE, make_source

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BESIDES = ("README.md", "expectations.json", "consensus.json")  # words about the files
MAX = 10_000_000  # bytes; the door to the network takes no more


def documents(folder: Path):
    """Yield the path and bytes of each document, as the client would hand it over."""
    for path in sorted(folder.rglob("*")):
        if (
            path.is_dir()
            or path.name in BESIDES
            or path.name.endswith(".expected.json")
        ):
            continue
        raw = path.read_bytes()
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                raw = file.read(MAX + 1)
        yield path, raw


def take(source, raw: bytes) -> Report | str:
    """Store one document; return the report, or the named error it was refused with."""
    if len(raw) > MAX:
        return "TooLarge: more than 10 MB decoded; the client stops there"
    try:
        source.format = connectors.detect(raw, "")
        return ingest.take_in(source, raw, now=NINE)
    except ParseError as error:
        return f"ParseError: {error}"


def count_rows() -> None:
    """Let PostgreSQL count what this one transaction has stored so far.

    Nobody else can: to all others the tables are empty, and planned for as such, each
    question would read them whole.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wire_item, wire_version, wire_event, wire_deadletter")


@pytest.mark.parametrize("part", ["feeds", "telegram"])
def test_nothing_crashes_and_nothing_is_dropped_silently(
    part, shared_data, settings, tmp_path
):
    settings.BLOB_DIR = tmp_path / "blobs"
    lines, totals = [], {"files": 0, "posts": 0, "dead": 0, "refused": 0}
    for path, raw in documents(shared_data / part):
        totals["files"] += 1
        if totals["files"] % 100 == 0:
            count_rows()
        source = make_source(url=f"https://feeds.example/{totals['files']}")
        result = take(source, raw)
        name = path.relative_to(shared_data)
        if isinstance(result, str):
            assert result.split(": ", 1)[1].strip(), f"{name}: refused without a reason"
            totals["refused"] += 1
            lines.append(f"{name}\t0\t0\t{result}")
            continue
        batch = connectors.read(
            raw, format=source.format, origin=Origin(url=source.url)
        )
        assert result.total == len(batch.posts) + len(batch.rejected), name
        items = Item.objects.filter(source=source)
        assert items.count() == result.new, name
        versions = Version.objects.filter(item__source=source)
        assert versions.count() == result.new + result.changed, name
        assert Event.objects.filter(item__source=source).count() == versions.count()
        letters = DeadLetter.objects.filter(source=source)
        assert bool(letters.exists()) == bool(result.rejected), name
        again = ingest.take_in(source, raw, now=NINE)
        assert (again.new, again.changed) == (0, 0), f"{name}: read twice, stored twice"
        totals["posts"] += result.new
        totals["dead"] += result.rejected
        lines.append(
            f"{name}\t{result.new}\t{result.rejected}\t{'; '.join(result.warnings)}"
        )
    assert totals["files"] > 20
    assert totals["posts"] > 20
    if proof := os.environ.get("NEWSROOM_PROOF"):
        with Path(proof).open("a") as out:
            out.write("\n".join([*lines, f"# {part}: {totals}", ""]))
