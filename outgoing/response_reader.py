"""Reading one answer: what is taken, what is refused, and where it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import httpcore2

from outgoing import errors, fetched

from .encodings import Unpacker, too_large
from .network import GuardedStream

MOVED = {301, 302, 303, 307, 308}
_DRAIN = 16 * 1024  # bytes of an unwanted body read to keep its connection

_STATUS: dict[int, tuple[type[errors.FetchError], str]] = {
    204: (errors.Empty, "nothing"),
    205: (errors.Empty, "nothing"),
    206: (errors.BadContent, "only a part of it"),
    300: (errors.BadRedirect, "a choice of addresses"),
    304: (errors.BadContent, "unchanged, though we said that we have no copy"),
    305: (errors.BadRedirect, "that we should use a proxy"),
    401: (errors.HttpStatus, "we may not read this without a key"),
    403: (errors.HttpStatus, "we may not read this"),
    404: (errors.NotFound, "there is nothing at this address"),
    410: (errors.Gone, "this has been taken away for good"),
    429: (errors.Limited, "we ask too often"),
    451: (errors.HttpStatus, "this is withheld for legal reasons"),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted; the same for every hop but the URL."""

    etag: str
    last_modified: str
    accept: str
    headers: Mapping[str, str]  # secrets may be among them: for the first origin alone
    content_types: tuple[str, ...]
    max_bytes: int

    @property
    def is_conditional(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, slots=True)
class Hop:
    """One answer on the way: where it leads to, or what it holds."""

    status: int
    headers: dict[str, str]
    body: bytes
    peer: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the answers of one host for one ask."""

    host: str
    ask: Ask
    now: datetime

    def read(self, response: httpcore2.Response) -> Hop:
        """Read an answer as far as it is wanted. Raises for what cannot be used.

        The connection is left fit for another request, or closed.
        """
        headers = fetched.read_headers(response.headers)
        stream: GuardedStream = response.extensions["network_stream"]
        status, body = response.status, b""
        if status in (200, 203):
            body = self._body(response, headers, stream)
        elif status in MOVED or (status == 304 and self.ask.is_conditional):
            self._drain(response, headers, stream)
        else:
            self._refuse(status, headers)
        return Hop(status, headers, body, stream.peer)

    def _body(
        self,
        response: httpcore2.Response,
        headers: Mapping[str, str],
        stream: GuardedStream,
    ) -> bytes:
        ask = self.ask
        kind = fetched.content_type(headers.get("content-type", ""))[0]
        if ask.content_types and not kind.startswith(ask.content_types):
            raise errors.BadContent(
                f"{self.host} sent another type of file than we asked for."
            )
        coding = headers.get("content-encoding", "")
        unpacker = Unpacker(coding, host=self.host, max_bytes=ask.max_bytes)
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > ask.max_bytes:
            raise errors.TooLarge(too_large(self.host, ask.max_bytes))
        body, ending = bytearray(), b""
        for chunk in response.iter_stream():
            ending = (ending + chunk[-4:])[-4:]
            for piece in unpacker.pieces(chunk):
                body += piece
        if ending:
            unpacker.check_whole()
        if not body or body.isspace():
            raise errors.Empty(f"{self.host} sent an empty answer.", status=200)
        check_end(headers, stream, ending)
        return bytes(body)

    def _drain(
        self,
        response: httpcore2.Response,
        headers: Mapping[str, str],
        stream: GuardedStream,
    ) -> None:
        """Read a short unwanted body so that its connection can be used again."""
        ending, read = b"", 0
        for chunk in response.iter_stream():
            ending = (ending + chunk[-4:])[-4:]
            read += len(chunk)
            if read > _DRAIN:
                return  # closing the response in mid-body closes the connection
        check_end(headers, stream, ending)

    def _refuse(self, status: int, headers: Mapping[str, str]) -> NoReturn:
        """Raise the error that names this status."""
        kind, said = _STATUS.get(status) or _by_hundreds(status)
        raise kind(
            f"{self.host} answered {status}: {said}.",
            status=status,
            retry_after=fetched.retry_after(
                headers.get("retry-after", ""), now=self.now
            ),
        )


def _by_hundreds(status: int) -> tuple[type[errors.FetchError], str]:
    if status >= 500:
        return errors.ServerTrouble, "it is in trouble itself"
    if status >= 400:
        return errors.HttpStatus, "our request was refused"
    return errors.BadContent, "something we did not ask for"


def check_end(headers: Mapping[str, str], stream: GuardedStream, ending: bytes) -> None:
    """Hang up if more was sent than the answer: it would be read as the next one.

    `ending` is the last bytes of the body as sent; they must be the last bytes read
    from the socket, or, of a chunked body or none, the empty line that ends it.
    """
    if "transfer-encoding" in headers or not ending:
        ending = b"\n\r\n"
    if not stream.tail.endswith(ending):
        stream.close()
