"""Hearing what commits changed: one LISTEN connection a process, in a thread."""

import logging
import threading
from collections.abc import Callable
from time import monotonic

import psycopg

CHANNELS = ("edge", "live")
TICK = 0.5  # seconds between two looks at the clock while nobody rings
PROOF = 5.0  # seconds of silence after which the connection must prove itself
FIRST_RETRY, LAST_RETRY = 0.1, 2.0  # seconds

log = logging.getLogger(__name__)


class Listener(threading.Thread):
    """Listens for as long as the process lives; tells when it hears and when it is deaf."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        *,
        heard: Callable[[str, str], None],
        up: Callable[[], None],
        down: Callable[[], None],
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """`heard` gets channel and payload, in the order of the commits.

        `up` is called when listening begins: what happened before is unknown. `tick` is
        called after each burst and every `TICK` seconds while listening. All of them run
        in this thread. A `psycopg.Error` out of any of them counts as a lost connection.
        """
        super().__init__(name="edge-listener", daemon=True)
        self._connect = connect
        self._heard, self._up, self._down, self._tick = heard, up, down, tick
        self._stopped = threading.Event()
        self.listening = False

    def stop(self) -> None:
        """End within a `TICK`."""
        self._stopped.set()

    def run(self) -> None:
        failed, retry = False, FIRST_RETRY
        while not self._stopped.is_set():
            try:
                with self._connect() as connection:
                    for channel in CHANNELS:
                        connection.execute(f"LISTEN {channel}".encode())
                    self.listening = True
                    self._up()
                    if failed:
                        log.warning("changes are heard again")
                    failed, retry = False, FIRST_RETRY
                    self._listen(connection)
            except (psycopg.Error, OSError) as error:
                if not failed:
                    log.warning("cannot hear what changes: %s", error)
                failed = True
            finally:
                if self.listening:
                    self.listening = False
                    self._down()
            self._stopped.wait(retry)
            retry = min(retry * 2, LAST_RETRY)

    def _listen(self, connection: psycopg.Connection) -> None:
        proven = monotonic()
        while not self._stopped.is_set():
            # stop_after=1: returns with everything that came in one go, at once
            for note in connection.notifies(timeout=TICK, stop_after=1):
                self._heard(note.channel, note.payload)
                proven = monotonic()
            self._tick()
            if monotonic() - proven > PROOF:
                connection.execute("SELECT 1")
                proven = monotonic()
