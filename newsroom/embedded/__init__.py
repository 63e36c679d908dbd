"""PostgreSQL 18 and Valkey 9 from wheels, on unix sockets, for a paper on one machine.

`python -m newsroom.embedded start|stop|status` drives them by hand. Importing this
package starts nothing; settings only ask it for the addresses. Neither server writes
anywhere but under `var_dir()`.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsroom import processes
from newsroom.embedded import postgres as _postgres
from newsroom.embedded import valkey as _valkey
from newsroom.embedded.places import (
    celery_url,
    database_url,
    redis_url,
    run_dir,
    var_dir,
)
from newsroom.processes import Account, Refused

__all__ = [
    "Refused",
    "Started",
    "celery_url",
    "database_url",
    "logs",
    "redis_url",
    "start",
    "stop",
    "var_dir",
]


@dataclass(frozen=True, slots=True)
class Started:
    """Which servers `start` brought up; those that ran already are False."""

    postgres: bool = False
    valkey: bool = False


def start(
    *,
    postgres: bool = True,
    valkey: bool = True,
    tied: bool = False,
    say: Callable[[str], object] = lambda line: None,
) -> Started:
    """Bring up what is asked for and not up yet; return what was brought up.

    With `tied` the servers end, in good order, when the calling process ends in any
    way. `say` is handed a line of progress where a step takes long. Raises `Refused`,
    with one sentence for whoever operates the paper, where a server cannot run.
    """
    if not postgres and not valkey:
        return Started()
    var = var_dir()
    with _state(var) as account:
        return Started(
            postgres=postgres and _postgres.start(var, account, tied, say),
            valkey=valkey and _valkey.start(var, account, tied),
        )


def stop(*, postgres: bool = True, valkey: bool = True) -> None:
    """Stop the embedded servers that run, in good order; wait until they are gone."""
    var = var_dir()
    if not var.exists() or not (postgres or valkey):
        return
    with _lock(var):
        if valkey:
            _valkey.stop(var)
        if postgres:
            _postgres.stop(var)
        processes.fallen()  # those ends were meant


def logs(var: Path | None = None) -> list[Path]:
    """Return the files the servers write their words to."""
    return [(var or var_dir()) / "log" / f"{n}.log" for n in ("postgres", "valkey")]


@contextmanager
def _state(var: Path) -> Iterator[Account]:
    """Make the folders, hold the lock, and give the account that runs the servers."""
    with processes.named(var):
        var.mkdir(parents=True, exist_ok=True)
        (var / "log").mkdir(exist_ok=True)
    with _lock(var), processes.named(var):
        account = processes.account(var / "postgres")
        sockets = run_dir(var)
        sockets.mkdir(mode=0o700, exist_ok=True)
        owner = sockets.lstat()
        if not sockets.is_dir() or sockets.is_symlink():
            raise Refused(
                f"{sockets} is not a folder; the servers need it for sockets."
            )
        if owner.st_uid not in {account.uid, os.geteuid()}:
            raise Refused(
                f"{sockets} belongs to another user; remove it and try again."
            )
        processes.give(sockets, account)
        yield account


@contextmanager
def _lock(var: Path) -> Iterator[None]:
    """Let one start or stop at a time; the kernel lifts the lock of a dead process."""
    with processes.named(var):
        handle = os.open(var / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
