"""The hub: once read, told to all, in order, and nobody's slowness is another's."""

import asyncio
import json

import pytest

from foundation.cursors import CursorReset, TransactionCursor
from foundation.notifications import PushKind
from newsroom.live import hub as module
from newsroom.live.hub import (
    LOG_LIMIT,
    REPLAY,
    Hub,
    WireChange,
    event,
)
from newsroom.tests.edge import kit


class Ledger:
    """A ledger in memory. `hidden` rows move the cursor and are not told."""

    def __init__(self):
        self.rows = []
        self.reads = 0
        self.away = False

    def add(self, count=1, *, hidden=False):
        for _ in range(count):
            n = len(self.rows) + 1
            self.rows.append((n, hidden))

    async def head(self):
        if self.away:
            raise ConnectionError("away")
        return f"{len(self.rows)}-0"

    async def since(self, cursor, limit):
        self.reads += 1
        await asyncio.sleep(0)
        if self.away:
            raise ConnectionError("away")
        asked = TransactionCursor.parse(cursor)
        if asked.xid > len(self.rows) or asked.id:
            raise CursorReset(asked)
        rows = [row for row in self.rows if row[0] > asked.xid][:limit]
        told = [
            WireChange(cursor=f"{n}-0", data={"n": n})
            for n, hidden in rows
            if not hidden
        ]
        return told, f"{rows[-1][0]}-0" if rows else cursor


class World:
    def __init__(self, **fields):
        self.ledger, self.prices = Ledger(), {}
        self.hub = Hub(
            head=self.ledger.head, since=self.ledger.since, quotes=self.quotes, **fields
        )

    async def quotes(self):
        return self.prices

    async def __aenter__(self):
        self.task = asyncio.create_task(self.hub.run())
        await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def add(self, count=1, **fields):
        self.ledger.add(count, **fields)
        self.hub.notify("wire")


def told(piece):
    """The data of the events in some bytes of the stream."""
    lines = piece.decode().split("\n")
    return [json.loads(x[6:]) for x in lines if x.startswith("data: ")]


async def heard(hub, reader, count):
    """What `reader` is told until it heard `count` events."""
    events = []
    async with asyncio.timeout(3):
        while len(events) < count:
            events += told(await hub.next(reader))
    return events


def run(test):
    kit.run(asyncio.wait_for(test(), 20))


def test_a_post_reaches_every_reader_as_the_same_bytes():
    async def test():
        async with World() as world:
            readers = [world.hub.join() for _ in range(50)]
            waiting = [asyncio.create_task(world.hub.next(r)) for r in readers]
            await asyncio.sleep(0)
            world.add()
            pieces = await asyncio.gather(*waiting)
            assert told(pieces[0]) == [{"n": 1}]
            assert len({id(piece) for piece in pieces}) == 1

    run(test)


def test_readers_hear_all_posts_in_the_order_of_commits_however_they_come():
    async def test():
        async with World() as world:
            reader = world.hub.join()
            for _ in range(30):
                world.add(3)
                await asyncio.sleep(0.001)
            assert [e["n"] for e in await heard(world.hub, reader, 90)] == [
                *range(1, 91)
            ]

    run(test)


@pytest.mark.parametrize("missed", [0, 1, REPLAY - 1])
def test_one_who_comes_back_hears_what_was_missed_and_nothing_twice(missed):
    async def test():
        async with World() as world:
            world.ledger.add(50)
            await world.hub._begin()
            for n in range(missed):
                world.add()
                if n % 20 == 0:
                    await asyncio.sleep(0.002)
            await asyncio.sleep(0.05)
            world.hub.join()
            back = await world.hub.replay("50-0")
            assert not back.reset
            assert [e.data["n"] for e in back.entries] == [*range(51, 51 + missed)]

    run(test)


def test_one_who_comes_back_to_a_process_that_just_began_is_told_from_the_ledger():
    async def test():
        world = World()
        world.ledger.add(30)
        async with world:
            back = await world.hub.replay("10-0")
            assert [e.data["n"] for e in back.entries] == [*range(11, 31)]

    run(test)


