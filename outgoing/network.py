"""The guard at the socket: every name is resolved here, once, and checked here.

httpcore asks this backend for each new connection. It resolves the name, refuses the
whole set of addresses if one of them is not public, connects to an address it has
checked (never to the name) and looks at the peer once more. Every read and write then
runs against the one deadline of the fetch, however slowly the other side drips.
"""

import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore2

from outgoing.errors import (
    FetchError,
    NameNotFound,
    NoConnection,
    NotHttp,
    RefusedAddress,
    TimedOut,
    TlsFailed,
)

from .addresses import as_ip, why_not

CONNECT_LIMIT = 10.0  # seconds for one address
RESOLVE_LIMIT = 5.0  # seconds
MAX_RECORDS = 300  # addresses of one name
MAX_DIALS = 4  # of them are tried
MAX_HEAD = 256 * 1024  # bytes up to the end of the headers, 1xx answers included
MAX_LOOKUPS = 128  # under way at once in a process; a hung resolver holds a thread

Resolve = Callable[[str, int], Sequence[str]]


class Trip(threading.local):
    """What the fetch of this thread is about: httpcore works in the thread that asks.

    One fetch runs in one thread from start to end, so what belongs to it need not be
    handed through httpcore, which has no place for it.
    """

    deadline_at: float = math.inf  # on the monotonic clock
    host: str = ""
    allowed: bool = False  # the operator named this host; its addresses are not checked
    in_head: bool = False
    head_bytes: int = 0
    is_fresh: bool = False  # this request opened its own connection

    def left(self) -> float:
        """Seconds until the deadline. Raises `TimedOut` once it has passed."""
        left = self.deadline_at - time.monotonic()
        if left <= 0:
            raise TimedOut(f"{self.host} did not finish its answer in time.")
        return left


class GuardedStream(httpcore2.NetworkStream):
    """A connection whose every wait ends at the deadline of the fetch that uses it."""

    def __init__(self, stream: httpcore2.NetworkStream, trip: Trip, peer: str) -> None:
        self._stream = stream
        self._trip = trip
        self.peer = peer
        self.tail = b""  # the last bytes read, to tell whether an answer ended there

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._trip.left())
        self.tail = (self.tail + data[-4:])[-4:]
        if self._trip.in_head:
            self._trip.head_bytes += len(data)
            if self._trip.head_bytes > MAX_HEAD:
                raise NotHttp(f"{self._trip.host} sends headers without end.")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._trip.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        limit = min(CONNECT_LIMIT, self._trip.left())
        secured = self._stream.start_tls(ssl_context, server_hostname, limit)
        return GuardedStream(secured, self._trip, self.peer)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401, the base class has it
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(
        self,
        trip: Trip,
        resolve: Resolve,
        *,
        resolve_limit: float = RESOLVE_LIMIT,
        dialler: httpcore2.NetworkBackend | None = None,
    ) -> None:
        self._trip = trip
        self._lookup = Lookup(resolve, resolve_limit)
        self._dialler = dialler or httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        self._trip.is_fresh = True
        addresses = self._checked(host, port)[:MAX_DIALS]
        failure: Exception | None = None
        for tried, address in enumerate(addresses):
            limit = min(CONNECT_LIMIT, self._trip.left() / (len(addresses) - tried))
            try:
                stream = self._dialler.connect_tcp(address, port, timeout=limit)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
                continue
            self._check_peer(stream, address)
            return GuardedStream(stream, self._trip, address)
        assert failure is not None  # noqa: S101, there was at least one address
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        raise RefusedAddress("A unix socket is not a public address.")

    def _checked(self, host: str, port: int) -> list[str]:
        """Return the addresses of `host` in order, or refuse them all."""
        if as_ip(host):
            texts: Sequence[str] = [host]
        else:
            texts = self._lookup(host, port, self._trip.left())
        addresses = list(dict.fromkeys(text.partition("%")[0] for text in texts))
        if not addresses:
            raise NameNotFound(f"{host} has no address.")
        if len(addresses) > MAX_RECORDS:
            raise NameNotFound(f"{host} has more than {MAX_RECORDS} addresses.")
        for address in addresses:
            self._check(host, address)
        return addresses

    def _check(self, host: str, address: str) -> None:
        parsed = as_ip(address)
        if parsed is None:
            raise NameNotFound(f"{host} has an address that is none.")
        if not self._trip.allowed and (what := why_not(parsed)):
            raise RefusedAddress(
                f"{host} leads to {parsed}, which is not a public address but {what}."
            )

    def _check_peer(self, stream: httpcore2.NetworkStream, address: str) -> None:
        """Refuse a connection that did not reach the address that was checked."""
        try:
            peer = str(stream.get_extra_info("server_addr")[0]).partition("%")[0]
            if as_ip(peer) != as_ip(address):
                raise RefusedAddress(
                    f"{self._trip.host} was reached at another address than checked."
                )
        except RefusedAddress:
            stream.close()
            raise
        except OSError as error:  # it was reset before it could be asked
            stream.close()
            raise httpcore2.ConnectError(str(error)) from error


class Lookup:
    """A resolver with a time limit: getaddrinfo itself cannot be interrupted."""

    def __init__(self, resolve: Resolve, limit: float) -> None:
        self._resolve = resolve
        self._limit = limit
        self._places = threading.BoundedSemaphore(MAX_LOOKUPS)

    def __call__(self, host: str, port: int, left: float) -> Sequence[str]:
        """Return the addresses of `host`. Raises `NameNotFound`, also when too slow."""
        limit = min(self._limit, left)
        outcome: list[Sequence[str] | OSError | UnicodeError] = []

        def ask() -> None:
            try:
                outcome.append(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                outcome.append(error)
            finally:
                self._places.release()

        if not self._places.acquire(timeout=limit):
            raise NameNotFound("The resolver is busy; names are looked up too slowly.")
        asking = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
        asking.start()
        asking.join(limit)
        if not outcome:
            raise NameNotFound(f"Looking up {host} took longer than {limit:g} s.")
        found = outcome[0]
        if isinstance(found, Exception):
            raise NameNotFound(f"There is no address for the name {host}.") from found
        return found


def system_resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver; addresses in the order it prefers."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def named(error: Exception, host: str) -> FetchError:
    """Return the named error for one of httpcore's, which hide theirs as the cause."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message
            return TlsFailed(f"The certificate of {host} is not valid: {why}.")
        if isinstance(cause, ssl.SSLError):
            return TlsFailed(f"{host} failed to speak TLS.")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore2.ProtocolError):
        return NotHttp(f"{host} does not answer in proper HTTP.")
    return NoConnection(f"{host} cannot be reached, or hung up.")
