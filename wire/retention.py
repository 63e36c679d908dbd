"""What the wire forgets: its log of polls. Items, versions and blobs are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from wire.models import Fetch, Host, Reading

KEEP_FETCHES = timedelta(days=30)
AT_ONCE = 10_000  # rows deleted in one statement


def prune(*, now: datetime) -> int:
    """Delete log rows older than `KEEP_FETCHES`; return how many.

    A document that was set aside so long ago may be read again: we may have learned how.
    """
    Reading.objects.filter(at__lt=now - KEEP_FETCHES).delete()
    Host.objects.filter(at__lt=now - KEEP_FETCHES).delete()
    old = Fetch.objects.filter(at__lt=now - KEEP_FETCHES).values("pk")[:AT_ONCE]
    deleted, _ = Fetch.objects.filter(pk__in=old).delete()
    return deleted
