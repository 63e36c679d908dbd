"""`/live/` and `/live/poll`: what a browser gets on the wire."""

import asyncio
import json

from newsroom.live.stream import Stream
from newsroom.tests.edge.kit import ask_asgi
from newsroom.tests.live.test_hub import World, run


class Browser:
    """An open stream."""

    def __init__(self, stream, *, headers=(), query="", stuck=False):
        self.sent, self.gone, self.stuck = [], asyncio.Event(), stuck
        scope = {
            "type": "http", "method": "GET", "path": "/live/", "headers": list(headers),
            "query_string": query.encode(),
        }  # fmt: skip
        self.task = asyncio.create_task(stream.live(scope, self.receive, self.send))

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)
        if self.stuck and len(self.sent) > 2:
            await asyncio.Event().wait()

    @property
    def text(self):
        return b"".join(m.get("body", b"") for m in self.sent).decode()

    async def until(self, words):
        async with asyncio.timeout(3):
            while words not in self.text:
                await asyncio.sleep(0.005)


def test_a_browser_learns_where_it_is_and_when_to_come_back():
    async def test():
        world = World()
        world.ledger.add(7)
        async with world:
            browser = Browser(Stream(world.hub))
            await browser.until("event: hello")
            headers = dict(browser.sent[0]["headers"])
            assert headers[b"content-type"].startswith(b"text/event-stream")
            assert headers[b"x-accel-buffering"] == b"no"
            assert headers[b"cache-control"] == b"no-store"
            assert "id: 7-0\nevent: hello" in browser.text
            assert browser.text.startswith("retry: ")

    run(test)


def test_a_browser_that_comes_first_hears_what_its_page_may_have_missed():
    async def test():
        async with World() as world:
            world.add(3)
            await asyncio.sleep(0.02)
            browser = Browser(Stream(world.hub))
            await browser.until("event: hello")
            assert browser.text.index('{"n":3}') < browser.text.index("event: hello")

    run(test)


def test_a_browser_that_comes_back_hears_what_it_missed_first():
    async def test():
        world = World()
        world.ledger.add(7)
        async with world:
            header = [(b"last-event-id", b"5-0")]
            for browser in (
                Browser(Stream(world.hub), headers=header),
                Browser(Stream(world.hub), query="last=5-0"),
            ):
                await browser.until("event: hello")
                assert browser.text.index("id: 6-0") < browser.text.index("id: 7-0")
                assert browser.text.index("id: 7-0") < browser.text.index(
                    "event: hello"
                )
                assert "id: 5-0" not in browser.text

    run(test)


def test_a_browser_that_leaves_is_forgotten():
    async def test():
        async with World() as world:
            browser = Browser(Stream(world.hub))
            await browser.until("hello")
            assert len(world.hub.readers) == 1
            browser.gone.set()
            await browser.task
            assert world.hub.readers == set()

    run(test)


def test_when_the_house_closes_a_stream_ends_in_order():
    async def test():
        async with World() as world:
            browser = Browser(Stream(world.hub))
            await browser.until("hello")
            await world.hub.close()
            await browser.task
            last = browser.sent[-1]
            assert last["body"].startswith(b"retry: ")
            assert not last.get("more_body")

    run(test)


def test_a_browser_that_takes_nothing_is_cut_off_and_the_others_hear_on(monkeypatch):
    from newsroom.live import hub as module

    monkeypatch.setattr(module, "STUCK", 0.05)
    monkeypatch.setattr(module, "HEARTBEAT", 0.05)

    async def test():
        async with World() as world:
            stuck = Browser(Stream(world.hub), stuck=True)
            quick = Browser(Stream(world.hub))
            await quick.until("hello")
            world.add()
            await quick.until('{"n":1}')
            async with asyncio.timeout(2):
                await stuck.task
            assert not quick.task.done()
            assert len(world.hub.readers) == 1
            world.add()
            await quick.until('{"n":2}')

    run(test)


def test_a_full_house_says_so():
    async def test():
        async with World(most=0) as world:
            reply = await ask_asgi(Stream(world.hub).live, "/live/")
            assert (reply.status, reply["retry-after"]) == (503, "10")

    run(test)


def test_one_without_streams_polls_the_same_events():
    async def test():
        world = World()
        world.ledger.add(7)
        async with world:
            poll = Stream(world.hub).poll
            reply = await ask_asgi(poll, "/live/poll", query="after=5-0")
            told = json.loads(reply.body)
            assert told["cursor"] == "7-0"
            assert told["wire"] == [{"n": 6}, {"n": 7}]
            assert not told["reset"]
            first = json.loads((await ask_asgi(poll, "/live/poll")).body)
            assert first["wire"] == []
            old = json.loads((await ask_asgi(poll, query="after=rubbish")).body)
            assert old["reset"]

    run(test)
