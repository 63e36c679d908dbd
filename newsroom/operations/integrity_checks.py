"""`manage.py verify`: compute every hash again and look for every file.

A check yields once for each row or file: an empty string where all is right, else one
sentence that names it. See also `articles/integrity.py`.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import Storage, default_storage
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from articles import integrity, orphan_files
from articles.integrity import by_key
from articles.models import Change, Image, Rendition, Revision
from wire import content_hash, raw_documents
from wire.models import Item, Version
from wire.sql import REPEATED

# Text, headline and time are compared apart: a source that deletes a post without a word
# leaves the item those it had.
UNLIKE = " ".join(
    f"WHEN i.{name} IS DISTINCT FROM v.{name} THEN '{name}'" for name in REPEATED
)
# One row for each item of a stretch of keys: the key, its public id, what is wrong
AGREEMENT = f"""
SELECT i.id, i.public_id,
       CASE WHEN v.id IS NULL THEN 'current version'
            WHEN i.version_count <> (SELECT count(*) FROM wire_version a
                                      WHERE a.item_id = i.id) THEN 'version_count'
            WHEN i.text <> v.text AND (v.text <> '' OR v.status = 'usable')
            THEN 'text'
            WHEN i.headline <> v.headline AND (v.headline <> '' OR v.status = 'usable')
            THEN 'headline'
            WHEN i.source_time <> v.source_time THEN 'source_time'
            {UNLIKE} ELSE '' END
  FROM wire_item i
  LEFT JOIN wire_version v ON v.item_id = i.id AND v.n = i.current_n
 WHERE i.id > %s ORDER BY i.id LIMIT 500"""  # noqa: S608 - constants of this module only
DOCUMENT = re.compile(r"[0-9a-f]{64}")  # the name of one: its hash


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """Where the documents and pictures that rows name are stored."""

    blobs: Path
    media: Storage

    def blob(self, name: str) -> Path:
        """Return where the document of this name lies."""
        return self.blobs / raw_documents.path_of(name).relative_to(settings.BLOB_DIR)


def own_files() -> StoredFiles:
    """Return the stored files of this installation."""
    return StoredFiles(Path(settings.BLOB_DIR), default_storage)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of many rows or files."""

    name: str
    subject: str  # as a sentence says it: "12 … are as written"
    total: Callable[[], int]
    faults: Callable[[], Iterator[str]]


@dataclass(slots=True)
class Result:
    """The result of one check so far."""

    check: Check
    checked: int = 0
    wrong: int = 0


def all_checks(stored: StoredFiles, sample: int | None = None) -> list[Check]:
    """Return every check, cheapest first.

    With `sample` only so many documents and original pictures are read in full, drawn at
    random; that they are there, and everything else, is checked for all.
    """
    return [
        Check("ledger", "public changes", _count(Change), integrity.changes),
        Check("texts", "saved texts", _count(Revision), integrity.revisions),
        Check("items", "posts and their versions", _count(Item), _items),
        Check("contents", "versions' contents", _count(Version), _contents),
        Check("versions", "versions' documents", _count(Version),
              lambda: _versions(stored)),
        Check("documents", "documents of the wire",
              lambda: sample or sum(1 for _ in documents(stored)),
              lambda: _hashes(documents(stored), sample)),
        Check("originals", "original pictures", Image.objects.kept().count,
              lambda: _originals(stored, sample)),
        Check("renditions", "renditions", _count(Rendition),
              lambda: _renditions(stored)),
        Check("files", "files of pictures",
              lambda: Image.objects.kept().count() + Rendition.objects.count(),
              lambda: _files(stored, timezone.now())),
    ]  # fmt: skip


def verify(
    checks: list[Check],
    *,
    tell: Callable[[Check, str], object],
    watch: Callable[[Result], object] = lambda result: None,
) -> Iterator[Result]:
    """Run each check and yield its result.

    `tell` is called with each fault as it is found; `watch` with the result after each row.
    """
    for check in checks:
        result = Result(check)
        for words in check.faults():
            result.checked += 1
            if words:
                result.wrong += 1
                tell(check, words)
            watch(result)
        yield result


def _count(model: type[Model]) -> Callable[[], int]:
    return model._default_manager.count


