"""Whose request it is: nobody can name an address of his choice."""

import ipaddress

import pytest

from newsroom.edge.client_address import Addresses


def asked(peer, *forwarded):
    headers = [(b"x-forwarded-for", text.encode()) for text in forwarded]
    return {"client": (peer, 5) if peer else None, "headers": headers}


def test_without_a_proxy_the_peer_counts_and_no_header_is_believed():
    assert Addresses()(asked("203.0.113.9", "198.51.100.1")) == "203.0.113.9"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (["198.51.100.1"], "198.51.100.1"),
        (["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        (["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
        ([" 198.51.100.1 "], "198.51.100.1"),
        (["198.51.100.1,"], "127.0.0.1"),
        ([], "127.0.0.1"),
        (["rubbish"], "127.0.0.1"),
        (["192.0.2.66, rubbish"], "127.0.0.1"),
    ],
)
def test_behind_a_proxy_what_it_added_last_counts(forwarded, address):
    """Left of it anybody may have written what he likes."""
    behind = Addresses(behind_proxy=True)
    assert behind(asked("127.0.0.1", *forwarded)) == address


def test_of_several_proxies_the_known_ones_are_stepped_over():
    behind = Addresses(behind_proxy=True, proxies=[ipaddress.ip_network("10.0.0.0/8")])
    told = "192.0.2.66, 198.51.100.1, 10.1.2.3, 10.0.0.9"
    assert behind(asked("127.0.0.1", told)) == "198.51.100.1"
    assert behind(asked("127.0.0.1", "10.1.2.3")) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_one_subscriber_is_one_address(address, counted):
    assert Addresses()(asked(address)) == counted
