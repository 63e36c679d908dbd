"""Server processes: the account they run as, how they are found, started and ended."""

import ctypes
import os
import pwd
import re
import shutil
import signal
import subprocess  # noqa: S404
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from newsroom.operator_errors import OperatorError, refusing_os_errors, user_name

PR_SET_PDEATHSIG = 1  # linux/prctl.h

LOG_LIMIT = 5 * 1024**2  # bytes of one log; one older file of the size is kept

# Servers this process started, by the logs they write, so that it learns of their end.
_children: dict[Path, list[subprocess.Popen[bytes]]] = {}


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the system under which servers run."""

    name: str
    uid: int
    gid: int


def account(data: Path) -> Account:
    """Return the account that runs the servers whose data is in `data`.

    That is ourselves, or, since PostgreSQL refuses to run as root, an unprivileged
    account of the system: the one `data` belongs to already, else `newsroom`,
    `postgres` or `nobody`.
    """
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            owner = _account_of(data.stat().st_uid).name
            raise OperatorError(
                f"{data} belongs to {owner}: start the paper as root or {owner}."
            )
        return _account_of(os.geteuid())
    if data.exists() and data.stat().st_uid != 0:
        return _account_of(data.stat().st_uid)
    for name in ("newsroom", "postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise OperatorError(
        "PostgreSQL does not run as root, and this system has no user newsroom,"
        " postgres or nobody: make one, or start the paper as an ordinary user."
    )


def _account_of(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:  # usual in containers: a number without a name
        gid = os.getegid() if uid == os.geteuid() else uid
        return Account(user_name(uid), uid, gid)
    return Account(entry.pw_name, uid, entry.pw_gid)


def chown(path: Path, account: Account) -> None:
    """Make `account` the owner of `path`, of a folder without what is in it."""
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid)


def as_account(
    account: Account, argv: list[str], places: Iterable[Path]
) -> tuple[list[str], dict[str, Any]]:
    """Return what to hand to `subprocess` so that `argv` runs as `account`.

    The program and `places` may lie behind folders closed to `account`, as in a
    checkout under /root. Then the child keeps one capability: to walk through them.
    """
    if os.geteuid() != 0:
        return argv, {}
    if all(_may_walk(account, place) for place in (Path(argv[0]), *places)):
        return argv, {"user": account.uid, "group": account.gid, "extra_groups": []}
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise OperatorError(
            f"The servers run as {account.name}, who may not enter {argv[0]}: move the"
            " checkout to a folder open to all, or install setpriv (util-linux)."
        )
    only = "-all,+dac_read_search"
    drop = [
        setpriv, f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups",
        f"--inh-caps={only}", f"--ambient-caps={only}", f"--bounding-set={only}",
        "--securebits=+no_setuid_fixup",  # or access(2) would not look at it
        "--pdeathsig=keep", "--",
    ]  # fmt: skip
    return drop + argv, {}


def _may_walk(account: Account, path: Path) -> bool:
    """Tell whether `account` may pass every folder above `path`."""
    for folder in path.resolve().parents:
        facts = folder.stat()
        bit = 0o001
        if facts.st_uid == account.uid:
            bit = 0o100
        elif facts.st_gid == account.gid:
            bit = 0o010
        if not facts.st_mode & bit:
            return False
    return True


def environment() -> dict[str, str]:
    """Return the environment of a server: a path and a locale, nothing of ours."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"}


def death_signal(number: int | None) -> Callable[[], None] | None:
    """Return what a child runs first so that it is sent `number` when we end.

    It holds for `kill -9` of us too. Linux only; elsewhere None.
    """
    if number is None or not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up here: a child must not load libraries
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # we ended before we could be asked about
            os.kill(os.getpid(), signal.SIGKILL)

    return ask


def start_server(
    argv: list[str], *, log: Path, account: Account, end_with_caller: int | None
) -> subprocess.Popen[bytes]:
    """Start a server as `account`; it writes to `log`, which is begun anew.

    With `end_with_caller` it is sent that signal when the calling process ends.
    """
    argv, identity = as_account(account, argv, [log])
    with refusing_os_errors(log):
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            child = subprocess.Popen(  # noqa: S603
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=environment(),
                start_new_session=True,  # Ctrl-C is for the one who started us
                preexec_fn=death_signal(end_with_caller),  # noqa: PLW1509
                **identity,
            )
    _children.setdefault(log, []).append(child)
    return child


def processes_in(folder: Path) -> list[psutil.Process]:
    """Return the processes whose working directory is `folder`; a few milliseconds."""
    try:
        here = str(folder.resolve(strict=True))
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == here and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def servers_in(folder: Path) -> list[psutil.Process]:
    """Return the server at work in `folder`, without its children.

    Both servers make their data folder their working directory, which, unlike a pid
    file, cannot outlive them.
    """
    found = processes_in(folder)
    pids = {process.pid for process in found}
    roots = []
    for process in found:
        with suppress(psutil.NoSuchProcess):  # it ended while we looked
            if process.ppid() not in pids:
                roots.append(process)
    return roots


def terminate(
    processes: list[psutil.Process], how: int, patience: float, then: int
) -> None:
    """Send signal `how`; after `patience` seconds `then`, and wait until all have ended."""
    for number, seconds in ((how, patience), (then, 5), (signal.SIGKILL, 5)):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
                if process.status() == psutil.STATUS_STOPPED:
                    process.resume()  # one that stands still hears nothing but KILL
        processes = psutil.wait_procs(processes, timeout=seconds)[1]
        if not processes:
            return
    names = ", ".join(f"{p.name()} {p.pid}" for p in processes)
    raise OperatorError(f"These processes do not end: {names}.")


def last_error_line(what: str, words: str, where: Path) -> str:
    """Return one sentence of the log of a server that failed."""
    if "No space left on device" in words:
        return f"{what}: the disk that holds {where.parent} is full."
    telling = re.findall(r"(?:FATAL|PANIC|error|Error|# )[:\s]+(.+)", words)
    last = telling[0] if telling else (words.strip().splitlines() or ["no word"])[-1]
    return f"{what}: {last.strip()} ({where})"


def is_alive(pid: str) -> bool:
    """Tell whether `pid`, as read from a file, is the number of a running process."""
    return pid.isdecimal() and psutil.pid_exists(int(pid))


def a_child_exited(log: Path) -> bool:
    """Tell whether a server started here with `log` exited since this was last asked."""
    started = _children.get(log, [])
    running = [child for child in started if child.poll() is None]
    _children[log] = running
    return len(running) < len(started)


def truncate_log(log: Path) -> None:
    """Copy a log that reached its limit aside and empty it; a server has it open."""
    with suppress(OSError):
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)
