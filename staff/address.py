"""Where a request came from, as far as that can be believed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"  # a socket without an address, or a proxy that names none
IPV6_PREFIX = 64  # bits: one subscriber has at least so many addresses to himself


def client_address(request: HttpRequest) -> str:
    """Return the address of who asks, or `UNKNOWN`.

    Behind a proxy it is the right-most entry of X-Forwarded-For: the only one the proxy
    wrote itself. What stands left of it is what the client says, and so is the whole
    header where no proxy is set (`NEWSROOM_BEHIND_PROXY`).
    """
    if settings.BEHIND_PROXY:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]
        if found := _read(told):
            return str(found)
    return str(_read(request.META.get("REMOTE_ADDR", "")) or UNKNOWN)


def network_of(address: str) -> str:
    """Return what one person can be taken to hold: the address, of IPv6 its /64."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found.packed, IPV6_PREFIX), strict=False))
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
