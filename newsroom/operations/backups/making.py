"""Making a backup: the database at one instant, and every file it speaks of."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from articles import integrity, storage
from articles.integrity import by_key
from articles.models import Image, Rendition
from newsroom.operations import integrity_checks
from newsroom.operations.backups import archive, postgres
from newsroom.operations.backups.archive import OnPart, Writer
from newsroom.operator_errors import refusing_os_errors


@dataclass(slots=True)
class Report:
    """What is in a backup, and what was wrong with the paper when it was made."""

    path: Path
    size: int = 0  # bytes of the file
    rows: int = 0
    documents: int = 0
    pictures: int = 0
    wrong: list[str] = field(default_factory=list)


def backup(path: Path, *, now: datetime, watch: OnPart = lambda name: None) -> Report:
    """Write the whole paper to `path`; it may run meanwhile.

    The database comes first: a file lies on the disk before a row speaks of it, so the
    files copied after it are all it speaks of, or more; none is discarded meanwhile.
    Files that are missing or altered are told in the report. Raises `OperatorError` with what
    stands in the way.
    """
    report = Report(path)
    with refusing_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.writing(path) as out:
            with _instant() as snapshot, postgres.dumping(snapshot) as (dump, tool):
                counts = rows_of_tables()
                report.rows = sum(counts.values())
                _put(out, archive.MANIFEST, _manifest(now, counts, tool.major))
                for n, piece in enumerate(iter(lambda: dump.read(archive.PIECE), b"")):
                    name = f"database/{n:06}"
                    watch(name)
                    _put(out, name, piece)
                _media(out, report, watch)
            _documents(out, report, watch)
        report.size = path.stat().st_size
    return report


@contextmanager
def _instant() -> Iterator[str]:
    """Hold the database still for who reads it here, and name that state for others."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for limit in ("statement", "idle_in_transaction_session"):
            cursor.execute(f"SET LOCAL {limit}_timeout = 0")
        storage.keep_all()
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def rows_of_tables() -> dict[str, int]:
    """Return how many rows each table has, but for sessions, which are not kept."""
    names = sorted(set(connection.introspection.table_names()) - {postgres.SESSIONS})
    quote = connection.ops.quote_name
    counts = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {quote(name)}")  # noqa: S608
            counts[name] = cursor.fetchone()[0]
    return counts


def migrations() -> list[str]:
    """Return the changes of the tables made in this database, as "app.name"."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)


def _manifest(now: datetime, counts: dict[str, int], dumped_by: int) -> bytes:
    manifest: dict[str, Any] = {
        "format": archive.FORMAT,
        "paper": settings.PAPER_NAME,
        "made_at": now.isoformat(timespec="seconds"),
        "postgres": postgres.server_major(),
        "pg_dump": dumped_by,
        "django": django.__version__,
        "migrations": migrations(),
        "rows": counts,
        "ledger": integrity.head(),
    }
    return json.dumps(manifest, indent=1).encode()


def _put(out: Writer, name: str, raw: bytes) -> None:
    out.add(name, len(raw), io.BytesIO(raw))


def _media(out: Writer, report: Report, watch: OnPart) -> None:
    """Copy the pictures that rows speak of, originals and renditions."""
    for rows, column in (
        (Image.objects.kept(), "original"),
        (Rendition.objects.all(), "file"),
    ):
        for row in by_key(rows.only(column)):
            name = getattr(row, column).name
            watch(f"media/{name}")
            try:
                size = default_storage.size(name)
                with default_storage.open(name) as file:
                    out.add(f"media/{name}", size, file)
            except (FileNotFoundError, SuspiciousOperation):
                report.wrong.append(f"The picture {name} is missing.")
            else:
                report.pictures += 1


def _documents(out: Writer, report: Report, watch: OnPart) -> None:
    """Copy every document of the wire, and notice those that were altered."""
    for path in integrity_checks.documents(integrity_checks.own_files()):
        watch(f"blobs/{path.name}")
        with path.open("rb") as file:
            found = out.add(f"blobs/{path.name}", path.stat().st_size, file)
        report.documents += 1
        if found != path.name:
            report.wrong.append(f"The document {path.name} was altered on disk.")
