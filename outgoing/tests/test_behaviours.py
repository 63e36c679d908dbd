"""Every behaviour of the bad server is classified, in time (W9, W13-W17, G5)."""

import time

import pytest

from outgoing.errors import FetchError

from .badserver import BEHAVIOURS

SLOW_DEADLINE = 0.5  # seconds, for those that end by the deadline alone
FAST_DEADLINE = 10.0
SLACK = 2.0  # seconds a busy machine may add; in production 32 s for a deadline of 30


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_behaviour_is_classified_in_time(name, server, client):
    way = BEHAVIOURS[name]
    deadline = SLOW_DEADLINE if way.slow else FAST_DEADLINE
    started = time.monotonic()
    try:
        outcome = client.fetch(server.url(name), deadline=deadline).status
    except FetchError as error:
        outcome = error.reason
        sentence = str(error)
        assert sentence.startswith(
            ("127.0.0.1 ", "private.example ", "The ", "2130706433 ")
        ) or (" is not a public address" in sentence)
        assert sentence.endswith(".")
        assert "ecret" not in sentence, "no sentence quotes the body"
    assert outcome == way.expects
    assert time.monotonic() - started < deadline + SLACK


def test_there_are_at_least_sixty_behaviours_and_every_error_has_one():
    assert len(BEHAVIOURS) >= 60
    expected = {way.expects for way in BEHAVIOURS.values()}
    # These need a name, another port or TLS; they are in test_network and test_tls.
    elsewhere = {"failed", "bad_address", "dns", "tls"}
    assert {kind.reason for kind in every_kind(FetchError)} - elsewhere <= expected


def test_a_healthy_answer_follows_any_bad_one_on_the_same_client(server, client):
    for name, way in BEHAVIOURS.items():
        if way.slow:
            continue
        with_error = None
        try:
            client.fetch(server.url(name), etag='"v1"')
        except FetchError as error:
            with_error = error
        after = client.fetch(server.url("well"))
        assert after.body.startswith(b"<rss>"), (name, with_error)


def every_kind(kind):
    yield kind
    for below in kind.__subclasses__():
        yield from every_kind(below)
