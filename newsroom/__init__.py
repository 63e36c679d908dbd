"""The project: composes the apps; no app imports it."""

from newsroom.celery import app as celery_app

__all__ = ["celery_app"]
