"""Shells that beat rings; see the timetable in `newsroom/celery.py`."""

from __future__ import annotations

from functools import cache

from celery import shared_task
from celery.signals import worker_process_shutdown, worker_shutdown
from django.utils import timezone

from wire import delayed_release, retention
from wire.polling import Poller

WINDOW = 5.0  # seconds; less than a worker that is told to stop is given


@shared_task(ignore_result=True, soft_time_limit=90, time_limit=120)
def poll_due() -> None:
    """Poll what is due, for a few seconds. Leases keep the processes apart.

    What has not answered by then stays under way, and the next ring takes it up.
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
    """Let others have what this process asked and will not hear the answer of."""
    if _poller.cache_info().currsize:
        _poller().close()
        _poller.cache_clear()


@shared_task(ignore_result=True)
def release_due() -> None:
    """Tell the stream of delayed posts whose time has come."""
    delayed_release.announce_due(now=timezone.now())


@shared_task(ignore_result=True)
def prune() -> None:
    """Drop the log of fetches that nobody will ask for any more."""
    retention.prune(now=timezone.now())
