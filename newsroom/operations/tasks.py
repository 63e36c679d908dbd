"""Shells that beat rings; see the timetable in `newsroom/celery.py`."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from newsroom.operations import temporary_files
from staff import retention


@shared_task(ignore_result=True)
def tidy() -> None:
    """Drop ended sessions, old sign-ins, and what a crash left of temporary files."""
    retention.prune(now=timezone.now())
    temporary_files.clear(settings.TEMP_DIR, now=timezone.now())
