"""The raw bytes of the wire, kept by their hash.

A blob is written before the rows that cite it: never an item without its document. The
write is whole or not at all (temporary file, fsync, rename, fsync of the folder).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


class Altered(Exception):
    """A blob's bytes no longer have the hash they are kept under."""


def digest(raw: bytes) -> str:
    """Return the SHA-256 of `raw` in hex: its name in the store."""
    return hashlib.sha256(raw).hexdigest()


def path_of(name: str) -> Path:
    """Return where the blob of this name lies."""
    return Path(settings.BLOB_DIR) / name[:2] / name[2:4] / name


def keep(raw: bytes) -> str:
    """Store `raw` and return its name. Storing the same bytes again costs one stat.

    Raises `OSError` if the disk refuses; nothing half-written is left under the name.
    """
    name = digest(raw)
    path = path_of(name)
    if path.exists():
        return name
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync(path.parent)
    return name


def read(name: str) -> bytes:
    """Return the bytes kept as `name`. Raises `Altered` if they are not those any more."""
    raw = path_of(name).read_bytes()
    if digest(raw) != name:
        raise Altered(f"The document {name} was altered on disk.")
    return raw


def _sync(folder: Path) -> None:
    """Make a rename in `folder` last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
