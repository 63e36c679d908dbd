"""Restore a backup: beside the paper first, in its place only once it is verified.

Nothing of the paper is touched before the backup has been read from end to end, restored
into a database and a folder of its own, and verified there.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from articles import integrity
from newsroom.database import roles
from newsroom.database.base import take_any_time
from newsroom.launcher import bootstrap
from newsroom.operations import integrity_checks
from newsroom.operations.backups import archive, postgres, xid_renumbering
from newsroom.operations.backups.archive import DamagedBackup, Manifest, OnPart, Part
from newsroom.operations.backups.making import rows_of_tables
from newsroom.operations.integrity_checks import DOCUMENT, Check, StoredFiles
from newsroom.operator_errors import OperatorError, refusing_os_errors
from wire import raw_documents

Say = Callable[[str], object]
RunChecks = Callable[[list[Check]], int]  # returns how many faults


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOptions:
    """The options of a restore."""

    only_verify: bool = False  # restore beside the paper, prove, and throw away
    replace: bool = False  # a paper that is there may be replaced
    accept_faults: bool = False  # of the backup, as verify names them


def restore(
    path: Path,
    options: RestoreOptions,
    *,
    now: datetime,
    say: Say,
    run_checks: RunChecks,
    watch: OnPart = lambda name: None,
) -> Manifest:
    """Bring back the paper that `path` holds, as `options` says; return its manifest.

    Raises `DamagedBackup` or `OperatorError` with the reason why not. However it ends, the
    paper in place is whole: the old one or the new one.
    """
    target = connection.settings_dict["NAME"]
    if not (options.only_verify or options.replace):
        _refuse_to_replace(target)
    say(f"Reading {path} …")
    manifest = archive.check(path, watch)
    _refuse_a_newer_release(path, manifest)
    fresh = f"{target}_restore_{now:%Y%m%d%H%M%S}"
    with _folder() as folder, postgres.scratch(fresh):
        say(f"Restoring into {fresh}, beside the paper …")
        with postgres.connected_to(fresh):
            _unpack(path, manifest, folder, watch)
            _bring_up(path, manifest, say)
            media = FileSystemStorage(location=folder / "media")
            faults = run_checks(
                integrity_checks.all_checks(StoredFiles(folder / "blobs", media))
            )
        if faults and not options.accept_faults:
            raise OperatorError(
                f"{path} holds a paper with {faults:,} faults, named above; the one in"
                " place was left alone. --accept-faults takes it all the same."
            )
        if not options.only_verify:
            say("Putting it in place …")
            _move_files(folder)
            connection.close()
            postgres.swap(fresh, target)
    return manifest


def _refuse_to_replace(target: str) -> None:
    if postgres.exists(target) and connection.introspection.table_names():
        raise OperatorError(
            f"The database {target} holds a paper already. --yes replaces it with the"
            " one of the backup; it is gone then, unless you have a backup of it too."
        )


def _refuse_a_newer_release(path: Path, manifest: Manifest) -> None:
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    ours = {f"{app}.{name}" for app, name in known}
    if unknown := sorted(set(manifest["migrations"]) - ours):
        raise OperatorError(
            f"{path} was made by a newer release, which changed the tables"
            f" ({unknown[-1]}): restore it with that one."
        )


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder for the files of a backup, beside those of the paper."""
    var = Path(settings.VAR_DIR)
    with refusing_os_errors(var):
        var.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="restore-", dir=var) as folder:
            yield Path(folder)


def _unpack(path: Path, manifest: Manifest, folder: Path, watch: OnPart) -> None:
    """Put the rows into the database we speak to and the files into `folder`."""
    parts = archive.parts(path)
    next(parts)  # the manifest
    after: list[Part] = []

    def dump() -> Iterator[bytes]:
        for part in parts:
            if not part.name.startswith("database/"):
                after.append(part)
                return
            watch(part.name)
            yield from part.pieces()

    postgres.restore(dump(), manifest["pg_dump"])
    for part in chain(after, parts):
        if part.name != archive.CONTENTS:
            watch(part.name)
            _write(path, part, folder)


def _write(path: Path, part: Part, folder: Path) -> None:
    kind, _, name = part.name.partition("/")
    if kind == "blobs" and DOCUMENT.fullmatch(name):
        where = StoredFiles(folder / "blobs", default_storage).blob(name)
    elif kind == "media" and name and ".." not in PurePosixPath(name).parts:
        where = folder / "media" / name.lstrip("/")
    else:
        raise DamagedBackup(f"{path}: nobody knows what {part.name} is.")
    where.parent.mkdir(parents=True, exist_ok=True)
    with where.open("wb") as file:
        for piece in part.pieces():
            file.write(piece)


def _bring_up(path: Path, manifest: Manifest, say: Say) -> None:
    """Check that all rows came, and bring them up to this release and this server."""
    take_any_time()
    with connection.cursor() as cursor:
        found, told = rows_of_tables(), manifest["rows"]
        if found != told:
            unlike = sorted(n for n in {*found, *told} if found.get(n) != told.get(n))
            raise DamagedBackup(
                f"{path}: not all rows came back ({', '.join(unlike)})."
            )
        if integrity.head() != manifest["ledger"]:
            raise DamagedBackup(
                f"{path}: the ledger of changes does not end as it did."
            )
        if xid_renumbering.renumber():
            say("The ledgers were numbered anew: this server has counted less far.")
        bootstrap.migrate(say)
        roles.grant()
        cursor.execute("ANALYZE")


def _move_files(folder: Path) -> None:
    """Put the files where the paper has them. Whole ones replace what was altered."""
    os.sync()
    for path in integrity_checks.documents(
        StoredFiles(folder / "blobs", default_storage)
    ):
        where = raw_documents.path_of(path.name)
        where.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, where)
    media = folder / "media"
    for path in (p for p in media.rglob("*") if p.is_file()):
        name = str(path.relative_to(media))
        if default_storage.exists(name):
            with path.open("rb") as one, default_storage.open(name) as other:
                if integrity_checks.sha256(one) == integrity_checks.sha256(other):
                    continue
            default_storage.delete(name)
        with path.open("rb") as file:
            default_storage.save(name, File(file))


def _replace(path: Path, where: Path) -> None:
    """Move a file to its place at once, from another disk too."""
    try:
        path.replace(where)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        draft = where.with_name(f".{where.name}")
        with path.open("rb") as source, draft.open("wb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        draft.replace(where)
