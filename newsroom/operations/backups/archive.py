"""The file of a backup: a tar, compressed with zstd, that can be read in one pass.

manifest.json        what it is of: versions, migrations, rows of each table
database/000000 …    pieces of `pg_dump -Fc`, to be put together in their order
media/…, blobs/…     pictures by their names, documents of the wire by their hashes
contents             last: a line of JSON with hash, size and name for each part before

Written and read in pieces; neither the dump nor any list of files is held in memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from newsroom.operations.integrity_checks import Readable

FORMAT = 1
MANIFEST, CONTENTS = "manifest.json", "contents"
PIECE = 8 * 1024**2  # bytes of the dump in one part
LEVEL = 3  # of zstd: the disk is the limit, not the processor
MOST_JSON = 16 * 1024**2  # bytes of a manifest, or of one line of the contents
OPTIONS: dict[int, int] = {
    zstd.CompressionParameter.compression_level: LEVEL,
    zstd.CompressionParameter.checksum_flag: 1,
}
Manifest = dict[str, Any]
OnPart = Callable[[str], object]  # is handed the name of each part
UNREADABLE = (zstd.ZstdError, tarfile.TarError, EOFError, OSError, ValueError)


class DamagedBackup(Exception):
    """The file is not a whole backup; the message names it and where it fails."""


class Part:
    """One part of a backup, while it is read."""

    def __init__(self, path: Path, name: str, size: int, file: IO[bytes]) -> None:
        self.name, self.size = name, size
        self._path, self._file = path, file
        self._state = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes of it. Raises `DamagedBackup` where they cannot be read."""
        with _reading(self._path, self.name):
            piece = self._file.read(size)
        self._state.update(piece)
        return piece

    def lines(self) -> Iterator[bytes]:
        """Give what is left of it line by line. Raises `DamagedBackup`."""
        with _reading(self._path, self.name):
            yield from iter(lambda: self._file.readline(MOST_JSON), b"")

    def pieces(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Give what is left of it in pieces of at most `size` bytes. Raises `DamagedBackup`."""
        return iter(lambda: self.read(size), b"")

    def hexdigest(self) -> str:
        """Return the SHA-256 of what was read of it so far."""
        return self._state.hexdigest()


class Writer:
    """Puts parts into a backup that is being made; see `writing`."""

    def __init__(self, tar: Any, contents: IO[bytes]) -> None:  # noqa: ANN401
        self._tar, self._contents = tar, contents

    def add(self, name: str, size: int, file: Readable) -> str:
        """Put `size` bytes of `file` in as `name`; return their SHA-256 in hex."""
        hashed = _Hashed(file)
        self._put(name, size, hashed)
        self._contents.write(_line(name, size, hashed.hexdigest()))
        return hashed.hexdigest()

    def close(self) -> None:
        """Put the contents in, and end."""
        size = self._contents.tell()
        self._contents.seek(0)
        self._put(CONTENTS, size, self._contents)
        self._tar.close()

    def _put(self, name: str, size: int, file: Any) -> None:  # noqa: ANN401 - tarfile's
        header = tarfile.TarInfo(name)
        header.size, header.mode = size, 0o600
        self._tar.addfile(header, file)
        self._tar.members.clear()  # tarfile would keep them all


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Write a backup to `path`: whole and on the disk, or not at all."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with open(draft, "wb", opener=_private) as file:
            with (
                tempfile.TemporaryFile() as contents,
                zstd.ZstdFile(file, "w", options=OPTIONS) as packed,
                tarfile.open(fileobj=packed, mode="w|") as tar,
            ):
                writer = Writer(tar, contents)
                yield writer
                writer.close()
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def parts(path: Path) -> Iterator[Part]:
    """Give the parts of a backup in their order; read each before asking for the next.

    Raises `DamagedBackup` where the file cannot be read any further, `OSError` where it cannot
    be opened.
    """
    name = "its beginning"
    with path.open("rb") as file, zstd.ZstdFile(file) as packed:
        with _reading(path, name):
            tar: Any = tarfile.open(fileobj=packed, mode="r|")  # noqa: SIM115
        with tar:
            while True:
                with _reading(path, name):
                    header = tar.next()
                    content = tar.extractfile(header) if header else None
                if header is None:
                    break
                name = header.name
                if content is None:
                    raise DamagedBackup(f"{path}: {name} is not a file.")
                yield Part(path, name, header.size, content)
                tar.members.clear()  # tarfile would keep them all
        with _reading(path, name):
            while packed.read(PIECE):
                pass  # to the checksum at the end


def check(path: Path, watch: OnPart = lambda name: None) -> Manifest:
    """Read a backup from end to end and compare every hash; return its manifest.

    Raises `DamagedBackup`, with the part that is not as it was written.
    """
    manifest: Manifest = {}
    last, whole = "its beginning", False
    with tempfile.TemporaryFile() as seen:
        for part in parts(path):
            watch(part.name)
            if part.name == CONTENTS:
                seen.seek(0)
                _compare(path, part, seen)
                whole = True
                continue
            if part.name == MANIFEST:
                manifest = _manifest(path, part)
            for _ in part.pieces():
                pass
            seen.write(_line(part.name, part.size, part.hexdigest()))
            last = part.name
    if not whole or not manifest:
        raise DamagedBackup(
            f"{path} breaks off after {last}: it is not a whole backup."
        )
    return manifest


@contextmanager
def _reading(path: Path, name: str) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise DamagedBackup(f"{path} is damaged at {name}: {reason}.") from error


def _manifest(path: Path, part: Part) -> Manifest:
    try:
        manifest: Manifest = json.loads(part.read(MOST_JSON))
        version = manifest["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedBackup(f"{path}: its manifest cannot be read.") from error
    if version != FORMAT:
        raise DamagedBackup(
            f"{path} has format {version}; this release reads {FORMAT}."
        )
    return manifest


def _compare(path: Path, contents: Part, seen: IO[bytes]) -> None:
    """Compare what was read with what was written, line by line, in the same order."""
    for line in contents.lines():
        found = seen.readline()
        if line != found:
            name = _name(found or line)
            raise DamagedBackup(
                f"{path} is damaged at {name}: not what was written there."
            )
    if extra := seen.readline():
        raise DamagedBackup(
            f"{path} is damaged at {_name(extra)}: nobody wrote it there."
        )


def _line(name: str, size: int, sha256: str) -> bytes:
    facts = {"sha256": sha256, "size": size, "name": name}
    return json.dumps(facts).encode() + b"\n"


def _name(line: bytes) -> str:
    try:
        return str(json.loads(line)["name"])
    except (ValueError, KeyError, TypeError):
        return CONTENTS


class _Hashed:
    """A file, with the hash of what was read of it."""

    def __init__(self, file: Readable) -> None:
        self._file, self._state = file, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        piece = self._file.read(size)
        self._state.update(piece)
        return piece

    def hexdigest(self) -> str:
        return self._state.hexdigest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _sync(folder: Path) -> None:
    """Make a rename in `folder` last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
