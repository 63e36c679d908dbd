"""Celery tasks: one call each. Timetable in `newsroom/celery.py`, queues in the settings."""

from __future__ import annotations

from functools import cache

from celery import shared_task
from celery.signals import worker_process_shutdown, worker_shutdown
from django.utils import timezone

from markets import refresh
from markets.polling import Poller

WINDOW = 1.0  # seconds; the worker has other work too


@shared_task
def refresh_due() -> None:
    """Fetch the price feeds that are due, for `WINDOW` seconds. Leases keep processes apart.

    What has not answered by then stays under way, and the next run takes it up.
    """
    for _ in _poller().run(seconds=WINDOW):
        pass


@shared_task
def prune() -> None:
    """Delete prices and refusals too old to matter."""
    refresh.prune(now=timezone.now())


@cache
def _poller() -> Poller:
    """The one poller of this process; made after the worker has forked."""
    return Poller(clock=timezone.now)


@worker_process_shutdown.connect
@worker_shutdown.connect
def give_back(**_: object) -> None:
    """Return the leases of this process when it ends."""
    if _poller.cache_info().currsize:
        _poller().close()
        _poller.cache_clear()
