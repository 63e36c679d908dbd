"""A database that hangs: nobody waits for ever, and nothing is taken for done or undone."""

import selectors
import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connection

from newsroom.database import patience
from newsroom.embedded import places
from wire import ingest
from wire.models import Event, Item, Source, Version
from wire.tests.factories import NINE, fetched, make_source, rss

TWO = rss(("a", "Ferry sails"), ("b", "Bridge closed"))


@pytest.fixture
def short(monkeypatch):
    """A process of little patience; what it learns of a hang is forgotten afterwards."""
    monkeypatch.setattr(patience, "patience", 1.0)
    monkeypatch.setattr(patience, "hang", patience.Hang())


class Line:
    """A socket in front of PostgreSQL's that can lose what comes back."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self.server = folder, server
        self.lose_the_answer_to = b""
        self.lost = False
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / places.POSTGRES_SOCKET))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._carry, args=[client], daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.server)
        deaf = False
        with client, server, selectors.DefaultSelector() as ready, suppress(OSError):
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    piece = key.fileobj.recv(65536)
                    if not piece:
                        return
                    words = self.lose_the_answer_to
                    if key.fileobj is client and words and words in piece:
                        deaf, self.lost, self.lose_the_answer_to = True, True, b""
                    if key.fileobj is client or not deaf:
                        key.data.sendall(piece)


@pytest.fixture
def line(tmp_path_factory):
    host = connection.settings_dict["OPTIONS"].get("host")
    if not host:
        pytest.skip("the database is not behind a socket file")
    folder = tmp_path_factory.mktemp("l")
    line = Line(folder, f"{host}/{places.POSTGRES_SOCKET}")
    yield line
    line.close()


@contextmanager
def through(line):
    """Let Django's connection go through `line`."""
    options = connection.settings_dict["OPTIONS"]
    host = options["host"]
    connection.close()
    options["host"] = str(line.folder)
    try:
        yield
    finally:
        connection.close()
        options["host"] = host


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_does_not_come_is_an_error_and_the_connection_is_gone(
    line, short
):
    with through(line), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        line.lose_the_answer_to = b"SELECT 2"
        with pytest.raises(OperationalError, match="has not answered in 1 s"):
            cursor.execute("SELECT 2")
        assert connection.connection.closed
        assert patience.hang.known


@pytest.mark.django_db(transaction=True)
def test_after_a_hang_the_first_answer_makes_everybody_patient_again(line, short):
    patience.hang.begin()
    with pytest.raises(patience.Silent, match="somebody else"):
        patience.connect(host=str(line.folder))

    time.sleep(patience.PROBE_EVERY)
    with through(line), connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    assert not patience.hang.known


def test_a_server_that_takes_no_connection_is_given_up_and_asked_by_one_at_a_time(
    tmp_path_factory, short
):
    folder = tmp_path_factory.mktemp("l")
    with socket.socket(socket.AF_UNIX) as stopped:
        stopped.bind(str(folder / places.POSTGRES_SOCKET))
        stopped.listen()
        with pytest.raises(patience.Silent, match="does not take a connection"):
            patience.connect(host=str(folder), user="x", connect_timeout=2)

        time.sleep(patience.PROBE_EVERY)
        outcomes = []

        def ask():
            try:
                patience.connect(host=str(folder), user="x")
            except psycopg.OperationalError as error:
                outcomes.append(str(error))

        asking = [threading.Thread(target=ask) for _ in range(10)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(20)

    assert sorted(set(outcomes)) == [
        "the database does not take a connection",
        "the database hangs; somebody else is trying it",
    ]
    assert outcomes.count("the database does not take a connection") == 1


def test_a_server_that_is_not_there_does_not_count_as_hanging(tmp_path, short):
    with pytest.raises(psycopg.OperationalError):
        patience.connect(host=str(tmp_path), user="x")

    assert not patience.hang.known


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", [b"COMMIT", b"INSERT", b"UPDATE", b"SELECT"])
def test_a_poll_whose_answer_is_lost_stores_every_post_once(
    line, short, settings, tmp_path, words
):
    """Whether the server did what it was asked is unknown: the lease's token decides."""
    settings.BLOB_DIR = tmp_path / "blobs"
    make_source()
    with through(line):
        sources = Source.objects.lease_due(NINE, limit=8)
        line.lose_the_answer_to = words
        with suppress(OperationalError):
            list(ingest.poll(sources, clock=lambda: NINE, fetch=answer))
        assert line.lost
    connection.close()
    time.sleep(patience.PROBE_EVERY)
    Source.objects.update(
        lease_until=None, due_at=NINE
    )  # as when the lease has run out

    list(ingest.poll_due(clock=lambda: NINE, fetch=answer))

    assert Item.objects.count() == Version.objects.count() == Event.objects.count() == 2


def answer(url, **validators):
    return fetched(TWO, url=url)
