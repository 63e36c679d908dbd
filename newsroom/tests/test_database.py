"""A database that hangs: nobody waits for ever, and nothing is taken for done or undone."""

import selectors
import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection

from newsroom import paths
from newsroom.database import patience, roles
from newsroom.operations.doctor import servers as doctor_servers
from newsroom.operations.doctor.finding import Level
from wire import polling
from wire.models import Event, Item, Source, Version
from wire.tests.factories import NINE, fetched, make_source, rss

pytestmark = pytest.mark.slow

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
        self._listening.bind(str(folder / paths.POSTGRES_SOCKET))
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
        failed = False
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
                        failed, self.lost, self.lose_the_answer_to = True, True, b""
                    if key.fileobj is client or not failed:
                        key.data.sendall(piece)


@pytest.fixture
def line(tmp_path_factory):
    host = connection.settings_dict["OPTIONS"].get("host")
    if not host:
        pytest.skip("the database is not behind a socket file")
    folder = tmp_path_factory.mktemp("l")
    line = Line(folder, f"{host}/{paths.POSTGRES_SOCKET}")
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


@pytest.mark.django_db(transaction=True)
def test_what_needs_no_answer_does_not_end_a_hang(line, short):
    """To roll back where nothing was begun succeeds though nobody is there."""
    with through(line), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        patience.hang.begin()
        connection.connection.rollback()
        connection.connection.autocommit = True
        assert patience.hang.known
        cursor.execute("SELECT 1")
        assert not patience.hang.known


def test_a_server_that_takes_no_connection_is_given_up_and_asked_by_one_at_a_time(
    tmp_path_factory, short
):
    folder = tmp_path_factory.mktemp("l")
    with socket.socket(socket.AF_UNIX) as stopped:
        stopped.bind(str(folder / paths.POSTGRES_SOCKET))
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
        poller = polling.Poller(clock=lambda: NINE, fetch=answer)
        assert poller.lease() == 1
        line.lose_the_answer_to = words
        with suppress(OperationalError):
            list(poller.take(patience=5))
        assert line.lost
        with suppress(OperationalError):
            poller.close()
    connection.close()
    time.sleep(patience.PROBE_EVERY)
    Source.objects.update(
        lease_until=None, due_at=NINE
    )  # as when the lease has run out

    list(polling.poll_due(clock=lambda: NINE, fetch=answer))

    assert Item.objects.count() == Version.objects.count() == Event.objects.count() == 2


def answer(url, **validators):
    return fetched(TWO, url=url)


# --- roles ----------------------------------------------------------------------------


@pytest.fixture
def as_the_paper(django_db_blocker, db):
    """A connection to this test's database by the role of the paper."""
    facts = connection.get_connection_params()
    kept = {k: facts[k] for k in ("dbname", "host", "port", "password") if k in facts}
    role = settings.DATABASE_ROLE
    if role == connection.settings_dict["USER"]:
        pytest.skip("this database has one role for all")
    with psycopg.connect(**kept, user=role, autocommit=True) as asked:
        yield asked


def test_the_role_of_the_paper_owns_nothing_and_may_make_nothing(as_the_paper):
    row = as_the_paper.execute(
        "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert not any(row.fetchone())
    owned = as_the_paper.execute(
        "SELECT count(*) FROM pg_class WHERE pg_has_role(relowner, 'USAGE')"
    )
    assert owned.fetchone() == (0,)
    for words in (
        "CREATE TABLE mine (n int)",
        "CREATE DATABASE mine",
        "SET ROLE newsroom",
        "SET session_replication_role = replica",
        "DELETE FROM django_migrations",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_the_paper.execute(words)


@pytest.mark.parametrize("table", roles.LEDGERS)
def test_the_paper_may_add_to_a_ledger_and_do_nothing_else_to_it(as_the_paper, table):
    privileges = as_the_paper.execute(
        "SELECT p, has_table_privilege(%s, p) FROM unnest(%s::text[]) p",
        [table, ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"]],
    )
    assert {name for name, given in privileges if given} == {"SELECT", "INSERT"}
    for words in (
        f"UPDATE {table} SET id = id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TABLE {table} CASCADE",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_the_paper.execute(words)


def test_evidence_can_be_ended_and_not_rewritten(as_the_paper):
    as_the_paper.execute("UPDATE articles_evidence SET until = 2 WHERE false")
    for words in (
        "UPDATE articles_evidence SET note = 'other'",
        "DELETE FROM articles_evidence",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_the_paper.execute(words)


@pytest.mark.django_db(transaction=True)
def test_a_post_comes_in_by_the_role_of_the_paper_and_stays_as_it_came(
    settings, tmp_path
):
    settings.BLOB_DIR = tmp_path / "blobs"
    ours = connection.settings_dict
    owner, role = ours["USER"], settings.DATABASE_ROLE
    if role == owner:
        pytest.skip("this database has one role for all")
    make_source()
    connection.close()
    ours["USER"] = role
    try:
        list(polling.poll_due(clock=lambda: NINE, fetch=answer))
        assert Item.objects.count() == Event.objects.count() == 2
        with pytest.raises(ProgrammingError, match="permission denied"):
            Version.objects.update(headline="Other")
        with pytest.raises(ProgrammingError, match="permission denied"):
            Event.objects.all().delete()
        with roles.as_owner():
            assert connection.settings_dict["USER"] == owner
        assert connection.settings_dict["USER"] == role
    finally:
        connection.close()
        ours["USER"] = owner


def test_the_paper_adds_and_prunes_what_it_must(as_the_paper):
    with as_the_paper.transaction(force_rollback=True):
        as_the_paper.execute("DELETE FROM wire_fetch")
        as_the_paper.execute("DELETE FROM markets_quotetick")
        as_the_paper.execute("DELETE FROM django_session")
        as_the_paper.execute("SELECT public_id FROM public_article")


def test_every_table_that_refuses_changes_is_known_as_a_ledger(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname LIKE '%append_only'"
        )
        found = {name for [name] in cursor.fetchall()}
    assert found <= {*roles.LEDGERS}
    assert {*roles.LEDGERS} - found == {"wire_event"}  # no trigger, but only added to


def test_the_doctor_knows_a_role_that_may_too_much(db, settings):
    if connection.settings_dict["USER"] != settings.DATABASE_ROLE:
        assert doctor_servers.role().level == Level.OK

    settings.DATABASE_ROLE = connection.settings_dict["USER"]
    finding = doctor_servers.role()

    assert finding.level == Level.WARNING
    assert "is a superuser" in finding.detail or "may alter" in finding.detail
