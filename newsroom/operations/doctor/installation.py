"""This installation: its disks, its settings, its address, its static files."""

from __future__ import annotations

import ipaddress
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import (
    ManifestStaticFilesStorage,
    staticfiles_storage,
)
from django.core import checks
from django.http.request import validate_host

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
    inside = _is_local(urlsplit(settings.PAPER_URL).hostname or "")
    if settings.DEBUG:
        return Finding(
            Level.WARNING if inside else Level.BROKEN,
            "settings",
            "NEWSROOM_DEBUG is on: error pages show the code and the settings.",
            "Unset it.",
        )
    if "*" in settings.ALLOWED_HOSTS:
        return Finding(
            Level.BROKEN,
            "settings",
            "NEWSROOM_HOSTS takes any name: links can be forged by a Host header.",
            "Name the paper's own hosts.",
        )
    if inside:
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
    url = settings.PAPER_URL
    do = "Set NEWSROOM_URL, such as https://paper.example."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        return Finding(Level.BROKEN, "address", f"{url} is no address: {error}.", do)
    if parts.scheme not in {"http", "https"} or not host or parts.path or parts.query:
        said = f"“{url}” is no address of a site: scheme and host, nothing more."
        return Finding(Level.BROKEN, "address", said, do)
    literal = f"[{host}]" if ":" in host else host
    if not validate_host(literal, settings.ALLOWED_HOSTS):
        said = f"The site does not answer to its own name, {host}."
        return Finding(Level.BROKEN, "address", said, "Add it to NEWSROOM_HOSTS.")
    if _is_local(host):
        return Finding(Level.OK, "address", f"{url}, for this machine alone.")
    if parts.scheme == "http":
        said = f"{url} is not HTTPS: feeds and links lead readers there in the open."
        return Finding(Level.WARNING, "address", said, do)
    return Finding(Level.OK, "address", f"{url}.")


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
