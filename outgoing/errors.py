"""What a fetch can run into, by name.

The text of each is one sentence fit for an editor: it names the host and what happened,
and never quotes the body. `reason` is the short code kept in the database and the logs.
"""

from datetime import timedelta
from typing import ClassVar


class FetchError(Exception):
    """A fetch that brought nothing that can be used.

    `status` is the HTTP status where an answer came, `retry_after` what the server asked
    us to wait (already between one minute and a day), `lasting` whether trying again is
    pointless until somebody changes the address.
    """

    reason: ClassVar[str] = "failed"
    lasting: ClassVar[bool] = False

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.retry_after = retry_after


class BadAddress(FetchError):
    """The URL itself is not one we fetch: scheme, port, user name, host."""

    reason = "bad_address"
    lasting = True


class RefusedAddress(FetchError):
    """The host is, or resolves to, an address that is not on the public internet."""

    reason = "refused_address"


class NameNotFound(FetchError):
    """DNS gave no usable answer, or none in time."""

    reason = "dns"


class NoConnection(FetchError):
    """Nobody answered, or the connection broke."""

    reason = "connection"


class TlsFailed(FetchError):
    """The certificate or the handshake was not in order."""

    reason = "tls"


class TimedOut(FetchError):
    """The total time for this fetch ran out."""

    reason = "timeout"


class TooLarge(FetchError):
    """More bytes than the limit, as sent or once decoded."""

    reason = "too_large"


class RedirectLoop(FetchError):
    """A redirect came back to an address of the same chain, or there were too many."""

    reason = "redirect_loop"


class BadRedirect(FetchError):
    """A redirect without a target, or to one we do not follow."""

    reason = "bad_redirect"


class NotHttp(FetchError):
    """The server does not speak HTTP properly, or hung up half-way."""

    reason = "not_http"


class UnsupportedEncoding(FetchError):
    """A content coding we did not ask for and cannot undo."""

    reason = "unsupported_encoding"


class BadContent(FetchError):
    """An answer that cannot be the whole document: partial, damaged, of another type."""

    reason = "bad_content"


class Empty(FetchError):
    """An answer without a body where one is needed."""

    reason = "empty"


class HttpStatus(FetchError):
    """An error status. The ones that call for something of their own are below."""

    reason = "http_status"


class NotFound(HttpStatus):
    """404."""

    reason = "not_found"


class Gone(HttpStatus):
    """410: the publisher says that it will not come back."""

    reason = "gone"
    lasting = True


class Limited(HttpStatus):
    """429: we ask too often."""

    reason = "rate_limited"


class ServerTrouble(HttpStatus):
    """500 to 599."""

    reason = "server_error"
