"""What the clock rings for: shells around one call each. See `newsroom/celery.py`."""

from celery import shared_task
from django.utils import timezone

from articles import orphan_files, renditions, scheduled_publication, source_changes


@shared_task
def announce_due() -> None:
    """Run by beat every 5 seconds. Readers see what is due without it."""
    scheduled_publication.announce_due(timezone.now())


@shared_task
def follow_sources() -> None:
    """Run by beat every 5 seconds. Pages say what has become of the posts they cite."""
    source_changes.follow_sources()


@shared_task(soft_time_limit=100, time_limit=120)
def make_due_renditions() -> None:
    """Run by beat every 5 seconds. A picture whose maker died is made by another."""
    # Two a ring: a heap of pictures must not hold every worker while the wire waits.
    renditions.make_due(clock=timezone.now, most=2)


@shared_task(soft_time_limit=300, time_limit=330)
def sweep_pictures() -> None:
    """Run by beat once an hour. Files that no row names go; see `orphans`."""
    orphan_files.sweep(timezone.now())
