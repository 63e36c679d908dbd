"""Undoing content codings in small pieces, so that no bomb fits into memory.

Each decoder is handed what came from the socket and gives pieces of at most `PIECE`
bytes; they are counted against the cap as they come.
"""

import sys
import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from outgoing.errors import BadContent, TooLarge, UnsupportedEncoding

PIECE = 256 * 1024  # bytes a decoder gives at once
MAX_MEMBERS = 1000  # gzip members or zstd frames in one answer
MAX_CODINGS = 2  # a proxy may wrap what the server wrapped; more is an attack
ACCEPTED = "gzip, deflate, br, zstd"
_GZIP = zlib.MAX_WBITS | 16
_ZSTD_WINDOW_LOG = 23  # RFC 9659: 8 MB at most for HTTP
_NO_CODING = {"", "identity", "none", "utf-8", "utf8"}  # the last three are seen in use


class Decoder(Protocol):
    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Give what `data` adds. Raises `ValueError` if it is damaged."""

    def is_whole(self) -> bool:
        """Whether the coded stream came to its own end."""


class Inflate:
    """gzip and deflate. After a whole gzip member, what is no gzip counts as padding."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._stream: zlib._Decompress | None = None
        self._held = b""
        self._members = 1
        self._padding = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        data = self._held + data
        if self._stream is None and len(data) < 2:
            self._held = data
            return
        self._held = b""
        while not self._padding:
            data = self._next_member(data)
            if self.is_whole():
                return
            piece, data = self._inflate(data)
            if piece:
                yield piece
            if not data and len(piece) < PIECE:
                return

    def is_whole(self) -> bool:
        return self._padding or (self._stream is not None and self._stream.eof)

    def _next_member(self, data: bytes) -> bytes:
        """Make a stream ready for `data` if there is none, or it has ended."""
        if self._stream is None:
            self._stream = zlib.decompressobj(_GZIP if self._gzip else _window(data))
        elif self._stream.eof:
            data = data.lstrip(b"\0") if self._gzip else b""
            if data:
                self._members += 1
                if self._members > MAX_MEMBERS:
                    raise ValueError("more members than anybody needs")
                self._stream = zlib.decompressobj(_GZIP)
        return data

    def _inflate(self, data: bytes) -> tuple[bytes, bytes]:
        """Return one piece and what is left of `data`."""
        assert self._stream is not None  # noqa: S101, for the type checker
        try:
            piece = self._stream.decompress(data, PIECE)
        except zlib.error as error:
            if self._members == 1:
                raise ValueError(str(error)) from error
            self._padding = True
            return b"", b""
        return piece, self._stream.unused_data or self._stream.unconsumed_tail


def _window(data: bytes) -> int:
    # "deflate" is zlib by the RFC and bare deflate by half of its servers; the first
    # two bytes tell.
    is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


class Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if self._stream.is_finished():  # padding
            return
        # The limit is a threshold: the C code may give nearly twice as much.
        try:
            piece = self._stream.process(data, output_buffer_limit=PIECE // 2)
            while piece:
                yield piece
                piece = self._stream.process(b"", output_buffer_limit=PIECE // 2)
        except brotli.error as error:
            raise ValueError(str(error)) from error

    def is_whole(self) -> bool:
        return bool(self._stream.is_finished())


class Zstandard:
    def __init__(self) -> None:
        self._stream = self._fresh()
        self._frames = 1

    @staticmethod
    def _fresh() -> zstd.ZstdDecompressor:
        limit = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW_LOG}
        return zstd.ZstdDecompressor(options=limit)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        try:
            while True:
                if self._stream.eof:  # another frame follows
                    data = self._stream.unused_data + data
                    if not data:
                        return
                    self._frames += 1
                    if self._frames > MAX_MEMBERS:
                        raise ValueError("more frames than anybody needs")
                    self._stream = self._fresh()
                piece = self._stream.decompress(data, PIECE)
                data = b""
                if piece:
                    yield piece
                if self._stream.needs_input:
                    return
        except zstd.ZstdError as error:
            raise ValueError(str(error)) from error

    def is_whole(self) -> bool:
        return bool(self._stream.eof)


class Unpacker:
    """All codings of one answer, undone chunk by chunk under one cap."""

    def __init__(self, header: str, *, host: str, max_bytes: int) -> None:
        """Read a Content-Encoding header. Raises `UnsupportedEncoding`."""
        names = [part.strip().lower() for part in header.split(",")]
        names = [name for name in names if name not in _NO_CODING]
        if len(names) > MAX_CODINGS:
            raise UnsupportedEncoding(
                f"{host} packed its answer {len(names)} times over; we do not unpack that."
            )
        self._host = host
        self._max_bytes = max_bytes
        # The last coding applied is the first to be undone.
        self._layers = [_decoder(name, host) for name in reversed(names)]
        self._given = [0] * (len(names) + 1)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Give what `data` decodes to, in pieces that may be empty of meaning.

        Every layer is held to the cap, so a bomb cannot hide inside another. Raises
        `TooLarge` or `BadContent`.
        """
        return self._through(0, data)

    def check_whole(self) -> None:
        """Raise `BadContent` if a coded stream stopped before its end."""
        if not all(layer.is_whole() for layer in self._layers):
            raise BadContent(f"{self._host} sent a packed answer that breaks off.")

    def _through(self, depth: int, data: bytes) -> Iterator[bytes]:
        self._given[depth] += len(data)
        if self._given[depth] > self._max_bytes:
            raise TooLarge(too_large(self._host, self._max_bytes))
        if depth == len(self._layers):
            yield data
            return
        pieces = self._layers[depth].pieces(data)
        while True:
            try:
                piece = next(pieces, None)
            except ValueError as error:
                raise BadContent(
                    f"{self._host} sent a packed answer that is damaged."
                ) from error
            if piece is None:
                return
            yield from self._through(depth + 1, piece)


def too_large(host: str, max_bytes: int) -> str:
    """The sentence for an answer above the cap."""
    return f"{host} sent more than {max_bytes / 1_000_000:g} MB."


def _decoder(coding: str, host: str) -> Decoder:
    match coding:
        case "gzip" | "x-gzip":
            return Inflate(gzip=True)
        case "deflate":
            return Inflate(gzip=False)
        case "br":
            return Brotli()
        case "zstd":
            return Zstandard()
    raise UnsupportedEncoding(f"{host} packed its answer in a way we cannot undo.")
