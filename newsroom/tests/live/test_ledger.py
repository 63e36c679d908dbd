"""From a commit to a reader's stream, on a real PostgreSQL."""

import asyncio
import json
import threading
import time
from contextlib import asynccontextmanager

import pytest
from django.db import connections, transaction

from newsroom.edge import factory
from newsroom.edge.asgi_app import kind_of
from newsroom.edge.page_store import PageStore
from newsroom.live import sources
from newsroom.live.stream import Stream
from newsroom.tests.edge.kit import ask_asgi, run
from newsroom.tests.live.test_hub import told
from wire.models import Item
from wire.tests.factories import make_item, make_source, written_in

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def live():
    """A hub that reads the ledger, notified by a listener, as a web process has it."""
    hub = sources.make_hub(most=100)
    loop, store = asyncio.get_running_loop(), PageStore()
    listener = factory.make_listener(
        store, lambda payload: loop.call_soon_threadsafe(hub.notify, kind_of(payload))
    )
    listener.start()
    task = asyncio.create_task(hub.run())
    while not (store.is_listening and hub._known_from):
        await asyncio.sleep(0.005)
    try:
        yield hub
    finally:
        task.cancel()
        listener.stop()
        await asyncio.to_thread(listener.join, 5)
        await loop.run_in_executor(sources._thread, connections.close_all)


def in_thread(work):
    """Run `work` with a connection of its own."""

    def run():
        try:
            return work()
        finally:
            connections.close_all()

    return asyncio.to_thread(run)


async def rows(hub, reader, count):
    events = []
    async with asyncio.timeout(8):
        while len(events) < count:
            events += [e for e in told(await hub.next(reader)) if "row" in e]
    return events


def test_a_stored_post_reaches_the_stream_with_its_ready_row():
    async def test():
        async with live() as hub:
            reader = hub.join()
            item = await in_thread(lambda: make_item(headline="Ferry sails"))
            (event,) = await rows(hub, reader, 1)
            assert event["id"] == str(item.public_id)
            assert event["kind"] == "new"
            assert event["public"]
            assert event["row"] == item.row
            assert "Ferry sails" in event["row"]

    run(test())


def test_a_post_the_desk_holds_is_not_told():
    async def test():
        async with live() as hub:
            reader = hub.join()

            def two():
                make_item(make_source(release="desk"), headline="Not yet")
                make_item(headline="Open")

            await in_thread(two)
            (event,) = await rows(hub, reader, 1)
            assert "Open" in event["row"]

    run(test())


def test_of_two_transactions_the_first_commits_last_and_readers_hear_both():
    """FAULTS 3.12: a reader by id alone would step over the one that was late."""
    began, may_commit = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            make_item(headline="Began first")
            began.set()
            may_commit.wait(5)

    async def test():
        async with live() as hub:
            reader = hub.join()
            first = asyncio.create_task(in_thread(slow))
            await asyncio.to_thread(began.wait, 5)
            await in_thread(lambda: make_item(headline="Committed first"))
            await asyncio.sleep(0.3)
            told_early = hub._end - reader.at
            may_commit.set()
            await first
            events = await rows(hub, reader, 2)
            assert told_early == 0
            assert "Began first" in events[0]["row"]
            assert "Committed first" in events[1]["row"]

    run(test())


def test_an_unrelated_slow_writer_delays_a_post_only_until_it_ends():
    """Its end notifies nobody: the rereads after the first notification find the post."""
    began, may_end = threading.Event(), threading.Event()

    def unrelated():
        with transaction.atomic():
            Item.objects.filter(pk=0).update(row="")
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()")
            began.set()
            may_end.wait(5)

    async def test():
        async with live() as hub:
            reader = hub.join()
            other = asyncio.create_task(in_thread(unrelated))
            await asyncio.to_thread(began.wait, 5)
            await in_thread(lambda: make_item())
            await asyncio.sleep(0.1)
            may_end.set()
            await other
            ended = time.monotonic()
            await rows(hub, reader, 1)
            assert time.monotonic() - ended < 1.5

    run(test())


def test_a_browser_that_comes_back_to_another_process_misses_nothing():
    async def test():
        async with live() as hub:
            before = hub.cursor
            await in_thread(lambda: [make_item() for _ in range(5)])
            reader = hub.join()
            while hub.cursor == before:
                await asyncio.sleep(0.01)
            hub.leave(reader)
        async with live() as another:
            missed = await another.replay(before)
            assert len(missed.entries) == 5
            assert not missed.reset

    run(test())


def test_an_old_ledger_neither_floods_a_new_reader_nor_hides_the_next_post():
    """A ledger whose transaction numbers have grown from two digits to more."""

    def old_ledger():
        item = make_item()
        for xid in (98, 99, 100):
            written_in(xid, item)

    async def test():
        await in_thread(old_ledger)
        async with live() as hub:
            poll = Stream(hub).poll
            reader = hub.join()
            first = json.loads((await ask_asgi(poll, "/live/poll")).body)
            item = await in_thread(lambda: make_item(headline="After the old ones"))
            (streamed,) = await rows(hub, reader, 1)
            after = f"after={first['cursor']}"
            polled = json.loads((await ask_asgi(poll, "/live/poll", query=after)).body)
            assert first["wire"] == []
            assert streamed["id"] == str(item.public_id)
            assert [post["id"] for post in polled["wire"]] == [str(item.public_id)]
            assert not polled["reset"]

    run(test())


def test_from_commit_to_reader_takes_milliseconds():
    """DESIGN §5: p99 ≤ 300 ms. The figure is printed, not judged."""

    async def test():
        async with live() as hub:
            source = await in_thread(make_source)
            reader, took = hub.join(), []
            for _ in range(50):
                await in_thread(lambda: make_item(source))
                committed = time.monotonic()
                await rows(hub, reader, 1)
                took.append((time.monotonic() - committed) * 1000)
            took.sort()
            print(f"commit to reader: p50 {took[25]:.1f} ms, p99 {took[-1]:.1f} ms")  # noqa: T201
            assert took[-1] < 5000  # by the bell, not by chance

    run(test())
