"""Time zones by their name in the tz database."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones


@cache
def names() -> frozenset[str]:
    """Every name there is, read from the disk once."""
    return frozenset(available_timezones())


def find(name: str) -> ZoneInfo | None:
    """Return the zone of this name, None where there is none.

    For names that are rows: one that was stored before it was judged costs only itself.
    """
    return ZoneInfo(name) if name in names() else None
