"""Who came in, failed to, was refused or got other rights: a line in the log, and a row."""

from __future__ import annotations

import json
import logging
from datetime import datetime

from django.http import HttpRequest

from foundation.addresses import network_of
from staff.models import AccessEvent
from staff.request_address import client_address

log = logging.getLogger(__name__)


def record(
    kind: AccessEvent.Kind,
    name: str,
    address: str,
    *,
    now: datetime,
    by: str = "",
    detail: str = "",
) -> AccessEvent:
    """Log it and keep it. `by` is who did it to `name`, if it was somebody else."""
    level = logging.WARNING if kind == AccessEvent.Kind.FAILED else logging.INFO
    log.log(level, "%s", line(kind, user=name, address=address, by=by, detail=detail))
    return AccessEvent.objects.create(
        at=now,
        kind=kind,
        name=name[:150],
        address=address,
        network=network_of(address),
        by=by,
        detail=detail[:200],
    )


def refused(what: str, **fields: object) -> None:
    """Log that somebody was refused. Not kept as a row: whoever likes can make many."""
    log.warning("%s", line(what, **fields))


def line(what: str, **fields: object) -> str:
    """Return `what name="value" …`; empty fields left out.

    Values are quoted as in JSON, so that no user name can pass for a field of its own or
    for a second line.
    """
    said = [
        f"{name}={json.dumps(value, ensure_ascii=False, default=str)}"
        for name, value in fields.items()
        if value != ""
    ]
    return " ".join([what, *said])


def signed_out(request: HttpRequest, name: str, *, now: datetime) -> None:
    """Note that `name` ended the session."""
    record(AccessEvent.Kind.SIGN_OUT, name, client_address(request), now=now)
