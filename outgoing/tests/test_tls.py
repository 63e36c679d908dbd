"""Certificates are checked against the name, and https never becomes http (W9, W17)."""

import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from outgoing.errors import BadRedirect, NoConnection, NotHttp, TimedOut, TlsFailed

from .badserver import BadServer
from .conftest import make_client, server_context


@pytest.fixture
def secure(authority, trusting):
    """Return a function that serves with a certificate and gives server and client."""
    running = []

    def serve(context):
        server = BadServer(tls=context)
        running.append(server)
        return server, make_client(server, ssl_context=trusting)

    yield serve
    for server in running:
        server.close()


def test_a_good_certificate_is_accepted_and_the_connection_kept(secure, authority):
    server, client = secure(server_context(authority, "feeds.example"))
    for _ in range(3):
        assert client.fetch(server.url("well", host="feeds.example")).status == 200
    assert server.connections == 1


def test_an_expired_certificate_is_named(secure, authority):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    context = server_context(
        authority,
        "feeds.example",
        not_before=yesterday - timedelta(days=30),
        not_after=yesterday,
    )
    server, client = secure(context)
    with pytest.raises(TlsFailed, match="expired"):
        client.fetch(server.url("well", host="feeds.example"))


def test_a_certificate_for_another_name_is_refused(secure, authority):
    server, client = secure(server_context(authority, "other.example"))
    with pytest.raises(TlsFailed, match=r"feeds\.example"):
        client.fetch(server.url("well", host="feeds.example"))
    assert server.heads == []


def test_a_certificate_nobody_vouches_for_is_refused(secure):
    server, client = secure(server_context(trustme.CA(), "feeds.example"))
    with pytest.raises(TlsFailed, match="not valid"):
        client.fetch(server.url("well", host="feeds.example"))


def test_old_tls_is_not_spoken(authority):
    context = server_context(authority, "feeds.example")
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = BadServer(tls=context)
    client = make_client(server)  # with the context of production
    with pytest.raises(TlsFailed):
        client.fetch(server.url("well", host="feeds.example"))
    server.close()


def test_plain_text_where_tls_is_expected_is_named(trusting):
    server = BadServer(
        only=lambda connection, head: connection.send(b"HTTP/1.1 200\r\n")
    )
    client = make_client(server, ssl_context=trusting)
    with pytest.raises(TlsFailed):
        client.fetch(f"https://feeds.example:{server.port}/")
    server.close()


def test_tls_where_plain_text_is_expected_is_named(secure, authority):
    server, client = secure(server_context(authority, "feeds.example"))
    with pytest.raises((NotHttp, NoConnection)):
        client.fetch(f"http://feeds.example:{server.port}/well")


def test_a_handshake_that_drips_ends_at_the_deadline(trusting):
    server = BadServer(
        only=lambda connection, head: connection.drip(
            b"\x16\x03\x03\x40\x00" + b"\2" * 999
        )
    )
    client = make_client(server, ssl_context=trusting)
    started = time.monotonic()
    with pytest.raises(TimedOut):
        client.fetch(f"https://feeds.example:{server.port}/", deadline=0.7)
    assert time.monotonic() - started < 3
    server.close()


def test_a_record_that_drips_ends_at_the_deadline(secure, authority):
    server, client = secure(server_context(authority, "feeds.example"))
    started = time.monotonic()
    with pytest.raises(TimedOut):
        client.fetch(server.url("body_dripping", host="feeds.example"), deadline=0.7)
    assert time.monotonic() - started < 3


def test_https_never_redirects_to_http(secure, authority, server, trusting):
    secured, _ = secure(server_context(authority, "feeds.example"))
    both = make_client(secured, server, ssl_context=trusting)
    secured.behave("down", "301 Moved", f"Location: {server.url('well')}")
    with pytest.raises(BadRedirect, match="back to http"):
        both.fetch(secured.url("down", host="feeds.example"))


def test_http_may_redirect_to_https(secure, authority, server, trusting):
    secured, _ = secure(server_context(authority, "feeds.example"))
    both = make_client(secured, server, ssl_context=trusting)
    there = secured.url("well", host="feeds.example")
    server.behave("up", "301 Moved", f"Location: {there}")
    answer = both.fetch(server.url("up"))
    assert (answer.url, answer.permanent_url) == (there, there)
