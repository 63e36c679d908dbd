"""Shells that beat rings; see the timetable in `newsroom/celery.py`."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from wire import ingest, releasing, retention


@shared_task(ignore_result=True, soft_time_limit=90, time_limit=120)
def poll_due() -> None:
    """Poll what is due. Any number may run at once: leases keep them apart."""
    for _ in ingest.poll_due(clock=timezone.now, rounds=5):
        pass


@shared_task(ignore_result=True)
def release_due() -> None:
    """Tell the stream of delayed posts whose time has come."""
    releasing.announce_due(now=timezone.now())


@shared_task(ignore_result=True)
def prune() -> None:
    """Drop the log of fetches that nobody will ask for any more."""
    retention.prune(now=timezone.now())
