"""Where a request of Django's came from, as far as that can be believed."""

from __future__ import annotations

from ipaddress import ip_network

from django.conf import settings
from django.http import HttpRequest

from foundation import addresses


def client_address(request: HttpRequest) -> str:
    """Return the address of who asks; see `foundation.addresses.client_address`."""
    return addresses.client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get("HTTP_X_FORWARDED_FOR", ""),
        behind_proxy=settings.BEHIND_PROXY,
        proxies=[ip_network(text, strict=False) for text in settings.PROXIES],
    )
