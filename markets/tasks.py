"""What the clock rings. The timetable is in newsroom/celery.py; queue `markets`."""

from functools import cache

from celery import shared_task
from celery.signals import worker_process_shutdown, worker_shutdown
from django.utils import timezone

from markets import refresh
from markets.polling import Poller

WINDOW = 1.0  # seconds; the worker has other work too


@shared_task
def refresh_due() -> None:
    """Fetch what is due, for a few seconds. Leases keep the processes apart.

    What has not answered by then stays under way, and the next ring takes it up.
    """
    for _ in _poller().run(seconds=WINDOW):
        pass


@shared_task
def prune() -> int:
    """Forget prices and refusals too old to matter."""
    return refresh.prune(timezone.now())


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
