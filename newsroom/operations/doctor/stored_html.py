"""Is what is stored as HTML rendered by this release?"""

from __future__ import annotations

from newsroom.operations.doctor.finding import Finding, Level
from newsroom.stored_html import KINDS

MOST = 10_000  # old rows counted of one kind; an index or a small table each


def stored() -> Finding:
    """Is any stored HTML older than the templates? A query for each kind."""
    old = {kind.name: kind.count_old(MOST) for kind in KINDS}
    if not any(old.values()):
        names = ", ".join(old)
        return Finding(Level.OK, "stored html", f"Rendered by this release: {names}.")
    counts = ", ".join(_counted(n, name) for name, n in old.items() if n)
    return Finding(
        Level.WARNING,
        "stored html",
        f"Rendered by older templates: {counts}.",
        "Run manage.py render, which can be stopped and started at any time.",
    )


def _counted(n: int, name: str) -> str:
    return f"{n:,} {name}" if n < MOST else f"{n:,} or more {name}"
