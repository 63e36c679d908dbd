"""The client address of an ASGI request: what limits per client are counted by."""

from collections.abc import Iterable
from typing import Any

from foundation.addresses import Network, client_address, network_of


class Addresses:
    """Finds the network a request comes from. Call it with an ASGI scope."""

    def __init__(
        self, *, behind_proxy: bool = False, proxies: Iterable[Network] = ()
    ) -> None:
        """`behind_proxy` and `proxies` are those of `foundation.addresses`."""
        self.behind_proxy = behind_proxy
        self._proxies = tuple(proxies)

    def __call__(self, scope: dict[str, Any]) -> str:
        """Return an IPv4 address or an IPv6 network; “unknown” if nobody knows."""
        peer = (scope.get("client") or ("",))[0]
        if not self.behind_proxy:
            return network_of(peer)
        told = b",".join(v for k, v in scope["headers"] if k == b"x-forwarded-for")
        return network_of(
            client_address(
                peer, told.decode("latin-1"), behind_proxy=True, proxies=self._proxies
            )
        )
