"""Whose request it is: the address a limit counts, behind a proxy and without one."""

import ipaddress
from collections.abc import Iterable
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
SUBSCRIBER = 64  # bits of an IPv6 address that one subscriber has to himself


class Addresses:
    """Tells the address a request comes from. Call it with an ASGI scope."""

    def __init__(
        self, *, behind_proxy: bool = False, proxies: Iterable[Network] = ()
    ) -> None:
        """`behind_proxy`: the peer is a proxy, and what it adds last is believed.

        `proxies` are further ones before it, whose own addresses are stepped over.
        """
        self.behind_proxy = behind_proxy
        self._proxies = tuple(proxies)

    def __call__(self, scope: dict[str, Any]) -> str:
        """Return an IPv4 address or an IPv6 network; an empty text if nobody knows."""
        peer = (scope.get("client") or ("",))[0]
        if not self.behind_proxy:
            return group(peer)
        told = b",".join(v for k, v in scope["headers"] if k == b"x-forwarded-for")
        hops = [hop.strip() for hop in told.decode("latin-1").split(",") if hop.strip()]
        # Each proxy adds whom it heard at the right end; left of ours anybody may write.
        for hop in reversed(hops):
            if not self._is_proxy(hop):
                return group(hop)
        return group(peer)

    def _is_proxy(self, hop: str) -> bool:
        try:
            address = ipaddress.ip_address(hop)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)


def group(address: str) -> str:
    """Return what one client cannot leave at will: IPv4 whole, of IPv6 the network."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, SUBSCRIBER), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)
