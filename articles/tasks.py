"""Celery tasks: one call each. Timetable in `newsroom/celery.py`, queues in the settings."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from articles import orphan_files, renditions, scheduled_publication, source_changes


@shared_task
def announce_due() -> None:
    """Announce articles whose time has come; readers see them without it."""
    scheduled_publication.announce_due(now=timezone.now())


@shared_task
def follow_sources() -> None:
    """Render again the articles whose cited posts changed."""
    source_changes.follow_sources()


@shared_task(soft_time_limit=100, time_limit=120)
def make_due_renditions() -> None:
    """Make the renditions of two pictures that wait.

    Two a run: the ones after them wait for the next, so that no run takes minutes.
    """
    renditions.make_due(clock=timezone.now, most=2)


@shared_task(soft_time_limit=240, time_limit=270)
def prune() -> None:
    """Delete files of pictures that no row names; see `orphan_files`."""
    orphan_files.sweep(now=timezone.now())
