"""A limit on the connections of one process: fewer than it may open files.

What a process needs beside them (the database, files, the log) keeps a reserve, so that
accepting never fails; the live stream takes at most three quarters of the rest.
"""

import resource
from time import monotonic
from typing import Protocol

MAX_FILES = 1 << 20  # a limit "without end" is taken for this
LEAST_RESERVE = 64  # descriptors for everything but connections
PAUSE = 0.25  # seconds between two looks for idle connections


class Connection(Protocol):
    """What is counted: the protocol object of a server's connection."""

    def is_idle(self) -> bool: ...

    def close_idle(self) -> None: ...


class Connections:
    """The open connections of one process, by the address they come from."""

    def __init__(self, most: int, *, per_address: int | None = None) -> None:
        """`per_address` is for peers who are readers: a proxy brings everybody's."""
        self.most = most
        self.per_address = per_address
        self._open: dict[Connection, str] = {}  # the oldest first
        self._by_address: dict[str, int] = {}
        self._looked_at = -PAUSE

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Connection, address: str) -> bool:
        """Count a new connection; False if there is no room for it.

        When all are taken the idle ones are closed: browsers keep theirs for a minute.
        """
        here = self._by_address.get(address, 0)
        if self.per_address is not None and here >= self.per_address:
            return False
        if len(self._open) >= self.most:
            self._close_idle(monotonic())
            if len(self._open) >= self.most:
                return False
        self._open[connection] = address
        self._by_address[address] = self._by_address.get(address, 0) + 1
        return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection; once is enough, and one that was not let in is no error."""
        address = self._open.pop(connection, None)
        if address is None:
            return
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def _close_idle(self, now: float) -> None:
        if now - self._looked_at < PAUSE:  # thousands may try while all are taken
            return
        self._looked_at = now
        idle = [one for one in self._open if one.is_idle()]
        for one in idle[: max(1, self.most // 8)]:
            self.leave(one)
            one.close_idle()


def raise_limit() -> int:
    """Raise this process's limit of open files as far as it may; return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return files()


def files() -> int:
    """Return how many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_FILES if soft == resource.RLIM_INFINITY else min(soft, MAX_FILES)


def most_connections(files: int) -> int:
    """Return how many connections fit in a limit of open files, with a reserve."""
    return max(1, files - max(LEAST_RESERVE, files // 8))


def most_live(files: int, wanted: int) -> int:
    """Return how many live streams may be open: pages are served beside them."""
    return min(wanted, most_connections(files) * 3 // 4)
