"""Renditions: made by a worker, from rows that are due, by a child with limits."""

from __future__ import annotations

import hashlib
import json
import logging
import resource
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from articles import imaging
from articles.models import Image, Rendition

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
TRIES = 3
MAX_UPLOAD = 50 * 1024 * 1024  # bytes
MEMORY = 1536 * 1024 * 1024  # bytes of address space the child may take
CPU = 40  # seconds of processor the child may take
WALL = 60  # seconds, all told

Clock = Callable[[], datetime]


def take_picture(
    raw: bytes, *, now: datetime, alt: str, credit: str, **fields: object
) -> Image:
    """Keep an uploaded picture and ask for its renditions.

    The header is checked here, the pixels by the worker. Raises `imaging.Refused` with
    what is wrong with the file.
    """
    if len(raw) > MAX_UPLOAD:
        raise imaging.Refused(f"The file is larger than {MAX_UPLOAD // 1024**2} MB.")
    header = imaging.opened(BytesIO(raw))
    width, height = imaging.size_upright(header)
    suffix = {"JPEG": "jpg"}.get(header.format or "", (header.format or "").lower())
    # A name nobody can guess, and none of the uploader's.
    name = f"originals/{secrets.token_urlsafe(24)}.{suffix}"
    return Image.objects.create(
        original=default_storage.save(name, ContentFile(raw)),
        sha256=hashlib.sha256(raw).hexdigest(),
        width=width,
        height=height,
        alt=alt,
        credit=credit,
        uploaded_at=now,
        due_at=now,
        **fields,
    )


def make_due(*, clock: Clock, most: int = 20) -> int:
    """Make the renditions of up to `most` pictures that wait; return how many got them."""
    made = 0
    for _ in range(most):
        image = _lease(clock())
        if image is None:
            break
        made += make(image, now=clock())
    return made


def make(image: Image, *, now: datetime) -> bool:
    """Make all renditions of one picture and put them in place of older ones.

    False where it could not be done: tried again later, three times in all, then marked
    failed with the reason.
    """
    with tempfile.TemporaryDirectory(prefix="renditions-") as folder:
        try:
            made = _order(image, Path(folder))
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            return _fail(image, f"{type(error).__name__}: {error}", now=now)
        if "refused" in made:
            return _fail(image, made["refused"], now=now, for_good=True)
        files = {
            f["file"]: (Path(folder) / f["file"]).read_bytes() for f in made["files"]
        }
    names = {
        file: default_storage.save(_name(file), ContentFile(raw))
        for file, raw in files.items()
    }
    return _commit(image, made, names)


def _order(image: Image, folder: Path) -> dict[str, Any]:
    """Let the child make the files. Raises what `subprocess` raises when it dies."""
    source = folder / "original"
    with image.original.open("rb") as original, source.open("wb") as copy:
        for chunk in original.chunks():
            copy.write(chunk)
    order = {
        "source": str(source),
        "folder": str(folder),
        "focal": [image.focal_x, image.focal_y],
    }
    child = subprocess.run(
        [sys.executable, "-m", "articles.imaging"],
        input=json.dumps(order).encode(),
        capture_output=True,
        cwd=settings.BASE_DIR,
        env={"PATH": "", "PYTHONPATH": str(settings.BASE_DIR)},
        preexec_fn=_limit,  # noqa: PLW1509 - only sets limits, before the program starts
        timeout=WALL,
        check=False,
    )
    if child.returncode:
        words = child.stderr.decode("utf-8", "replace").strip().splitlines()
        last = words[-1] if words else f"ended with {child.returncode}"
        raise ValueError(f"the picture could not be worked on: {last[:300]}")
    made: dict[str, Any] = json.loads(child.stdout)
    return made


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _name(file: str) -> str:
    key = secrets.token_urlsafe(24)
    return f"renditions/{key[:2].lower()}/{key}{Path(file).suffix}"


@transaction.atomic
def _commit(image: Image, made: dict[str, Any], names: dict[str, str]) -> bool:
    said = made["metadata"]
    done = Image.objects.filter(pk=image.pk, lease_token=image.lease_token).update(
        state="ready",
        due_at=None,
        lease_until=None,
        lease_token=None,
        error="",
        width=made["width"],
        height=made["height"],
        colour=made["colour"],
        rights=image.rights or said.get("rights", ""),
        caption=image.caption or said.get("caption", ""),
    )
    if not done:
        return False  # another worker has it, or has done it
    image.renditions.all().delete()
    Rendition.objects.bulk_create(
        Rendition(
            image=image,
            shape=made_file["shape"],
            width=made_file["width"],
            height=made_file["height"],
            format=made_file["format"],
            size=made_file["size"],
            file=names[made_file["file"]],
        )
        for made_file in made["files"]
    )
    with connection.cursor() as db:
        db.execute("SELECT pg_notify('edge', %s)", [f"image:{image.public_id}"])
    return True


def _lease(now: datetime) -> Image | None:
    """Take the picture that waits longest, for this process alone."""
    with connection.cursor() as db:
        db.execute(
            """
            UPDATE articles_image SET lease_until = %s, lease_token = gen_random_uuid(),
                   attempts = attempts + 1
             WHERE id = (SELECT id FROM articles_image
                          WHERE due_at <= %s AND (lease_until IS NULL OR lease_until < %s)
                          ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING id""",
            [now + LEASE, now, now],
        )
        row = db.fetchone()
    return Image.objects.get(pk=row[0]) if row else None


def _fail(image: Image, words: str, *, now: datetime, for_good: bool = False) -> bool:
    over = for_good or image.attempts >= TRIES
    log.warning("picture %s: %s", image.public_id, words)
    Image.objects.filter(pk=image.pk, lease_token=image.lease_token).update(
        state="failed" if over else "new",
        due_at=None if over else now + timedelta(minutes=image.attempts),
        lease_until=None,
        lease_token=None,
        error=words[:2000],
    )
    return False
