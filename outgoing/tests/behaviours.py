"""Every way to misbehave that we could name, and what a client must make of it."""

import gzip
import zlib

import brotli

from outgoing.encodings import zstd

from .badserver import BEHAVIOURS, Behaviour, Connection, behaviour

BODY = b"<rss><channel><title>All is well</title></channel></rss>"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"


def sends(name: str, expects: int | str, *parts: bytes, **fields: bool) -> None:
    """Register a behaviour that is nothing but these bytes, and then hangs up."""

    def act(connection: Connection, head: bytes) -> None:
        connection.send(*parts)

    BEHAVIOURS[name] = Behaviour(
        act, expects, fields.get("slow", False), fields.get("keeps", False)
    )


def sized(body: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return OK + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(*chunks: bytes) -> bytes:
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + framed


# Well behaved, for comparison ------------------------------------------------------------


@behaviour(200, keeps=True)
def well(connection, head):
    if b"\r\nIf-None-Match: " in head:
        connection.send(b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n')
    else:
        connection.send(sized(BODY, b'ETag: "v1"', b"Last-Modified: yesterday"))


@behaviour(200, keeps=True)
def taking_its_time(connection, head):
    connection.wait(0.15)
    connection.send(sized(BODY))


@behaviour(200, keeps=True)
def setting_cookies(connection, head):
    connection.send(sized(BODY, b"Set-Cookie: id=1; Path=/", b"Set-Cookie: b=2"))


sends("http_1_0_until_the_end", 200, b"HTTP/1.0 200 OK\r\n\r\n" + BODY)
sends("bare_line_feeds", 200, b"HTTP/1.1 200 OK\nContent-Length: 4\n\nwell")
sends("folded_header", 200, sized(BODY, b"X-Long: one", b"  two"))
sends("early_hints_first", 200, b"HTTP/1.1 103 Early Hints\r\n\r\n", sized(BODY))
sends(
    "length_and_chunks",
    200,
    chunked(BODY, b"").replace(b"\r\n", b"\r\nContent-Length: 3\r\n", 1),
)

# Connections and framing -----------------------------------------------------------------

sends("hanging_up_at_once", "not_http")
sends("garbage", "not_http", bytes(range(256)) * 4)
sends("http_0_9", "not_http", BODY)
sends("http_3_in_name", 200, b"HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
sends("another_protocol", "not_http", b"220 mail.example ESMTP ready\r\n")
sends("status_without_number", "not_http", b"HTTP/1.1 fine\r\n\r\n")
sends("header_of_one_megabyte", "not_http", OK + b"X: " + b"x" * 1_000_000)
sends("ten_thousand_headers", "not_http", OK + b"X-Header: yes\r\n" * 10_000)
sends("header_with_a_zero", "not_http", sized(BODY, b"X: a\0b"))
sends("header_without_colon", "not_http", sized(BODY, b"nonsense"))
sends("space_before_colon", "not_http", sized(BODY, b"X : y"))
sends("upgrade_nobody_asked_for", "not_http",
      b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")  # fmt: skip
sends("length_too_long", "not_http", OK + b"Content-Length: 900\r\n\r\n" + BODY)
sends("length_negative", "not_http", OK + b"Content-Length: -5\r\n\r\n" + BODY)
sends("length_no_number", "not_http", OK + b"Content-Length: many\r\n\r\n" + BODY)
sends("two_lengths", "not_http", sized(BODY, b"Content-Length: 3"))
sends("ten_gigabytes_declared", "too_large",
      OK + b"Content-Length: 10000000000\r\n\r\n" + BODY)  # fmt: skip
sends("length_of_a_thousand_digits", "not_http",
      OK + b"Content-Length: " + b"9" * 1000 + b"\r\n\r\n")  # fmt: skip
sends("chunks_cut_off", "not_http", chunked(BODY))
sends("chunk_size_no_number", "not_http", chunked() + b"zz\r\nwell\r\n")
sends("chunk_size_beyond_reason", "not_http", chunked() + b"f" * 16 + b"\r\nwell")
sends("chunk_size_of_many_digits", "not_http", chunked() + b"f" * 40 + b"\r\nwell")
sends("unknown_transfer_encoding", "not_http",
      OK + b"Transfer-Encoding: rot13\r\n\r\n" + BODY)  # fmt: skip


@behaviour("connection")
def reset_at_once(connection, head):
    connection.reset()


@behaviour("connection")
def reset_in_the_body(connection, head):
    connection.send(OK + b"Content-Length: 900\r\n\r\n" + BODY)
    connection.wait(0.1)
    connection.reset()


@behaviour("not_http")
def headers_without_end(connection, head):
    connection.send(OK)
    connection.flood(b"X-More: and more\r\n" * 100)


@behaviour("not_http")
def hints_without_end(connection, head):
    connection.flood(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100)


@behaviour("not_http")
def chunk_extension_without_end(connection, head):
    connection.send(chunked() + b"4;")
    connection.flood(b"x" * 10_000)


@behaviour("not_http")
def trailers_without_end(connection, head):
    connection.send(chunked(BODY) + b"0\r\n")
    connection.flood(b"X-Trailer: and more\r\n" * 100)


@behaviour("too_large")
def body_without_end(connection, head):
    connection.send(OK + b"\r\n")
    connection.flood(b"<item/>" * 10_000)


@behaviour("too_large")
def chunks_without_end(connection, head):
    connection.send(chunked())
    connection.flood(b"2710\r\n" + b"y" * 10_000 + b"\r\n")


@behaviour(200, keeps=True)
def more_than_its_length(connection, head):
    connection.send(sized(BODY) + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")


@behaviour(200, keeps=True)
def more_after_the_last_chunk(connection, head):
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    connection.send(chunked(BODY, b"") + forged)


# Slowness --------------------------------------------------------------------------------


@behaviour("timeout", slow=True)
def silence(connection, head):
    connection.wait()


@behaviour("timeout", slow=True)
def status_line_dripping(connection, head):
    connection.drip(b"HTTP/1.1 200 OK" + b" " * 1000)


@behaviour("timeout", slow=True)
def headers_dripping(connection, head):
    connection.send(OK)
    connection.drip(b"X-More: and more\r\n")


@behaviour("timeout", slow=True)
def hints_dripping(connection, head):
    connection.drip(b"HTTP/1.1 102 Processing\r\n\r\n")


@behaviour("timeout", slow=True)
def body_dripping(connection, head):
    connection.send(OK + b"Content-Length: 100000\r\n\r\n")
    connection.drip(BODY)


@behaviour("timeout", slow=True)
def chunks_dripping(connection, head):
    connection.send(chunked())
    connection.drip(b"1\r\nx\r\n")


@behaviour("timeout", slow=True)
def gzip_dripping(connection, head):
    connection.send(OK + b"Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n")
    connection.drip(gzip.compress(BODY, mtime=0))


@behaviour("timeout", slow=True)
def silence_in_the_body(connection, head):
    connection.send(OK + b"Content-Length: 900\r\n\r\n" + BODY)
    connection.wait()


@behaviour("timeout", slow=True)
def one_byte_chunks_without_end(connection, head):
    connection.send(chunked())
    connection.flood(b"1\r\nx\r\n" * 2_000)


@behaviour("timeout", slow=True)
def slow_redirects(connection, head):
    n = _last_number(head)
    connection.wait(0.3)
    connection.answer("302 Found", f"Location: /slow_redirects/{n + 1}")


# Content codings -------------------------------------------------------------------------


def _gzip_block() -> tuple[bytes, bytes]:
    """A gzip head and a block of about 1 kB that stands for 1 MB and may be repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"\0" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    return head, block


def coded(coding: bytes, body: bytes) -> bytes:
    return sized(body, b"Content-Encoding: " + coding)


@behaviour("too_large")
def gzip_bomb(connection, head):
    first, block = _gzip_block()
    connection.send(OK + b"Content-Encoding: gzip\r\n\r\n" + first)
    connection.flood(block)


@behaviour("too_large")
def gzip_bomb_in_gzip(connection, head):
    first, block = _gzip_block()
    inner = gzip.compress(first + block * 1_000, mtime=0)
    connection.send(coded(b"gzip, gzip", inner))


@behaviour("too_large")
def padding_bomb_in_gzip(connection, head):
    """The inner coding makes nothing of what the outer blows up to."""
    padded = gzip.compress(BODY, mtime=0) + b"\0" * 20_000_000
    connection.send(coded(b"gzip, gzip", gzip.compress(padded, 1, mtime=0)))


@behaviour("too_large")
def deflate_bomb(connection, head):
    connection.send(coded(b"deflate", zlib.compress(b"\0" * 60_000_000, 9)))


@behaviour("too_large")
def brotli_bomb(connection, head):
    packer = brotli.Compressor(quality=3)
    small = b"".join(packer.process(b"\0" * 1_000_000) for _ in range(200))
    connection.send(coded(b"br", small + packer.finish()))


@behaviour("too_large")
def zstd_bomb(connection, head):
    frame = zstd.compress(b"\0" * 10_000_000)
    connection.send(coded(b"zstd", frame * 200))


_GOOD_GZIP = gzip.compress(BODY, mtime=0)
_RAW = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
_BARE_DEFLATE = _RAW.compress(BODY) + _RAW.flush()
_WIDE_PACKER = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
_WIDE = _WIDE_PACKER.compress(BODY) + _WIDE_PACKER.flush()

sends("gzip_twice", 200, coded(b"gzip, gzip", gzip.compress(_GOOD_GZIP, mtime=0)))
sends("gzip_in_two_members", 200, coded(b"gzip", _GOOD_GZIP * 2))
sends("gzip_with_padding", 200, coded(b"gzip", _GOOD_GZIP + b"\0" * 500))
sends("gzip_with_a_tail", 200, coded(b"x-gzip", _GOOD_GZIP + b"<!-- cached -->"))
sends("bare_deflate", 200, coded(b"deflate", _BARE_DEFLATE))
sends("zlib_deflate", 200, coded(b"deflate", zlib.compress(BODY)))
sends("brotli", 200, coded(b"br", brotli.compress(BODY)))
sends("zstd_in_two_frames", 200, coded(b"zstd", zstd.compress(BODY) * 2))
sends("coding_that_is_a_charset", 200, coded(b"utf-8", BODY))
sends("gzip_cut_off", "bad_content", coded(b"gzip", _GOOD_GZIP[:-12]))
sends("gzip_damaged", "bad_content", coded(b"gzip", _GOOD_GZIP[:15] + b"\xff" * 40))
sends("gzip_in_name_only", "bad_content", coded(b"gzip", BODY))
sends("gzip_of_5000_members", "bad_content", coded(b"gzip", gzip.compress(b"") * 5000))
sends("brotli_cut_off", "bad_content", coded(b"br", brotli.compress(BODY)[:-8]))
sends("brotli_damaged", "bad_content", coded(b"br", b"\xff" * 50))
sends("zstd_cut_off", "bad_content", coded(b"zstd", zstd.compress(BODY)[:-8]))
sends("zstd_with_a_window_of_128_mb", "bad_content", coded(b"zstd", _WIDE))
sends("coding_unknown", "unsupported_encoding", coded(b"lzma", BODY))
sends("coding_five_times", "unsupported_encoding", coded(b"gzip, " * 4 + b"gzip", BODY))

# Statuses --------------------------------------------------------------------------------


def _status(name, expects, status, *headers, body=b""):
    def act(connection: Connection, head: bytes) -> None:
        connection.answer(status, *headers, body=body)

    BEHAVIOURS[name] = Behaviour(act, expects, slow=False, keeps=True)


_status("empty_200", "empty", "200 OK")
_status("blank_200", "empty", "200 OK", body=b" \r\n\t " * 50)
_status("part_206", "bad_content", "206 Partial", "Content-Range: bytes 0-9/99")
_status("unasked_304", "bad_content", "304 Not Modified")
_status("choices_300", "bad_redirect", "300 Multiple Choices", body=BODY)
_status("forbidden_403", "http_status", "403 Forbidden", body=b"<h1>Secret</h1>")
_status("missing_404", "not_found", "404 Not Found", body=b"<h1>Secret</h1>")
_status("gone_410", "gone", "410 Gone")
_status("limited_429", "rate_limited", "429 Slow Down", "Retry-After: 120")
_status("broken_500", "server_error", "500 Oops", body=b"Traceback: secret")
_status("busy_503", "server_error", "503 Busy", "Retry-After: 99999999999999")
_status("status_999", "server_error", "999 Denied")
sends("nothing_204", "empty", b"HTTP/1.1 204 No Content\r\n\r\n")


@behaviour(200, keeps=True)
def forged_304(connection, head):
    """Unchanged, with a body that reads like the answer to the next request."""
    if b"\r\nIf-None-Match: " not in head:
        connection.send(sized(BODY, b'ETag: "v1"'))
        return
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    connection.send(b"HTTP/1.1 304 Not Modified\r\n\r\n" + forged)


def _last_number(head: bytes) -> int:
    last = head.split()[1].rpartition(b"/")[2]
    return int(last) if last.isdigit() else 0


# Redirects -------------------------------------------------------------------------------


def _redirect(name, expects, location, status=302):
    _status(name, expects, f"{status} Moved", f"Location: {location}")


_redirect("to_itself", "redirect_loop", "/to_itself")
_redirect("round_and", "redirect_loop", "/round")
_redirect("round", "redirect_loop", "/round_and")
_redirect("moved_for_good", 200, "/well", 301)
_redirect("moved_for_now", 200, "/well", 307)
_redirect("moved_for_good_then_for_now", 200, "/moved_for_now", 308)
_redirect("moved_for_now_then_for_good", 200, "/moved_for_good", 302)
_redirect("to_a_file", "bad_redirect", "file:///etc/passwd")
_redirect("to_gopher", "bad_redirect", "gopher://127.0.0.1:6379/_FLUSHALL")
_redirect("to_data", "bad_redirect", "data:text/xml,<rss/>")
_redirect("to_a_user_name", "bad_redirect", "http://a:b@feeds.example/")
_redirect("to_another_port", "bad_redirect", "http://feeds.example:6379/")
_redirect("to_nonsense", "bad_redirect", "http://[::1/")
_redirect("to_loopback", "refused_address", "http://127.0.0.1/")
_redirect("to_loopback_6", "refused_address", "http://[::1]/")
_redirect("to_metadata", "refused_address", "http://169.254.169.254/latest/meta-data/")
_redirect("to_a_number", "refused_address", "http://2130706433/")
_redirect("to_a_private_name", "refused_address", "http://private.example/")
_status("to_nowhere", "bad_redirect", "302 Found")


@behaviour("redirect_loop", keeps=True)
def twenty_one_hops(connection, head):
    n = _last_number(head)
    connection.answer("302 Found", f"Location: /twenty_one_hops/{n + 1}")


@behaviour(200)
def redirect_with_a_body_without_end(connection, head):
    connection.send(b"HTTP/1.1 302 Found\r\nLocation: /well\r\n\r\n")
    connection.flood(b"x" * 10_000)
