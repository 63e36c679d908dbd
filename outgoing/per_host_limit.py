"""No more than a few requests at once to one host from one process."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from outgoing.errors import TimedOut

PER_HOST = 2  # requests at once


class Turnstile:
    """Lets `width` threads at a time through for each host; forgets idle hosts."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._inside: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def passed(self, host: str, *, until: float) -> Iterator[None]:
        """Wait for a turn at `host` until the monotonic time `until`.

        Raises `TimedOut` if no turn comes.
        """
        with self._changed:
            has_turn = self._changed.wait_for(
                lambda: self._inside[host] < self._width,
                timeout=max(0.0, until - time.monotonic()),
            )
            if not has_turn:
                raise TimedOut(f"{host} still had {self._width} requests of ours open.")
            self._inside[host] += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside[host] -= 1
                if not self._inside[host]:
                    del self._inside[host]
                self._changed.notify_all()
