"""Trying a password: at the login, and where the old one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError

from foundation.addresses import network_of
from staff import access, throttling
from staff.models import AccessEvent


def attempt[T](
    name: str, address: str, look: Callable[[], T], *, now: datetime, at: str = ""
) -> T:
    """Let `look` compare a password for `name`, and return what it returns.

    Raises `throttling.TooMany` before it is called, if this try comes too soon, and
    lets through the `ValidationError` by which `look` says that the password is wrong.
    `at` names the door where it is not the login.
    """
    network = network_of(address)
    try:
        keys = throttling.charge(name, network, now=now)
    except throttling.TooMany as refusal:
        access.refused(
            "sign-in-refused",
            user=name,
            address=address,
            detail=at,
            seconds=refusal.seconds,
        )
        raise
    try:
        found = look()
    except ValidationError:
        access.record(AccessEvent.Kind.FAILED, name, address, now=now, detail=at)
        raise
    throttling.refund(name, network, keys)
    return found
