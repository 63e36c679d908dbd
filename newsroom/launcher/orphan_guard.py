"""A process that ends our children when we get `kill -9`.

It holds the other end of a pipe, which closes when we end in any way, and then ends the
process groups it was told of. It holds our lock until then, so that the next start does
not meet processes of the last.
"""

import os
import signal
import time
from contextlib import suppress

PATIENCE = 4.0  # seconds between asking the groups to end and killing them


class OrphanGuard:
    """The guard, as the process it watches has it."""

    def __init__(self) -> None:
        """Fork the guard. Call it early, from a process of one thread."""
        read, self._pipe = os.pipe()
        if os.fork() == 0:
            os.close(self._pipe)
            _watch(read)
        os.close(read)

    def watch(self, group: int) -> None:
        """End the process group `group` when we end."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """Leave `group` alone: it has ended, and its number may be used again."""
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        with suppress(BrokenPipeError):  # somebody killed the guard
            os.write(self._pipe, line.encode())


def _watch(pipe: int) -> None:
    """Be the guard: read who is alive until the pipe closes, then end them. No return."""
    try:
        os.setsid()  # out of reach of the terminal's Ctrl-C
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        groups: set[int] = set()
        with os.fdopen(pipe) as lines:
            for line in lines:
                change = groups.add if line[0] == "+" else groups.discard
                change(int(line[1:]))
        _end(groups)
    finally:
        os._exit(0)  # not through the code of the process we were forked from


def _end(groups: set[int]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + PATIENCE
        groups = {group for group in groups if _signal(group, number)}
        while groups and time.monotonic() < deadline:
            time.sleep(0.05)
            groups = {group for group in groups if _signal(group, 0)}


def _signal(group: int, number: int) -> bool:
    """Send `number` to the group; False if nothing is left of it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
