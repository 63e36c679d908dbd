"""Hand a picture to a child process with limits, which runs `articles/image_processing.py`.

The child sets its limits itself, before it looks at a byte: nothing runs between fork and
exec, so a process with threads may start it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

from articles import image_processing

MEMORY = 1536 * 1024 * 1024  # bytes of address space the child may take
CPU = 40  # seconds of processor for making renditions
WALL = 60  # seconds for that, all told
CPU_HEADER = 10  # seconds of processor for a look at the header
WALL_HEADER = 30  # seconds for that, all told; the machine may be busy

# How a machine that shuts down ends its processes.
_STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


class Crashed(Exception):
    """The child ended over the picture: killed, out of memory, or out of time."""


def header(raw: bytes) -> dict[str, Any]:
    """Return what the header of `raw` says: {"width", "height", "format"}.

    Raises `imaging.Refused`, `imaging.Hindered` or `Crashed`.
    """
    return _run({"cpu": CPU_HEADER}, raw=raw, wall=WALL_HEADER)


def make(source: Path, folder: Path, focal: tuple[float, float]) -> dict[str, Any]:
    """Have the renditions of `source` written to `folder`; return what was made.

    Raises as `header`.
    """
    order = {"source": str(source), "folder": str(folder), "focal": focal, "cpu": CPU}
    return _run(order, raw=b"", wall=WALL)


def _run(order: dict[str, object], *, raw: bytes, wall: int) -> dict[str, Any]:
    order = {"memory": MEMORY, **order}
    try:
        child = subprocess.run(  # noqa: S603 - our own program, its order as JSON
            [sys.executable, "-m", "articles.image_processing", json.dumps(order)],
            input=raw,
            capture_output=True,
            cwd=settings.BASE_DIR,
            env={"PATH": "", "PYTHONPATH": str(settings.BASE_DIR)},
            timeout=wall,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Crashed(f"reading it took more than {wall} seconds") from error
    except OSError as error:  # no process to be had
        raise image_processing.Hindered(error.strerror or str(error)) from error
    if child.returncode:
        words = child.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _fault(child.returncode, words[-1][:300] if words else "")
    answer: dict[str, Any] = json.loads(child.stdout)
    if "refused" in answer:
        raise image_processing.Refused(answer["refused"])
    if "hindered" in answer:
        raise image_processing.Hindered(answer["hindered"])
    return answer


def _fault(code: int, words: str) -> Exception:
    """Return what a child's end means: of an installation that is being changed, of a
    machine that shuts down, or of the picture. A kill is put down to the picture: the
    system kills what eats its memory."""
    if code < 0 and -code not in _STOPS:
        return Crashed(f"{signal.Signals(-code).name} ended the process that read it")
    if code == image_processing.OUT_OF_MEMORY or "MemoryError" in words:
        return Crashed(f"it needs more than {MEMORY // 1024**2:,} MB of memory")
    return image_processing.Hindered(
        words or f"the process that reads pictures ended: {code}"
    )
