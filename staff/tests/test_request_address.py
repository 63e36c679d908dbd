"""Where a request came from: the peer, or what our own proxy says."""

import pytest
from django.test import RequestFactory

from foundation.addresses import UNKNOWN, network_of
from staff.request_address import client_address

PROXY = "10.0.0.1"


def asked(forwarded=None, peer=PROXY):
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=peer, **headers)


def test_without_a_proxy_nobody_says_where_he_comes_from(settings):
    settings.BEHIND_PROXY = False
    assert client_address(asked("192.0.2.1", peer="198.51.100.7")) == "198.51.100.7"


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("203.0.113.9, 192.0.2.1", "192.0.2.1"),  # the left one is what the client said
        ("192.0.2.1:51234", "192.0.2.1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("192.0.2.1, unknown", PROXY),
        ("192.0.2.1,", PROXY),
        ("", PROXY),
        (None, PROXY),
    ],
)
def test_behind_a_proxy_the_entry_the_proxy_wrote_is_believed(settings, told, address):
    settings.BEHIND_PROXY = True
    assert client_address(asked(told)) == address


def test_proxies_further_out_are_stepped_over(settings):
    """Else all readers of a CDN would be one network, and one guesser all of them."""
    settings.BEHIND_PROXY, settings.PROXIES = True, ["198.51.100.0/24"]
    told = "203.0.113.9, 192.0.2.1, 198.51.100.7"
    assert client_address(asked(told)) == "192.0.2.1"


def test_a_socket_without_an_address_is_somewhere_unknown(settings):
    settings.BEHIND_PROXY = False
    assert client_address(asked(peer="")) == UNKNOWN
    assert network_of(UNKNOWN) == UNKNOWN


def test_one_subscriber_of_ipv6_counts_as_one():
    assert network_of("2001:db8:1:2:3::9") == network_of("2001:db8:1:2:ffff::1")
    assert network_of("2001:db8:1:2::9") != network_of("2001:db8:1:3::9")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
