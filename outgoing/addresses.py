"""Which addresses we speak to. Pure: no name is resolved and nothing is opened here.

Two questions: `why_not(address)` for an IP address, and `destination(url)` for a URL
as somebody typed it, or as a redirect named it.
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import httpx2

from outgoing.errors import BadAddress, RefusedAddress

MAX_URL = 4096  # characters
PORTS = {"http": 80, "https": 443}

# IANA's special-purpose registries, and what else is not a host on the public internet.
_V4 = {
    IPv4Network(network): what
    for network, what in {
        "0.0.0.0/8": "this network",
        "10.0.0.0/8": "a private network",
        "100.64.0.0/10": "a carrier's inner network",
        "127.0.0.0/8": "this machine",
        "169.254.0.0/16": "the local link",
        "172.16.0.0/12": "a private network",
        "192.0.0.0/24": "protocol assignments",
        "192.0.2.0/24": "documentation",
        "192.31.196.0/24": "the AS112 sink",
        "192.52.193.0/24": "multicast tunnelling",
        "192.88.99.0/24": "6to4 relays",
        "192.168.0.0/16": "a private network",
        "192.175.48.0/24": "the AS112 sink",
        "198.18.0.0/15": "benchmark networks",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved use",
    }.items()
}
# Only 2000::/3 is handed out to hosts; inside it these are not.
_V6_HOSTS = IPv6Network("2000::/3")
_V6 = {
    IPv6Network(network): what
    for network, what in {
        "2001::/23": "protocol assignments and Teredo",
        "2001:db8::/32": "documentation",
        "2002::/16": "6to4, which hides an IPv4 address",
        "2620:4f:8000::/48": "the AS112 sink",
        "3fff::/20": "documentation",
    }.items()
}
# Names that mean this machine or this network wherever they are asked for.
_LOCAL_NAMES = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home"}
    | {"corp", "private", "onion"}
)
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one request goes: a URL that passed every check short of the address."""

    url: httpx2.URL
    host: str  # lower case, IDNA-encoded, no trailing dot, no brackets
    port: int
    allowed: bool  # named by the operator: address and port are not checked

    @property
    def is_secure(self) -> bool:
        return self.url.scheme == "https"

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.url.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """What goes into the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.url.scheme] else f"{host}:{self.port}"


def why_not(address: IPv4Address | IPv6Address) -> str | None:
    """Say what kind of address this is if we must not connect to it, else `None`."""
    if isinstance(address, IPv4Address):
        for network, what in _V4.items():
            if address in network:
                return what
    elif address not in _V6_HOSTS:
        return "nothing that is handed out to public hosts"
    else:
        for network6, what in _V6.items():
            if address in network6:
                return what
    # A second opinion: newer Pythons may know of networks this table does not.
    return None if address.is_global else "nothing public"


def as_ip(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that `host` writes out, or `None` if it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def destination(url: str | httpx2.URL, *, allow: Collection[str] = ()) -> Destination:
    """Check a URL as far as can be told without DNS.

    `allow` holds what the operator lets us reach although it is not public: `host` or
    `host:port`, an IPv6 address in brackets. Raises `BadAddress` or `RefusedAddress`.
    """
    parsed = _parse(url)
    host = parsed.raw_host.decode("ascii").lower().removesuffix(".")
    port = PORTS[parsed.scheme] if parsed.port is None else parsed.port
    shown = f"[{host}]" if ":" in host else host
    if shown in allow or f"{shown}:{port}" in allow:
        return Destination(parsed, host, port, allowed=True)
    address = as_ip(host)
    if address is not None:
        if what := why_not(address):
            raise RefusedAddress(f"{shown} is not a public address but {what}.")
    else:
        _check_name(host)
    if port not in PORTS.values():
        raise BadAddress(f"{shown}: port {port} is not fetched from, only 80 and 443.")
    return Destination(parsed, host, port, allowed=False)


def _parse(url: str | httpx2.URL) -> httpx2.URL:
    text = str(url)
    if len(text) > MAX_URL:
        raise BadAddress(f"The address is longer than {MAX_URL} characters.")
    try:
        parsed = httpx2.URL(text.strip())
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise BadAddress("The address is not a well-formed URL.") from error
    if parsed.scheme not in PORTS:
        raise BadAddress("Only http:// and https:// addresses are fetched.")
    if parsed.userinfo:
        raise BadAddress("The address has a user name in it; leave that out.")
    if not parsed.raw_host:
        raise BadAddress("The address names no host.")
    return parsed


def _check_name(host: str) -> None:
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise BadAddress("The address has no proper host name.")
    *rest, last = host.split(".")
    if _NUMBER.fullmatch(last):  # 2130706433, 0x7f.1, 0177.0.0.1: all mean 127.0.0.1
        raise RefusedAddress(f"{host} is a number that hides an IP address.")
    if not rest or last in _LOCAL_NAMES or host.endswith(".home.arpa"):
        raise RefusedAddress(f"{host} is a name inside a network, not a public one.")
