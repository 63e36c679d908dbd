"""Renditions: made by a worker, from rows that are due, by a child with limits."""

from __future__ import annotations

import hashlib
import logging
import secrets
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from articles import image_decoder, image_processing, storage
from articles.models import Image, ImageState, Rendition
from foundation.leased_work import LeaseLost
from foundation.notifications import image_tag, purge

log = logging.getLogger(__name__)

CRASHES = 3  # children its pixels may end before a picture is set aside
MAX_UPLOAD = 50 * 1024 * 1024  # bytes

Clock = Callable[[], datetime]


class NotKept(Exception):
    """The picture may be sound, but could not be kept; the message is for people."""


def take_picture(
    raw: bytes, *, now: datetime, alt: str, credit: str, **fields: object
) -> Image:
    """Keep an uploaded picture and ask for its renditions.

    Its header is checked here, its pixels by the worker, both by a child. Raises
    `imaging.Refused` with what is wrong with the file, `NotKept` with what is wrong here.
    """
    if len(raw) > MAX_UPLOAD:
        raise image_processing.Refused(
            f"The file is larger than {MAX_UPLOAD // 1024**2} MB."
        )
    said = _header(raw)
    suffix = {"JPEG": "jpg"}.get(said["format"], said["format"].lower())
    # A name nobody can guess, and none of the uploader's.
    name = f"originals/{secrets.token_urlsafe(24)}.{suffix}"
    return Image.objects.create(
        original=_keep(name, raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        width=said["width"],
        height=said["height"],
        alt=alt,
        credit=credit,
        uploaded_at=now,
        due_at=now,
        **fields,
    )


def _header(raw: bytes) -> dict[str, Any]:
    try:
        return image_decoder.header(raw)
    except image_decoder.Crashed as crash:
        log.warning("an upload could not be checked: %s", crash)
        raise image_processing.Refused(
            f"{image_processing.DAMAGED} Save it anew in a picture program and try that file."
        ) from crash
    except image_processing.Hindered as hindrance:
        log.error("an upload could not be checked: %s", hindrance)
        raise NotKept(
            "The machine has no room to check the picture just now, so it was not kept. "
            "Try again in a minute; if it stays, tell whoever runs it."
        ) from hindrance


def _keep(name: str, raw: bytes) -> str:
    try:
        return default_storage.save(name, ContentFile(raw))
    except OSError as error:
        log.error("an upload could not be kept: %s", error)
        why = "The disk is full" if storage.is_full(error) else "The disk refused"
        raise NotKept(
            f"{why}: the picture was not kept. Tell whoever runs the machine, and upload "
            "it again when there is room."
        ) from error


def make_due(*, clock: Clock, most: int = 20) -> int:
    """Make the renditions of up to `most` pictures that wait; return how many got them."""
    made = 0
    for _ in range(most):
        waiting = Image.objects.lease(clock(), limit=1)
        if not waiting:
            break
        made += make(waiting[0], now=clock())
    return made


def make(image: Image, *, now: datetime) -> bool:
    """Make all renditions of one picture and put them in place of older ones.

    False where it could not be done. What is the machine's fault, such as a full disk, is
    tried again for as long as it lasts; a picture is set aside, with the reason, when a
    decoder refuses it or when its pixels have ended their reader three times.
    """
    names: dict[str, str] = {}
    try:
        return _made(image, names, now=now)
    except LeaseLost as lost:
        log.warning("picture %s: %s", image.public_id, lost)
        storage.delete(names.values())
        return False


def _made(image: Image, names: dict[str, str], *, now: datetime) -> bool:
    """Make the files, as `names` tells afterwards, and record what it came to."""
    try:
        with tempfile.TemporaryDirectory(dir=settings.TEMP_DIR) as folder:
            made = _order(image, Path(folder))
            for file in (made_file["file"] for made_file in made["files"]):
                raw = (Path(folder) / file).read_bytes()
                names[file] = default_storage.save(_name(file), ContentFile(raw))
    except image_processing.Refused as refusal:
        return _set_aside(image, str(refusal), now=now)
    except image_decoder.Crashed as crash:
        return _crashed(image, str(crash), now=now)
    except (image_processing.Hindered, OSError, SuspiciousOperation) as error:
        storage.delete(names.values())
        return _put_off(image, f"{error}", now=now)
    _commit(image, made, names, now=now)
    return True


def _order(image: Image, folder: Path) -> dict[str, Any]:
    """Let the child make the files. Raises as `decoding.make`, and `OSError`."""
    source = folder / "original"
    with image.original.open("rb") as original, source.open("wb") as copy:
        for chunk in original.chunks():
            copy.write(chunk)
    return image_decoder.make(source, folder, (image.focal_x, image.focal_y))


def _name(file: str) -> str:
    key = secrets.token_urlsafe(24)
    return f"renditions/{key[:2].lower()}/{key}{Path(file).suffix}"


@transaction.atomic
def _commit(
    image: Image, made: dict[str, Any], names: dict[str, str], *, now: datetime
) -> None:
    """Put the new files in place of the old. Raises `LeaseLost`."""
    said = made["metadata"]
    image.succeed(
        now=now,
        state=ImageState.READY,
        decoder_crashes=0,
        width=made["width"],
        height=made["height"],
        colour=made["colour"],
        rights=image.rights or said.get("rights", ""),
        caption=image.caption or said.get("caption", ""),
    )
    old = list(image.renditions.values_list("file", flat=True))
    image.renditions.all().delete()
    transaction.on_commit(lambda: storage.discard(old), robust=True)
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
    purge(image_tag(image.public_id))


def _set_aside(image: Image, words: str, *, now: datetime) -> bool:
    log.warning("picture %s is set aside: %s", image.public_id, words)
    image.give_up(
        now=now,
        error=words,
        state=ImageState.FAILED,
        decoder_crashes=image.decoder_crashes,
    )
    return False


def _crashed(image: Image, words: str, *, now: datetime) -> bool:
    """Count a child that the pixels ended; the third time the picture is set aside."""
    image.decoder_crashes += 1
    if image.decoder_crashes >= CRASHES:
        words = f"It ended its reader {image.decoder_crashes} times: {words}"
        return _set_aside(image, words, now=now)
    return _put_off(image, words, now=now)


def _put_off(image: Image, words: str, *, now: datetime) -> bool:
    """Try again later, ever later, for as long as it takes."""
    log.warning("picture %s is put off: %s", image.public_id, words)
    image.fail(now=now, error=words, decoder_crashes=image.decoder_crashes)
    return False
