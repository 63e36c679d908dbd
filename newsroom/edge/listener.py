"""Listen to what commits change: one LISTEN connection a process, in a thread.

A connection that ends says one of two things. Either it alone was lost: then commits go on
unheard, and what they changed must be asked for. Or the database is away: then nothing is
committed, and nothing can be missed. Which it is the next attempt to connect tells, made
at once; see docs/edge.md for what follows from it.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import psycopg
from psycopg.rows import tuple_row

from foundation.notifications import PURGE_CHANNEL, PUSH_CHANNEL

CHANNELS = (PURGE_CHANNEL, PUSH_CHANNEL)
TICK = 0.5  # seconds between two looks at the clock without a notification
PROOF = 5.0  # seconds of silence after which the connection is tested by a query
FIRST_RETRY, LAST_RETRY = 0.1, 2.0  # seconds
OUTAGE_RETRY = 0.25  # seconds; while it lasts, the database must not come up unseen

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SnapshotPosition:
    """A position in one database's transactions: those below `xmin` have all ended."""

    database: int  # its OID: a restored paper is another one
    xmin: int  # no transaction with a lower number was running


def snapshot_position(connection: psycopg.Connection) -> SnapshotPosition:
    """Return the present position. Raises `psycopg.Error`."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(
            "SELECT oid::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
            " FROM pg_database WHERE datname = current_database()"
        )
        row = cursor.fetchone()
    assert row is not None  # noqa: S101 - the database one is connected to exists
    return SnapshotPosition(*row)


class Listener(threading.Thread):
    """Listens for as long as the process lives; reports when listening begins and ends."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        *,
        heard: Callable[[str, str], None],
        up: Callable[[SnapshotPosition | None, SnapshotPosition], None],
        down: Callable[[], None],
        outage: Callable[[], None] = lambda: None,
        is_outage: Callable[[Exception], bool] = lambda error: False,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """`heard` gets channel and payload, in the order of the commits.

        `up` is called when listening begins, with the position up to which everything
        was heard (None: nothing ever was) and the present one: what was committed between
        the two is for it to ask. `down` is called when nobody listens
        any more, and `outage` after it if the database went away at the same instant:
        `is_outage` tells it by the error of an attempt to connect. `tick` is called after
        each burst and every `TICK` seconds while listening. All of them run in this
        thread. A `psycopg.Error` out of `up`, `heard` or `tick` counts as a lost
        connection.
        """
        super().__init__(name="edge-listener", daemon=True)
        self._connect = connect
        self._heard, self._up, self._down, self._tick = heard, up, down, tick
        self._outage, self._is_outage = outage, is_outage
        self._heard_to: SnapshotPosition | None = None
        self._in_outage = False
        # Since it was last heard the database was never found to be there
        self._unbroken = False
        self._stopped = threading.Event()
        self.listening = False

    def stop(self) -> None:
        """End within a `TICK`."""
        self._stopped.set()

    def run(self) -> None:
        failed, retry = False, FIRST_RETRY
        while not self._stopped.is_set():
            try:
                self._serve()
            except (psycopg.Error, OSError) as error:
                if not failed:
                    log.warning("cannot hear what changes: %s", error)
                failed = True
                if not self.listening:
                    self._classify(error)
            if self.listening:
                self.listening, self._unbroken = False, True
                self._down()
                failed, retry = True, FIRST_RETRY
                continue  # at once: which of the two was it?
            self._stopped.wait(OUTAGE_RETRY if self._in_outage else retry)
            retry = min(retry * 2, LAST_RETRY)

    def _serve(self) -> None:
        """Connect, catch up and listen until told to stop. Raises what ended it."""
        with self._connect() as connection:
            if self._in_outage:  # it is there again, and not heard yet
                self._down()
            self._in_outage = self._unbroken = False
            for channel in CHANNELS:
                connection.execute(f"LISTEN {channel}".encode())
            here = snapshot_position(connection)
            self._up(self._heard_to, here)
            if self._heard_to is not None:
                log.warning("changes are heard again")
            self._heard_to, self.listening = here, True
            self._listen(connection, here)

    def _classify(self, error: Exception) -> None:
        """Tell an outage of the database from one of the connection, by a failed connect."""
        if not self._unbroken:
            return
        if not self._is_outage(error):
            if self._in_outage:
                self._down()
            self._in_outage = self._unbroken = False
        elif not self._in_outage:
            self._in_outage = True
            self._outage()

    def _listen(self, connection: psycopg.Connection, here: SnapshotPosition) -> None:
        proven = monotonic()
        while not self._stopped.is_set():
            # stop_after=1: returns with everything that came in one go, at once
            for note in connection.notifies(timeout=TICK, stop_after=1):
                self._heard(note.channel, note.payload)
            self._tick()
            if monotonic() - proven > PROOF:
                # What the position before covers has been delivered by now: this answer
                # came behind it on the same line.
                self._heard_to, here = here, snapshot_position(connection)
                proven = monotonic()