def test_a_thousand_who_come_back_at_once_cost_one_reading():
    async def test():
        world = World()
        world.ledger.add(30)
        async with world:
            before = world.ledger.reads
            backs = await asyncio.gather(
                *(world.hub.replay("10-0") for _ in range(1000))
            )
            assert {len(back.entries) for back in backs} == {20}
            assert world.ledger.reads - before <= 2

    run(test)


def test_what_is_published_while_the_ledger_is_asked_is_neither_lost_nor_doubled():
    async def test():
        world = World()
        world.ledger.add(30)
        async with world:
            reader = world.hub.join()
            coming = asyncio.create_task(world.hub.replay("10-0"))
            world.add(5)
            replay = [e.data["n"] for e in (await coming).entries]
            live = [
                e["n"] for e in await heard(world.hub, reader, 35 - 10 - len(replay))
            ]
            assert replay + live == [*range(11, 36)]

    run(test)


def test_who_missed_too_much_is_told_to_start_anew():
    async def test():
        world = World()
        world.ledger.add(REPLAY * 3)
        async with world:
            assert (await world.hub.replay("1-0")).reset
            assert not (await world.hub.replay(f"{REPLAY * 3 - 5}-0")).reset

    run(test)


def test_hidden_rows_do_not_hide_those_behind_them():
    async def test():
        world = World()
        world.ledger.add(10)
        world.ledger.add(REPLAY * 2, hidden=True)
        world.ledger.add(5)
        async with world:
            back = await world.hub.replay("9-0")
            assert [e.data["n"] for e in back.entries] == [10, *range(411, 416)]

    run(test)


@pytest.mark.parametrize(
    "cursor", ["rubbish", "1", "-", "1-x", "9" * 50 + "-1", "１-１"]
)
def test_one_with_a_cursor_nobody_was_given_starts_anew(cursor):
    async def test():
        async with World() as world:
            assert (await world.hub.replay(cursor)).reset

    run(test)


@pytest.mark.parametrize("cursor", ["9-7", "40-0", "30-1"])
def test_one_with_a_cursor_of_another_ledger_starts_anew(cursor):
    """Before what is known, after all there is, or in between: a restore left it so."""

    async def test():
        world = World()
        world.ledger.add(20)
        async with world:
            world.add(15)
            while world.hub.cursor != "35-0":
                await asyncio.sleep(0.002)
            assert (await world.hub.replay(cursor)).reset
            assert not (await world.hub.replay("30-0")).reset
            assert not (await world.hub.replay("35-0")).reset

    run(test)


def test_a_reader_who_is_ahead_of_a_slow_process_is_told_nothing_twice():
    async def test():
        async with World() as world:
            world.ledger.add(3)  # another process has told them
            back = await world.hub.replay("3-0")
            assert not back.reset
            assert back.entries == []

    run(test)


def test_one_who_comes_back_while_all_start_anew_is_not_told_that_nothing_happened():
    async def test():
        world = World()
        world.ledger.add(30)
        head, may_go_on = world.hub._head, asyncio.Event()

        async def slow_head():
            await may_go_on.wait()
            return await head()

        async with world:
            world.add(5)
            while world.hub.cursor != "35-0":
                await asyncio.sleep(0.002)
            world.hub._head = slow_head
            world.add(REPLAY * 2)
            await asyncio.sleep(0.05)
            during = await world.hub.replay("31-0")
            may_go_on.set()
            assert [e.data["n"] for e in during.entries] == [32, 33, 34, 35]

    run(test)


def test_when_the_database_is_restored_from_a_backup_all_readers_start_anew():
    async def test():
        async with World() as world:
            world.add(20)
            reader = world.hub.join()
            while world.hub.cursor != "20-0":
                await asyncio.sleep(0.002)
            del world.ledger.rows[5:]
            world.hub.notify("wire")
            piece = b""
            while b"event: reset" not in piece:
                piece = await world.hub.next(reader)
            assert b"id: 5-0" in piece
            assert (await world.hub.replay("20-0")).reset
            world.add()
            assert (await heard(world.hub, reader, 1)) == [{"n": 6}]

    run(test)


def test_a_flood_is_one_reset_and_the_stream_goes_on_after_it():
    async def test():
        async with World() as world:
            reader = world.hub.join()
            world.add(20_000)
            piece = await world.hub.next(reader)
            assert b"event: reset" in piece
            assert b"id: 20000-0" in piece
            world.add()
            assert (await heard(world.hub, reader, 1)) == [{"n": 20_001}]

    run(test)