def _items() -> Iterator[str]:
    """Check that each post shows what its current version says."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(AGREEMENT, [last])
            rows = cursor.fetchall()
        if not rows:
            return
        for last, public_id, unlike in rows:  # noqa: B007 - the next batch starts there
            words = f"Post {public_id} disagrees with its versions: {unlike}."
            yield words if unlike else ""


def _contents() -> Iterator[str]:
    """Check that each version says what it said when it came, by the form it has."""
    counted = sorted(content_hash.columns())
    texts = Version.objects.only("public_id", "content_hash", "hash_form", *counted)
    for version in by_key(texts):
        form, name = version.hash_form, f"Version {version.public_id}"
        values = {column: getattr(version, column) for column in counted}
        if form not in content_hash.FORMS:
            yield f"{name}: this release does not know the form {form} of its hash."
        elif content_hash.is_hash_of(version.content_hash, values, form):
            yield ""
        else:
            yield f"{name}: its content was altered."


def _versions(stored: StoredFiles) -> Iterator[str]:
    """Check that the document each version came in is there."""
    is_there = lru_cache(maxsize=1024)(lambda name: stored.blob(name).is_file())
    columns = Version.objects.only("public_id", "blob")
    for version in by_key(columns, 2_000):
        gone = f"Version {version.public_id}: its document {version.blob} is missing."
        yield "" if is_there(version.blob) else gone


def documents(stored: StoredFiles) -> Iterator[Path]:
    """Find every document on the disk; what is being written is left out."""
    for folder, _, names in os.walk(stored.blobs):
        yield from (Path(folder, name) for name in names if DOCUMENT.fullmatch(name))


def _hashes(paths: Iterator[Path], sample: int | None) -> Iterator[str]:
    """Check that documents have the hashes they are named after."""
    for path in _drawn(paths, sample) if sample else paths:
        try:
            with path.open("rb") as file:
                right = sha256(file) == path.name
        except OSError as error:
            yield f"The document {path.name} cannot be read: {error.strerror}."
        else:
            yield "" if right else f"The document {path.name} was altered on disk."


def _drawn(paths: Iterator[Path], sample: int) -> list[Path]:
    """Draw `sample` of them, each as likely as any other; fewer if there are fewer."""
    drawn: list[Path] = []
    for n, path in enumerate(paths):
        if n < sample:
            drawn.append(path)
        elif (place := random.randrange(n + 1)) < sample:  # noqa: S311 - no secret
            drawn[place] = path
    return drawn


def _originals(stored: StoredFiles, sample: int | None) -> Iterator[str]:
    """Check that the pictures people gave us are there, as they gave them."""
    keys = list(Image.objects.kept().values_list("pk", flat=True)) if sample else []
    drawn = set(random.sample(keys, min(sample or 0, len(keys))))
    for image in by_key(Image.objects.kept().only("public_id", "original", "sha256")):
        name = f"The original of picture {image.public_id}"
        whole = sample is None or image.pk in drawn
        try:
            if whole:
                with stored.media.open(image.original.name or "") as file:
                    right = sha256(file) == image.sha256
            else:
                right = stored.media.exists(image.original.name or "")
        except (OSError, SuspiciousOperation, ValueError) as error:
            yield f"{name} cannot be read: {_reason(error)}."
        else:
            yield "" if right else f"{name} {'was altered' if whole else 'is missing'}."


def _renditions(stored: StoredFiles) -> Iterator[str]:
    """Check that every rendition is there and as long as it was when it was made."""
    columns = ("image__public_id", "file", "size", "shape", "width", "format")
    for row in by_key(Rendition.objects.select_related("image").only(*columns)):
        name = f"{row.shape}-{row.width}.{row.format} of picture {row.image.public_id}"
        try:
            size = stored.media.size(row.file.name or "")
        except (OSError, SuspiciousOperation, ValueError) as error:
            yield f"{name} cannot be read: {_reason(error)}."
        else:
            wrong = f"{name} has {size} bytes, not {row.size}."
            yield "" if size == row.size else wrong


def _files(stored: StoredFiles, now: datetime) -> Iterator[str]:
    """Check that a row names each file; those the hourly sweep is yet to see left out."""
    for name, has_row in orphan_files.told(
        now, store=stored.media, grace=2 * orphan_files.GRACE
    ):
        yield "" if has_row else f"The file {name} belongs to no picture."


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class Readable(Protocol):
    """A file open for reading bytes."""

    def read(self, size: int, /) -> bytes: ...


def sha256(file: Readable) -> str:
    """Return the SHA-256, in hex, of what is left to read in `file`."""
    state = hashlib.sha256()
    while piece := file.read(1 << 20):
        state.update(piece)
    return state.hexdigest()
