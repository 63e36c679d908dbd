"""PostgreSQL 18 and Valkey 9 from wheels, on unix sockets, for a paper on one machine.

`python -m newsroom.launcher.embedded start|stop|status` drives them by hand. Importing this
package starts nothing. Neither server writes anywhere but under `newsroom.paths.var_dir()`.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsroom.launcher import processes
from newsroom.launcher.embedded import postgres as _postgres
from newsroom.launcher.embedded import valkey as _valkey
from newsroom.launcher.embedded.keeper import Keeper
from newsroom.launcher.processes import Account
from newsroom.operator_errors import OperatorError, refusing_os_errors
from newsroom.paths import run_dir, var_dir
from newsroom.private_files import restrict_var

__all__ = [
    "Keeper",
    "OperatorError",
    "Servers",
    "keep",
    "logs",
    "start",
    "stop",
]


@dataclass(frozen=True, slots=True)
class Servers:
    """Some of the embedded servers, such as those that `start` brought up."""

    postgres: bool = False
    valkey: bool = False


def start(
    *,
    postgres: bool = True,
    valkey: bool = True,
    end_with_caller: bool = False,
    say: Callable[[str], object] = lambda line: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Servers:
    """Bring up what is asked for and not up yet; return what was brought up.

    With `end_with_caller` the servers end, in good order, when the calling process ends in
    any way. `say` is handed a line of progress where a step takes long; `is_cancelled` is
    asked meanwhile whether to give up. Raises `OperatorError` where a server cannot run.
    """
    var = var_dir()
    of_postgres = of_valkey = False
    if postgres:
        with _state(var, "postgres", is_cancelled) as account:
            of_postgres = _postgres.start(
                var, account, end_with_caller, say, is_cancelled
            )
    if valkey:
        with _state(var, "valkey", is_cancelled) as account:
            of_valkey = _valkey.start(var, account, end_with_caller, is_cancelled)
    return Servers(postgres=of_postgres, valkey=of_valkey)


def keep(needed: Servers, *, say: Callable[[str], object]) -> list[Keeper]:
    """Start each server that is needed again whenever it ends; all end with this process."""

    def keeper(name: str, log: Path, which: Servers) -> Keeper:
        def begin(is_cancelled: Callable[[], bool]) -> None:
            start(
                postgres=which.postgres,
                valkey=which.valkey,
                end_with_caller=True,
                say=say,
                is_cancelled=is_cancelled,
            )

        return Keeper(name, begin, log=log, say=say)

    keepers = []
    of_postgres, of_valkey = logs()
    if needed.postgres:
        keepers.append(keeper("PostgreSQL", of_postgres, Servers(postgres=True)))
    if needed.valkey:
        keepers.append(keeper("Valkey", of_valkey, Servers(valkey=True)))
    for one in keepers:
        one.start()
    return keepers


def stop(*, postgres: bool = True, valkey: bool = True) -> None:
    """Stop the embedded servers that run, in good order; wait until they are gone."""
    var = var_dir()
    if not var.exists():
        return
    for wanted, name, halt in (
        (valkey, "valkey", _valkey.stop),
        (postgres, "postgres", _postgres.stop),
    ):
        if wanted:
            with _lock(var, name, lambda: False):
                halt(var)
    for log in logs(var):
        processes.a_child_exited(log)  # these were told to


def logs(var: Path | None = None) -> list[Path]:
    """Return the files the servers write their words to."""
    return [(var or var_dir()) / "log" / f"{n}.log" for n in ("postgres", "valkey")]


@contextmanager
def _state(
    var: Path, server: str, is_cancelled: Callable[[], bool]
) -> Iterator[Account]:
    """Make the folders, hold the lock, and give the account that runs the servers."""
    restrict_var(var)
    with refusing_os_errors(var):
        (var / "log").mkdir(mode=0o700, exist_ok=True)
    with _lock(var, server, is_cancelled), refusing_os_errors(var):
        account = processes.account(var / "postgres")
        sockets = run_dir(var)
        sockets.mkdir(mode=0o700, exist_ok=True)
        owner = sockets.lstat()
        if not sockets.is_dir() or sockets.is_symlink():
            raise OperatorError(
                f"{sockets} is not a folder; the servers need it for sockets."
            )
        if owner.st_uid not in {account.uid, os.geteuid()}:
            raise OperatorError(
                f"{sockets} belongs to another user; remove it and try again."
            )
        processes.chown(sockets, account)
        yield account


@contextmanager
def _lock(var: Path, server: str, is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """Let one start or stop of a server at a time; the kernel lifts a dead process's lock.

    Each server has its own: one that hangs at its start must not hold up the other.
    """
    with refusing_os_errors(var):
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        handle = os.open(var / f"{server}.lock", flags, 0o600)
    try:
        while not _locked(handle):
            if is_cancelled():
                raise OperatorError(f"Somebody else starts or stops {server} just now.")
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
