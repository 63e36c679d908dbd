"""Celery tasks: one call each. Timetable in `newsroom/celery.py`, queues in the settings."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from newsroom import stored_html
from newsroom.operations import temporary_files
from staff import retention


@shared_task
def prune() -> None:
    """Delete ended sessions, old sign-ins, and what a crash left of temporary files."""
    retention.prune(now=timezone.now())
    temporary_files.clear(settings.TEMP_DIR, now=timezone.now())


@shared_task(ignore_result=True)
def render_stored_html() -> None:
    """Render old stored HTML for two seconds, and go on behind what else waits."""
    if stored_html.render_slice():
        render_stored_html.delay()
