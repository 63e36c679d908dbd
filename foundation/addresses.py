"""Whose request it is: the address a log names, and the network a limit counts."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

UNKNOWN = "unknown"  # a socket without an address
SUBSCRIBER = 64  # bits of an IPv6 address that one subscriber has to himself

Network = IPv4Network | IPv6Network


def client_address(
    peer: str,
    forwarded: str = "",
    *,
    behind_proxy: bool = False,
    proxies: Sequence[Network] = (),
) -> str:
    """Return the address of who asks, or `UNKNOWN`.

    Without a proxy it is the `peer`, and what `forwarded` (X-Forwarded-For) says is
    nobody's word. Behind one it is the right-most entry there, stepping over `proxies`
    further out: each proxy adds whom it heard at the right end, and left of that
    anybody may have written. The peer's own where that entry is none.
    """
    if behind_proxy:
        for hop in reversed(forwarded.split(",")):
            found = _read(hop)
            if found is None:
                break
            if not any(found in network for network in proxies):
                return str(found)
    return str(_read(peer) or UNKNOWN)


def network_of(address: str) -> str:
    """Return what one client cannot leave at will: the address, of IPv6 its /64."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found.packed, SUBSCRIBER), strict=False))
    return str(found or UNKNOWN)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """Read `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1` or `[2001:db8::1]:443`."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])  # without the zone of fe80::1%eth0
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