def test_a_reader_who_falls_off_the_log_is_sent_away_and_others_are_not():
    async def test():
        async with World() as world:
            slow, quick = world.hub.join(), world.hub.join()
            for _ in range(LOG_LIMIT + 10):
                world.add()
                await world.hub.next(quick)
            assert await world.hub.next(slow) is None
            assert world.hub.counts["slow"] == 1

    run(test)


def test_the_house_takes_as_many_readers_as_it_has_seats():
    async def test():
        async with World(most=2) as world:
            first, second = world.hub.join(), world.hub.join()
            assert first
            assert second
            assert world.hub.join() is None
            world.hub.leave(first)
            assert world.hub.join() is not None

    run(test)


def test_when_the_house_closes_readers_are_let_go():
    async def test():
        async with World() as world:
            reader = world.hub.join()
            waiting = asyncio.create_task(world.hub.next(reader))
            await asyncio.sleep(0)
            closing = asyncio.create_task(world.hub.close())
            assert await waiting is None
            world.hub.leave(reader)
            await closing
            assert world.hub.join() is None

    run(test)


def test_only_the_quotes_that_changed_are_told(monkeypatch):
    monkeypatch.setattr(module, "QUOTES_EVERY", 0)

    async def test():
        async with World() as world:
            reader = world.hub.join()
            world.prices = {"GOLD": "<li>1</li>", "BRENT": "<li>2</li>"}
            world.hub.notify("quotes")
            assert await heard(world.hub, reader, 1) == [{"chips": world.prices}]
            world.prices = {"GOLD": "<li>1</li>", "BRENT": "<li>3</li>"}
            world.hub.notify("quotes")
            assert await heard(world.hub, reader, 1) == [
                {"chips": {"BRENT": "<li>3</li>"}}
            ]

    run(test)


@pytest.mark.parametrize("kind", PushKind)
def test_each_kind_of_push_reaches_open_pages_as_an_event_of_its_name(kind):
    async def test():
        async with World() as world:
            reader = world.hub.join()
            world.ledger.add()
            world.prices = {"GOLD": "<li>1</li>"}
            world.hub.notify(kind)
            events = b""
            async with asyncio.timeout(1):
                while f"event: {kind}\n".encode() not in events:
                    events += await world.hub.next(reader)

    run(test)


def test_many_ticks_in_a_moment_are_one_event_and_the_last_price_is_told(monkeypatch):
    monkeypatch.setattr(module, "QUOTES_EVERY", 0.1)

    async def test():
        async with World() as world:
            reader = world.hub.join()
            for n in range(20):
                world.prices = {"GOLD": f"<li>{n}</li>"}
                world.hub.notify("quotes")
                await asyncio.sleep(0.002)
            events = await heard(world.hub, reader, 2)
            assert events[-1] == {"chips": {"GOLD": "<li>19</li>"}}

    run(test)


def test_the_database_is_waited_for(monkeypatch):
    async def test():
        world = World()
        world.ledger.away = True
        real = asyncio.sleep
        monkeypatch.setattr(module.asyncio, "sleep", lambda s: real(min(s, 0.01)))
        monkeypatch.setattr(module, "HEARTBEAT", 1000)
        async with world:
            reader = world.hub.join()
            await real(0.05)
            world.ledger.away = False
            await real(0.05)
            world.add()
            events = []
            while {"n": 1} not in events:
                events += told(await world.hub.next(reader))

    run(test)


def test_a_lost_doorbell_costs_no_post(monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.05)
    monkeypatch.setattr(module, "REREAD_DELAYS", ())

    async def test():
        async with World() as world:
            reader = world.hub.join()
            world.ledger.add()  # without a notification
            assert await heard(world.hub, reader, 1) == [{"n": 1}]

    run(test)


def test_an_event_is_one_block_whatever_is_in_it():
    piece = event("wire", {"row": "two\nlines\r\n\ndata: x\n\nevent: evil"}, "1-1")
    assert piece.count(b"\n\n") == 1
    assert piece.endswith(b"\n\n")
    assert piece.count(b"\n") == 4
    assert b"\r" not in piece
