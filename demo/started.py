"""When the fictional world began and where it is served: one small file of its own.

The servers and the loader both read it, so that a restart does not tell another history.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The start of the world (aware, UTC) and the port its addresses name."""

    at: datetime
    port: int

    def keep(self, var: Path) -> None:
        """Write it whole or not at all."""
        file = _file(var)
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps({"at": self.at.isoformat(), "port": self.port}))
        fresh.replace(file)


class NotLoaded(Exception):
    """There is no fictional world yet; the message says what to do."""


def read(var: Path) -> Started:
    """Return what the loader wrote. Raises `NotLoaded` if it never did."""
    try:
        facts = json.loads(_file(var).read_text())
        return Started(
            at=datetime.fromisoformat(facts["at"]).astimezone(UTC),
            port=int(facts["port"]),
        )
    except FileNotFoundError:
        raise NotLoaded(
            f"There is no demo in {var}: load it first, with `manage.py demo load`."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise NotLoaded(
            f"{_file(var)} cannot be read ({error}): `manage.py demo reset` writes it anew."
        ) from error


def _file(var: Path) -> Path:
    return var / "demo.json"
