"""Files of pictures that no row names: left by a crash between a file and its row.

Found by comparing the folders with the rows, and removed once they are older than any
work that could still be about to name them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path

from django.core.files.storage import Storage, default_storage

from articles import storage
from articles.models import Image, Rendition

log = logging.getLogger(__name__)

FOLDERS = ("originals", "renditions")
GRACE = timedelta(hours=1)  # a file is written before its row; that takes seconds
BATCH = 1_000  # names compared at once
FEW = 500  # so many may be removed without asking how many files there are
MOST_SHARE = 0.5  # more of all files than this: the rows, not the files, are missing


class TooMany(Exception):
    """Most files have no row: this is not the database that knows them."""


def find(
    now: datetime, *, store: Storage = default_storage, grace: timedelta = GRACE
) -> Iterator[str]:
    """Yield the names of the files without a row that are older than the grace."""
    yield from (
        name for name, has_row in told(now, store=store, grace=grace) if not has_row
    )


def told(
    now: datetime, *, store: Storage = default_storage, grace: timedelta = GRACE
) -> Iterator[tuple[str, bool]]:
    """Yield each file older than the grace, and whether a row names it."""
    for names in batched(_old_files(store, now - grace), BATCH, strict=False):
        known = set(
            Rendition.objects.filter(file__in=names).values_list("file", flat=True)
        )
        known |= set(
            Image.objects.filter(original__in=names).values_list("original", flat=True)
        )
        yield from ((name, name in known) for name in names)


def sweep(now: datetime, *, most: int = 10_000) -> int:
    """Remove up to `most` of them; return how many. None while a backup is being made.

    Raises `TooMany`, and removes nothing, where most of the files would go.
    """
    found = [name for name, _ in zip(find(now), range(most), strict=False)]
    if len(found) > FEW:
        every = sum(1 for _ in _files(default_storage))
        if len(found) > every * MOST_SHARE:
            raise TooMany(
                f"{len(found):,} of {every:,} files of pictures have no row: nothing was "
                "removed. Is this the database that belongs to them?"
            )
    if not storage.discard(found):
        return 0  # a backup is being made
    if found:
        log.info("removed %s files of pictures that no row names", len(found))
    return len(found)


def _old_files(store: Storage, before: datetime) -> Iterator[str]:
    for path in _files(store):
        try:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:  # removed since the folder was read
            continue
        if written < before:
            yield str(path.relative_to(store.path("")))


def _files(store: Storage) -> Iterator[Path]:
    for folder in FOLDERS:
        for home, _, names in os.walk(store.path(folder)):
            yield from (Path(home, name) for name in names)
