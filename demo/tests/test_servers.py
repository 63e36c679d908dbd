"""The demo's providers over HTTP, read back by the paper's own readers."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from threading import Thread

import pytest

from demo import formats, started
from demo.posts import World
from demo.servers import HOST, Present, make_server
from markets.providers import PROVIDERS
from wire import connectors
from wire.connectors.base import Origin

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
WORLD = World(START)


@contextmanager
def serving(clock):
    server = make_server(lambda: WORLD, port=0, clock=clock)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    connection = HTTPConnection(HOST, server.server_port, timeout=5)
    try:
        yield connection
    finally:
        connection.close()
        server.shutdown()
        thread.join()
        server.server_close()


def get(connection, path, **headers):
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer, answer.read()


def test_every_source_is_read_whole_by_the_paper_s_own_connectors():
    world = World(START)
    for slug in world.sources:
        document = formats.render(world, slug, base="http://127.0.0.1:8090", now=START)
        content_type, body = document
        url = f"http://127.0.0.1:8090{formats.path(world.sources[slug])}"
        origin = Origin(url=url, content_type=content_type)
        batch = connectors.read(body, origin=origin)
        shown = world.page(slug, START)
        usable = [post for post in batch.posts if post.status == "usable"]

        assert not batch.rejected, slug
        assert len(usable) == len(shown), slug
        assert {post.source_time for post in usable} == {post.at for post in shown}
        assert all(post.url.startswith("http") for post in usable)


def test_a_post_taken_back_leaves_a_tombstone_in_an_atom_feed():
    world = World(START)
    post = world.post("kastel-gazette", "night-ferry")
    _, body = formats.render(world, "kastel-gazette", base="", now=post.withdrawn_at)
    batch = connectors.read(body, origin=Origin(url="http://x.example/"))
    gone = [p.external_id for p in batch.posts if p.status != "usable"]

    assert gone == [f"tag:kastel-gazette.example,2026:{post.number}"]


def test_an_unchanged_document_is_answered_with_304():
    with serving(lambda: START) as connection:
        first, body = get(connection, "/s/straitwatch")
        again, empty = get(
            connection, "/s/straitwatch", **{"If-None-Match": first.headers["ETag"]}
        )

    assert (first.status, again.status, empty) == (200, 304, b"")
    assert b"tgme_widget_message_text" in body


def test_a_new_post_changes_the_document_and_its_validator():
    instants = iter([START, START + timedelta(minutes=20)])
    with serving(lambda: next(instants)) as connection:
        first, _ = get(connection, "/s/straitwatch")
        later, _ = get(
            connection, "/s/straitwatch", **{"If-None-Match": first.headers["ETag"]}
        )

    assert later.status == 200
    assert later.headers["ETag"] != first.headers["ETag"]


def test_a_post_has_a_page_of_its_own_and_what_is_unknown_is_404():
    post = World(START).page("northern-wire", START)[0]
    with serving(lambda: START) as connection:
        page, body = get(connection, f"/northern-wire/{post.number}")
        missing, _ = get(connection, "/northern-wire/1")
        nowhere, _ = get(connection, "/nobody")

    assert page.status == 200
    assert post.title.encode() in body
    assert (missing.status, nowhere.status) == (404, 404)


@pytest.mark.parametrize(
    ("path", "provider", "options", "count"),
    [
        ("/api/v3/coins/markets?vs_currency=usd", "coingecko", {}, 10),
        ("/table.csv", "table", {}, 20),
    ],
)
def test_market_documents_are_read_by_the_paper_s_own_providers(
    path, provider, options, count
):
    with serving(lambda: START) as connection:
        _, body = get(connection, path)
    batch = PROVIDERS[provider](body, options)

    assert len(batch.ticks) == count
    assert not batch.rejected
    assert all(tick.previous and tick.as_of <= START for tick in batch.ticks)


def test_the_reference_rates_give_the_four_pairs_with_their_last_fixing():
    pairs = ["EUR/USD", "GBP/USD", "USD/JPY", "USD/CNY"]
    with serving(lambda: START) as connection:
        _, body = get(connection, "/stats/eurofxref/eurofxref-hist-90d.xml")
    batch = PROVIDERS["ecb"](body, {"pairs": pairs})
    newest = {tick.symbol: tick for tick in batch.ticks}

    assert set(newest) == set(pairs)
    assert all(tick.previous for tick in newest.values())
    assert 100 < newest["USD/JPY"].value < 250


def test_a_reset_while_the_servers_run_begins_another_world(tmp_path):
    started.keep(START, tmp_path)
    present = Present(tmp_path)
    first = present()
    started.keep(START + timedelta(hours=1), tmp_path)

    assert first.start == START
    assert present().start == START + timedelta(hours=1)
    assert present() is present()


def test_the_old_world_goes_on_while_the_start_is_away(tmp_path):
    started.keep(START, tmp_path)
    present = Present(tmp_path)
    started.file_in(tmp_path).unlink()

    assert present().start == START
