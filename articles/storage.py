"""Where uploaded files and renditions lie: whole under their name, or not there."""

from __future__ import annotations

import errno
import logging
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection, transaction

log = logging.getLogger(__name__)

LOCK = 0x6D65646961  # "media": held shared by a backup, alone by who discards files

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
UNFINISHED = "."  # how the name begins of a file that is still being written


class WholeFiles(FileSystemStorage):
    """Django's storage in a folder; a file is written beside its name and then renamed."""

    def _save(self, name: str, content: File) -> str:
        """Write `content` and return its name. Raises `OSError`; half a file never stays."""
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if self.file_permissions_mode is not None:
                Path(temporary).chmod(self.file_permissions_mode)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync(path.parent)
        return name.replace("\\", "/")


def _sync(folder: Path) -> None:
    """Make a rename in `folder` last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_full(error: BaseException | None) -> bool:
    """Whether `error` says that a disk has no room left."""
    return isinstance(error, OSError) and error.errno in FULL


def delete(names: Iterable[str]) -> None:
    """Remove files no row names any more; call it after the commit that says so.

    What is missed here, for a crash or for a disk that refuses, is found by `orphans`.
    """
    for name in names:
        try:
            default_storage.delete(name)
        except OSError as error:
            log.warning("%s could not be removed: %s", name, error)


def discard(names: Iterable[str]) -> bool:
    """The same for files that are no longer needed, but do no harm.

    False, and nothing done, while a backup copies files: it speaks of the rows as they
    were when it began. `orphans` finds them later.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return False
        delete(names)
    return True


def keep_all() -> None:
    """Have `discard` wait until this transaction ends: its rows' files are being copied."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
