"""Files of this installation that only its own account may read."""

import os
from contextlib import suppress
from pathlib import Path

from newsroom.operator_errors import refusing_os_errors


def set_private_umask() -> None:
    """Let whatever this process and its children make be readable to their account alone."""
    os.umask(0o077)


def restrict_var(var: Path) -> None:
    """Make `var`, and close it and what an earlier release left open in it.

    What lies below a closed folder is out of reach, whatever its own mode says. Started by
    root, the servers run as somebody else, who walks through `var` to folders of their own
    and sees nothing on the way.
    """
    with refusing_os_errors(var):
        var.mkdir(parents=True, exist_ok=True)
        _restrict(var, 0o711 if os.geteuid() == 0 else 0o700)
        for place in var.iterdir():
            if not place.is_symlink():
                _restrict(place, 0o700 if place.is_dir() else 0o600)


def _restrict(place: Path, mode: int) -> None:
    """Set the mode of what is open wider; leave alone what we may not, or what is gone."""
    with suppress(PermissionError, FileNotFoundError):
        now = place.stat().st_mode & 0o777
        if now & ~mode:
            place.chmod(now & mode if place.is_file() else mode)


def write_private(file: Path, text: str) -> None:
    """Write `file` whole or not at all, readable to its owner alone."""
    draft = file.with_name(f"{file.name}.new")
    with refusing_os_errors(file):
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as output:
            output.write(text)
            output.flush()
            os.fsync(handle)
        draft.replace(file)
