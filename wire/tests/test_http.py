"""The wire's door: what the operator allows is reached, and nothing else inside."""

import pytest

from outgoing.errors import RefusedAddress, TooLarge
from outgoing.tests import behaviours
from outgoing.tests.badserver import BadServer
from wire import http


@pytest.fixture
def server():
    running = BadServer()
    yield running
    running.close()


def test_loopback_is_refused_unless_the_operator_names_it(server, settings):
    settings.FETCH_ALLOW = []
    with pytest.raises(RefusedAddress, match="this machine"):
        http.fetch(server.url("well"))
    assert server.heads == []

    settings.FETCH_ALLOW = [f"127.0.0.1:{server.port}"]
    fetched = http.fetch(server.url("well"))
    assert fetched.body == behaviours.BODY
    assert http.fetch(server.url("well"), etag=fetched.etag).not_modified


def test_the_door_says_whose_paper_asks_and_that_it_wants_feeds(server, settings):
    settings.FETCH_ALLOW = [f"127.0.0.1:{server.port}"]
    settings.FETCH_USER_AGENT = "paper/1 (+https://paper.example/about/)"
    http.fetch(server.url("well"))
    head = server.heads[-1].decode()
    assert "User-Agent: paper/1 (+https://paper.example/about/)\r\n" in head
    assert "Accept: application/atom+xml, " in head


def test_a_feed_above_the_cap_is_refused(server, settings):
    settings.FETCH_ALLOW = [f"127.0.0.1:{server.port}"]
    with pytest.raises(TooLarge, match="more than 10 MB"):
        http.fetch(server.url("gzip_bomb"))
    with pytest.raises(TooLarge):
        http.fetch(server.url("well"), max_bytes=10)
