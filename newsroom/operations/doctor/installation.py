"""This installation: its disks, its settings, its address, its static files."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import (
    ManifestStaticFilesStorage,
    staticfiles_storage,
)
from django.core import checks

from newsroom.operations import checks as project_checks
from newsroom.operations.doctor.finding import Finding, Level, named

LOW = 1024**3  # bytes free: soon full
FULL = 100 * 1024**2  # bytes free: PostgreSQL stops writing about here


def disk() -> Finding:
    """Can state be written, and is there room?"""
    folders = [
        Path(settings.VAR_DIR),
        Path(settings.BLOB_DIR),
        Path(settings.MEDIA_ROOT),
    ]
    for folder in folders:
        if reason := _refuses(folder):
            return Finding(
                Level.BROKEN,
                "disk",
                f"{folder} cannot be written: {reason}.",
                "Give it to the user who runs the paper, or set NEWSROOM_VAR.",
            )
    place = min(folders, key=_free)
    return room(_free(place), place)


def room(free: int, place: Path) -> Finding:
    """Judge how much is free where `place` lies."""
    said = f"{free / 1024**3:,.1f} GB are free where {place} lies."
    if free >= LOW:
        return Finding(Level.OK, "disk", said)
    level = Level.BROKEN if free < FULL else Level.WARNING
    return Finding(level, "disk", said, "Free some, or move NEWSROOM_VAR.")


def _there(folder: Path) -> Path:
    """Return `folder`, or the nearest above it that exists."""
    return next(p for p in (folder, *folder.parents) if p.exists())


def _free(folder: Path) -> int:
    return shutil.disk_usage(_there(folder)).free


def _refuses(folder: Path) -> str:
    """Return why a file cannot be written in `folder`; empty if it can."""
    try:
        with tempfile.TemporaryFile(dir=_there(folder)) as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return ""


def production() -> Finding:
    """Are the settings fit for the public? On this machine alone less will do."""
    if found := project_checks.settings_are_safe(None):
        return _worst("settings", found)
    if project_checks.is_local(project_checks.paper_host()):
        return Finding(Level.OK, "settings", "Good for this machine alone.")
    # Django's own list for deployment: keys, cookies, HTTPS, HSTS
    unsafe = checks.run_checks(tags=["security"], include_deployment_checks=True)
    if unsafe:
        ids = [f"{check.id} {check.msg.splitlines()[0][:80]}" for check in unsafe]
        return Finding(
            Level.WARNING,
            "settings",
            f"{len(ids)} are not fit for the public: {named(ids)}",
            "Run manage.py check --deploy; docs/configuration.md has the variables.",
        )
    return Finding(Level.OK, "settings", "Fit for the public.")


def address() -> Finding:
    """Is the paper's public address one that readers can use?"""
    if found := project_checks.address_is_usable(None):
        return _worst("address", found)
    if project_checks.is_local(project_checks.paper_host()):
        said = f"{settings.PAPER_URL}, for this machine alone."
        return Finding(Level.OK, "address", said)
    return Finding(Level.OK, "address", f"{settings.PAPER_URL}.")


def _worst(what: str, found: list[checks.CheckMessage]) -> Finding:
    """Return the worst of what system checks found."""
    message = max(found, key=lambda each: each.level)
    level = Level.BROKEN if message.level >= checks.ERROR else Level.WARNING
    return Finding(level, what, message.msg, message.hint or "")


def static_files() -> Finding:
    """Are style sheets and scripts gathered under the names pages use?"""
    do = "Run manage.py prepare, or manage.py collectstatic."
    if not isinstance(staticfiles_storage, ManifestStaticFilesStorage):
        return Finding(Level.OK, "static files", "Served as they are (debugging).")
    if staticfiles_storage.read_manifest() is None:
        said = "They have not been gathered: every page fails."
        return Finding(Level.BROKEN, "static files", said, do)
    names = sorted(staticfiles_storage.hashed_files.values())
    missing = [name for name in names if not staticfiles_storage.exists(name)]
    if missing:
        said = f"Of {len(names)} these are missing: {named(missing)}."
        return Finding(Level.BROKEN, "static files", said, do)
    return Finding(Level.OK, "static files", f"All {len(names)} are there.")
