"""Celery for the project, and the timetable.

Every task looks in PostgreSQL for what is due and takes it by lease, so a message that is
lost, doubled or late costs at most a few seconds. The queue of each task is in the
settings (`CELERY_TASK_ROUTES`).
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

app = Celery("newsroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_max_loop_interval = 1  # seconds
app.conf.beat_schedule = {
    # name: the task, every how many seconds, and when its message is too old to matter
    "poll due sources": {
        "task": "wire.tasks.poll_due",
        # A run keeps one process of the queue busy for five seconds at most, so this
        # keeps two at it all the time; with more of them, run it more often.
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "release delayed posts": {
        "task": "wire.tasks.release_due",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "prune the wire": {
        "task": "wire.tasks.prune",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "refresh due market feeds": {
        "task": "markets.tasks.refresh_due",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "prune the markets": {
        "task": "markets.tasks.prune",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "make due renditions": {
        "task": "articles.tasks.make_due_renditions",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "remove files of pictures that no row names": {
        "task": "articles.tasks.prune",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "show which sources moved": {
        "task": "articles.tasks.follow_sources",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "announce what the clock changed": {
        "task": "articles.tasks.announce_due",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "drop sessions and temporary files that ended": {
        "task": "newsroom.operations.tasks.prune",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
}
