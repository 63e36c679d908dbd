"""Files a crash left in our own folder for temporary ones.

Uploads above 5 MB and renditions lie there under a name while they are worked on, and
are removed when that ends, unless the process was killed. Bodies of requests lie in files
without a name, which end with the process.
"""

from __future__ import annotations

import logging
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

STALE = timedelta(days=1)  # nobody works on a file for so long
AT_ONCE = 1_000  # entries looked at in one run

log = logging.getLogger(__name__)


def clear(folder: Path, *, now: datetime) -> int:
    """Remove what has lain in `folder` for a day; return how many entries.

    A link is removed, never followed. What cannot be removed is named in the log.
    """
    removed = 0
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return 0
    with entries:
        for _, entry in zip(range(AT_ONCE), entries, strict=False):
            try:
                removed += _remove(entry, before=(now - STALE).timestamp())
            except FileNotFoundError:  # whoever made it removed it meanwhile
                continue
            except OSError as error:
                log.warning("a temporary file stays: %s", error)
    return removed


def _remove(entry: os.DirEntry[str], *, before: float) -> bool:
    if entry.stat(follow_symlinks=False).st_mtime >= before:
        return False
    if entry.is_dir(follow_symlinks=False):
        shutil.rmtree(entry.path)
    else:
        os.unlink(entry.path)
    return True
