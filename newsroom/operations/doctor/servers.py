"""PostgreSQL and the broker: do they answer, are they ours, is their clock right."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from kombu import Connection
from kombu.exceptions import KombuError, OperationalError

from newsroom.celery import app
from newsroom.database import roles
from newsroom.launcher.bootstrap import OLDEST_POSTGRES
from newsroom.operations.doctor.finding import Finding, Level, named

PATIENCE = 5  # seconds for the broker to answer
SKEW = 2  # seconds between two clocks that nobody minds
LEASE = 60  # seconds: clocks further apart take each other's work
Lost = tuple[type[BaseException], ...]

START = "Start it: make run, or python -m newsroom.launcher.embedded start."


def first_line(error: BaseException) -> str:
    """Return the first line of what a server answered."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def database() -> Finding:
    """Does PostgreSQL answer, and is it new enough?"""
    began = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            number = int(cursor.fetchone()[0])
    except Error as error:
        return Finding(
            Level.BROKEN,
            "database",
            f"The database does not answer: {first_line(error)}",
            START + " DATABASE_URL says where it is.",
        )
    took = (time.perf_counter() - began) * 1000
    version = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number // 10000 < OLDEST_POSTGRES:
        return Finding(
            Level.BROKEN,
            "database",
            f"The database is {version}; the paper needs {OLDEST_POSTGRES} or newer.",
            "Move to a newer server: manage.py backup here, restore there.",
        )
    return Finding(Level.OK, "database", f"{version} answers in {took:.0f} ms.")


def role() -> Finding:
    """May the role of the paper alter what is only ever added to?"""
    powers = roles.powers()
    if not powers:
        return Finding(Level.OK, "role", "The paper's role can alter no ledger.")
    said = f"The paper asks the database as a role that may too much: {powers[0]}."
    return Finding(
        Level.WARNING,
        "role",
        said,
        "Give it a role of its own in DATABASE_URL, and the tables' owner in"
        " DATABASE_OWNER_URL: docs/operations.md.",
    )


def migrations() -> Finding:
    """Are the tables those of this release?"""
    loader = MigrationLoader(connection)
    known, applied = set(loader.disk_migrations), set(loader.applied_migrations)
    ahead = sorted(f"{app}.{name}" for app, name in applied - known)
    missing = sorted(f"{app}.{name}" for app, name in known - applied)
    if ahead:
        return Finding(
            Level.BROKEN,
            "migrations",
            f"The database knows changes this release does not: {named(ahead)}.",
            "Run the release that made them.",
        )
    if missing:
        return Finding(
            Level.BROKEN,
            "migrations",
            f"{len(missing)} changes of the tables are not made yet: {named(missing)}.",
            "Run manage.py migrate.",
        )
    return Finding(Level.OK, "migrations", f"All {len(known)} are made.")


def clocks() -> Finding:
    """How far apart are this machine's clock and the database's?"""
    began = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    ended = time.time()
    ours = datetime.fromtimestamp((began + ended) / 2, UTC)
    return apart((theirs - ours).total_seconds(), (ended - began) / 2)


def apart(seconds: float, unsure: float) -> Finding:
    """Judge two clocks `seconds` apart, measured to within `unsure` seconds."""
    surely = max(abs(seconds) - unsure, 0)
    if surely <= SKEW:
        return Finding(
            Level.OK, "clocks", f"This machine and the database agree to {SKEW} s."
        )
    which = "ahead of" if seconds > 0 else "behind"
    return Finding(
        Level.BROKEN if surely >= LEASE else Level.WARNING,
        "clocks",
        f"The database's clock is {surely:,.0f} s {which} this machine's.",
        "Set both by NTP: leases and delays go by one, embargoes by the other.",
    )


def broker() -> tuple[Finding, dict[str, int] | None]:
    """Does the broker answer; and how many rings wait in each queue? None if it does not."""
    queues = sorted({route["queue"] for route in app.conf.task_routes.values()})
    with app.connection_for_read(connect_timeout=PATIENCE) as bell:
        lost: Lost = (KombuError, OperationalError, *bell.connection_errors)
        try:
            bell.ensure_connection(max_retries=1, timeout=PATIENCE)
            rings = {queue: _waiting(bell, queue) for queue in queues}
        except lost as error:
            refused = Finding(
                Level.BROKEN,
                "broker",
                f"The broker does not answer: {first_line(error)}",
                START
                + " REDIS_URL or CELERY_BROKER_URL says where it is; nothing is lost"
                " meanwhile.",
            )
            return refused, None
        kind = bell.transport.driver_type
    waiting = sum(rings.values())
    said = f"The broker ({kind}) answers; {waiting:,} rings wait."
    return Finding(Level.OK, "broker", said), rings


def _waiting(bell: Connection, queue: str) -> int:
    """Return how many rings wait in `queue`; a queue nobody has rung has none."""
    channel: Any
    with bell.channel() as channel:
        try:
            return int(channel.queue_declare(queue, passive=True).message_count)
        except bell.channel_errors:
            return 0
