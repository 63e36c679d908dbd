"""Celery: every task has its queue, and goes there whoever sends it."""

import pytest
from kombu import Connection

from newsroom.celery import app
from newsroom.launcher.run import Installation, commands


def ours():
    app.loader.import_default_modules()
    return {
        name: task for name, task in app.tasks.items() if not name.startswith("celery.")
    }


@pytest.fixture
def broker(monkeypatch):
    """A broker in memory: what is sent stays there, and no worker takes it."""
    with Connection("memory://") as connection:
        yield connection


def test_every_task_has_a_queue_and_every_queue_a_task():
    assert set(app.conf.task_routes) == set(ours())


def test_each_queue_has_exactly_one_kind_of_worker(tmp_path):
    taken = [
        queue
        for command in commands(
            Installation("127.0.0.1", 8000, tmp_path), demo=False
        ).values()
        for part in command
        if part.startswith("--queues=")
        for queue in part.removeprefix("--queues=").split(",")
    ]
    routed = {route["queue"] for route in app.conf.task_routes.values()}
    assert sorted(taken) == sorted(routed)


def test_a_task_that_is_sent_by_hand_goes_to_its_queue(broker):
    for name, task in ours().items():
        queue = app.conf.task_routes[name]["queue"]
        inbox = broker.SimpleQueue(queue)
        task.apply_async(connection=broker)
        message = inbox.get(timeout=1)
        message.ack()
        assert message.headers["task"] == name
        with pytest.raises(inbox.Empty):
            inbox.get(block=False)


def test_what_the_timetable_starts_is_a_task_of_ours_and_says_no_queue():
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in ours()
        assert set(entry["options"]) == {"expires"}


def test_no_task_may_run_for_as_long_as_the_broker_waits_to_give_it_to_another():
    waits = app.conf.broker_transport_options["visibility_timeout"]
    for task in ours().values():
        assert (task.time_limit or app.conf.task_time_limit) < waits
