"""A connection that does not wait for ever, and what a process remembers of a hang.

Against a server that hangs, the first to ask waits for as long as this process has
patience. Until the server has answered somebody again, connections that exist already
get `HASTY` seconds, and of those who want a new one only one at a time waits at all.
"""

import threading
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg import errors
from psycopg.abc import RV, PQGen

# Seconds. Above the 30 s of `statement_timeout`: what a server that lives ends itself is
# no hang.
AT_WORK = 35.0
patience = AT_WORK  # of this process; `serve_readers` sets less
CONNECT = 5  # seconds a new connection may take; libpq takes whole ones, at least two
HASTY = 1.0  # seconds while the server is known to hang
PROBE = 2  # seconds for the one who tries to connect to a server known to hang
PROBE_EVERY = 0.5  # seconds between two who try
INTERVAL = 0.1  # seconds between two looks for signals; psycopg's own


class Silent(psycopg.OperationalError):
    """The server did not answer in time. Whether it has done what it was asked is unknown."""


def serve_readers(seconds: float) -> None:
    """Let this process, which answers people, wait `seconds` at most for an answer."""
    global patience
    patience = seconds


class Hang:
    """Whether the server is known to hang; one for each process."""

    def __init__(self) -> None:
        self.known = False
        self._lock = threading.Lock()
        self._next_probe = 0.0

    def begin(self) -> None:
        """Somebody got no answer in time."""
        with self._lock:
            self.known = True
            self._next_probe = monotonic() + PROBE_EVERY

    def end(self) -> None:
        """The server answered, be it by a refusal."""
        self.known = False

    def may_probe(self) -> bool:
        """Tell whether the caller shall try to connect; only one at a time may."""
        with self._lock:
            now = monotonic()
            if now < self._next_probe:
                return False
            self._next_probe = now + PROBE + PROBE_EVERY
            return True


hang = Hang()


class Watched[T]:
    """What is waited for, and whether it took any waiting.

    Much needs no answer: to roll back where nothing was begun, to set what is set
    already. That it succeeds says nothing of the server.
    """

    def __init__(self, gen: PQGen[T]) -> None:
        self._gen = gen
        self.has_waited = False

    def run(self) -> PQGen[T]:
        """Do as the generator does."""
        ready: Any = None
        while True:
            try:
                wanted = self._gen.send(ready)
            except StopIteration as end:
                return end.value
            ready = yield wanted
            self.has_waited = True


class Connection(psycopg.Connection[Any]):
    """As psycopg's; raises `Silent`, and is closed, where the server does not answer."""

    unhurried = False  # set for work that may take any time

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:  # noqa: ANN401 - as psycopg's
        """Connect within `CONNECT` seconds, or as `connect_timeout` says."""
        if hang.known:
            if not hang.may_probe():
                raise Silent("the database hangs; somebody else is trying it")
            kwargs["connect_timeout"] = PROBE
        kwargs.setdefault("connect_timeout", CONNECT)
        try:
            connection = super().connect(conninfo, **kwargs)
        except errors.ConnectionTimeout as error:
            hang.begin()
            raise Silent("the database does not take a connection") from error
        except psycopg.OperationalError:
            hang.end()  # a server that is not there does not hang
            raise
        hang.end()
        return connection

    def wait(
        self,
        gen: PQGen[RV],
        interval: float = INTERVAL,
        timeout: float | None = None,
    ) -> RV:
        """Wait as psycopg does, but for a limited time.

        A `timeout` is psycopg's own, with a caller who knows what to do after it.
        """
        if timeout is not None or self.unhurried:
            return super().wait(gen, interval, timeout)
        limit = HASTY if hang.known else patience
        watched = Watched(gen) if hang.known else None
        try:
            result = super().wait(watched.run() if watched else gen, interval, limit)
        except errors._WaitTimeout:
            hang.begin()
            # What the answer would belong to is unknown from here on.
            self.close()
            raise Silent(f"the database has not answered in {limit:g} s") from None
        if watched and watched.has_waited:
            hang.end()
        return result


connect = Connection.connect
