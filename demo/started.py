"""When the fictional world began: one small file of its own.

The servers and the loader both read it, so that a restart does not tell another history.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path


def keep(at: datetime, var: Path) -> None:
    """Write the start of the world down, whole or not at all."""
    file = file_in(var)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({"at": at.isoformat()}))
    fresh.replace(file)


class NotLoaded(Exception):
    """There is no fictional world yet; the message says what to do."""


def read(var: Path) -> datetime:
    """Return the start (aware, UTC). Raises `NotLoaded` if the loader wrote none."""
    try:
        facts = json.loads(file_in(var).read_text())
        return datetime.fromisoformat(facts["at"]).astimezone(UTC)
    except FileNotFoundError:
        raise NotLoaded(
            f"There is no demo in {var}: load it first, with `manage.py demo load`."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise NotLoaded(
            f"{file_in(var)} cannot be read ({error}): `manage.py demo reset` writes it anew."
        ) from error


def file_in(var: Path) -> Path:
    return var / "demo.json"
