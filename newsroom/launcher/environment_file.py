"""The environment `make run` gave its processes, for commands typed beside it.

`make run` gives its processes their settings by the environment. It writes them down under
`NEWSROOM_VAR`, readable to the owner alone, so that `manage.py` works in another terminal
without repeating them. What the shell sets wins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from newsroom.paths import var_dir
from newsroom.private_files import write_private

NAMES = (
    "NEWSROOM_",
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "CELERY_BROKER_URL",
)


def save(var: Path, surroundings: Mapping[str, str]) -> None:
    """Save the settings that the processes of this installation are given."""
    kept = {n: v for n, v in surroundings.items() if n.startswith(NAMES)}
    write_private(var / "environment.json", json.dumps(kept, indent=1))


def load(environment: MutableMapping[str, str] = os.environ) -> None:
    """Add what the shell has not set; nothing where it sets a secret key or debugging."""
    if environment.get("NEWSROOM_SECRET_KEY") or environment.get("NEWSROOM_DEBUG"):
        return
    file = var_dir() / "environment.json"
    if not file.exists():
        return
    try:
        kept = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise SystemExit(
            f"{file} cannot be read ({error}); `make run` writes it."
        ) from error
    for name, value in kept.items():
        environment.setdefault(name, value)
