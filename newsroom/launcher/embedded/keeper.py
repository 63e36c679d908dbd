"""A thread that starts one embedded server again whenever it ends."""

import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from newsroom.launcher import processes
from newsroom.operator_errors import OperatorError

LOOK_EVERY = 0.5  # seconds between two looks whether the server has ended
FIRST_PAUSE, LAST_PAUSE = 1.0, 30.0  # seconds from one start to the next
STABLE_AFTER = 60.0  # seconds a server must run for its earlier ends to be forgotten
STOP_LIMIT = 15.0  # seconds a start under way may take to see that it is is_cancelled


class Keeper(threading.Thread):
    """Keeps one server running for as long as the paper runs.

    The kernel ends such a server with the thread that started it, not with the process
    (prctl(2), PR_SET_PDEATHSIG): the thread that starts servers again must not end while
    they are needed.
    """

    def __init__(
        self,
        server: str,
        start: Callable[[Callable[[], bool]], object],
        *,
        log: Path,
        say: Callable[[str], object],
    ) -> None:
        """`server` is its name for people; `start` brings it up and waits for it.

        `start` is handed a function that tells whether to give up; whatever it raises
        is said, and tried again after a pause that doubles. `log` is the file in which
        `processes` has the server write.
        """
        super().__init__(name=f"keeper of {server}", daemon=True)
        self._server, self._begin, self._log, self._say = server, start, log, say
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Stop restarting, and cancel a start that is under way; `STOP_LIMIT` s at most."""
        self._stopping.set()
        self.join(STOP_LIMIT)

    def run(self) -> None:
        pause, wanted = FIRST_PAUSE, False
        not_before = started = time.monotonic()
        while not self._stopping.wait(LOOK_EVERY):
            processes.truncate_log(self._log)
            wanted = processes.a_child_exited(self._log) or wanted
            now = time.monotonic()
            if not wanted or now < not_before:
                continue
            if now - started > STABLE_AFTER:
                pause = FIRST_PAUSE
            self._say(f"{self._server} has ended; starting it again …")
            wanted = not self._start_once()
            started = time.monotonic()
            not_before = started + pause
            pause = min(pause * 2, LAST_PAUSE)

    def _start_once(self) -> bool:
        """Try once to bring it up; False, and the reason is said, if that failed."""
        try:
            self._begin(self._stopping.is_set)
        except Exception as error:  # noqa: BLE001 - the paper must not end with a server
            if not self._stopping.is_set():
                self._say(_told(error))
            return False
        return True


def _told(error: Exception) -> str:
    """Return `error` as a sentence for the operator."""
    if isinstance(error, OperatorError):
        return str(error)
    with suppress(IndexError):
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"It did not start: {error!r} ({place.name}, line {place.lineno})"
    return f"It did not start: {error!r}"
