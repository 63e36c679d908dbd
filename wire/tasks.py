"""Celery tasks: one call each. Timetable in `newsroom/celery.py`, queues in the settings."""

from __future__ import annotations

from functools import cache

from celery import shared_task
from celery.signals import worker_process_shutdown, worker_shutdown
from django.utils import timezone

from wire import delayed_release, retention
from wire.polling import Poller

WINDOW = 5.0  # seconds; less than a worker that is told to stop is given


@shared_task
def poll_due() -> None:
    """Poll the sources that are due, for `WINDOW` seconds. Leases keep processes apart.

    What has not answered by then stays under way, and the next run takes it up.
    """
    for _ in _poller().run(seconds=WINDOW):
        pass


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


@shared_task
def release_due() -> None:
    """Announce delayed posts whose time has come to the live stream."""
    delayed_release.announce_due(now=timezone.now())


@shared_task
def prune() -> None:
    """Delete old rows of the fetch log."""
    retention.prune(now=timezone.now())
