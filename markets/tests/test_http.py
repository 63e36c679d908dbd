"""The markets' door: what the operator allows is reached, and keys stay at home."""

import pytest

from markets import http
from outgoing.errors import RefusedAddress
from outgoing.tests import behaviours
from outgoing.tests.badserver import BadServer


@pytest.fixture
def server():
    running = BadServer()
    yield running
    running.close()


def test_loopback_is_refused_unless_the_operator_names_it(server, settings):
    settings.FETCH_ALLOW = []
    with pytest.raises(RefusedAddress, match="this machine"):
        http.fetch(server.url("well"))

    settings.FETCH_ALLOW = [f"127.0.0.1:{server.port}"]
    assert http.fetch(server.url("well")).body == behaviours.BODY


def test_a_providers_key_does_not_travel_on_with_a_redirect(server, settings):
    elsewhere = BadServer()
    settings.FETCH_ALLOW = [f"127.0.0.1:{server.port}", f"127.0.0.1:{elsewhere.port}"]
    server.behave("prices", "302 Found", f"Location: {elsewhere.url('well')}")
    http.fetch(server.url("prices"), headers={"x-cg-demo-api-key": "secret"})
    assert b"secret" in server.heads[-1]
    assert b"secret" not in elsewhere.heads[-1]
    elsewhere.close()
