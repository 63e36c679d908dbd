"""Every check of the doctor, in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import DatabaseError

from newsroom.operations.doctor import (
    ingest,
    installation,
    queues,
    servers,
    stored_html,
    values,
)
from newsroom.operations.doctor.finding import Finding, Level

Check = Callable[[datetime], Finding]

# Name and check of what the rows tell; each a query or two, on indexes or small tables
ROWS: tuple[tuple[str, Check], ...] = (
    ("migrations", lambda now: servers.migrations()),
    ("role", lambda now: servers.role()),
    ("clocks", lambda now: servers.clocks()),
    ("sources", ingest.sources),
    ("silence", ingest.silence),
    ("missed posts", ingest.gaps),
    ("market feeds", lambda now: ingest.feeds()),
    ("calendars", ingest.calendars),
    ("dead letters", lambda now: ingest.dead_letters()),
    ("pictures", lambda now: ingest.pictures()),
    ("values", lambda now: values.values()),
    ("stored html", lambda now: stored_html.stored()),
)


def examine(now: datetime) -> list[Finding]:
    """Look at everything; return what was found, the worst first. A few seconds at most.

    Without a database what only its rows can tell is left out.
    """
    database = servers.database()
    broker, rings = servers.broker()
    found = [database, broker]
    if database.level < Level.BROKEN:
        found += _told_by_rows(now, rings)
    found += [
        installation.disk(),
        installation.production(),
        installation.address(),
        installation.static_files(),
    ]
    return sorted(found, key=lambda finding: -finding.level)  # stable


def _told_by_rows(now: datetime, rings: dict[str, int] | None) -> list[Finding]:
    found: list[Finding] = []
    untold: dict[str, DatabaseError] = {}
    for name, check in ROWS:
        try:
            found.append(check(now))
        except DatabaseError as error:
            untold[name] = error
    try:
        kinds = queues.kinds(now)
    except DatabaseError as error:
        untold["work"] = error
    else:
        found += [queues.taken(kind, kinds, rings, now) for kind in kinds]
        found.append(queues.beat(kinds, rings, now))
    return [*_sorry(untold), *found]


def _sorry(untold: dict[str, DatabaseError]) -> Iterator[Finding]:
    if untold:
        yield Finding(
            Level.BROKEN,
            "rows",
            f"The database cannot tell of {', '.join(untold)}:"
            f" {servers.first_line(next(iter(untold.values())))}.",
            "Mend what is said of the database and its migrations first.",
        )
