"""The embedded servers, with real processes in a folder of the test's own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import environ
import psutil
import psycopg
import pytest

from newsroom import paths
from newsroom.launcher import embedded, processes
from newsroom.launcher.embedded import postgres, valkey

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
BY_HAND = [sys.executable, "-m", "newsroom.launcher.embedded"]


@pytest.fixture
def var(tmp_path, monkeypatch):
    """A state folder of the test's own; whatever runs in it is ended afterwards."""
    folder = tmp_path / "v"
    monkeypatch.setenv("NEWSROOM_VAR", str(folder))
    yield folder
    kill_all(folder)
    for log in embedded.logs(folder):
        processes.a_child_exited(log)
    shutil.rmtree(paths.run_dir(folder), ignore_errors=True)


def servers(var) -> list[psutil.Process]:
    found = processes.processes_in(var / "postgres") + processes.processes_in(
        var / "valkey"
    )
    return [process for process in found if process.is_running()]


def kill_all(var) -> None:
    for process in servers(var):
        with suppress(psutil.NoSuchProcess):  # ended with another of them
            process.kill()
    psutil.wait_procs(servers(var), timeout=10)


def query(sql, *values):
    with psycopg.connect(paths.owner_url(), autocommit=True) as connection:
        cursor = connection.execute(sql, values)
        return cursor.fetchone() if cursor.description else None


def ask_valkey(var, *words):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(paths.run_dir(var) / paths.VALKEY_SOCKET))
        client.sendall(" ".join(words).encode() + b"\r\n")
        return client.recv(4096).decode()


# --- addresses ------------------------------------------------------------------------


def test_the_addresses_name_sockets_in_the_state_folder():
    var = Path("/srv/news")

    assert (
        paths.database_url(var)
        == "postgresql://newsroom_app@/newsroom?host=/srv/news/run"
    )
    assert paths.owner_url(var) == "postgresql://newsroom@/newsroom?host=/srv/news/run"
    assert paths.redis_url(var) == "unix:///srv/news/run/valkey.sock?db=0"


def test_the_settings_read_the_database_address_as_a_socket_folder():
    read = environ.Env.db_url_config(paths.database_url(Path("/srv/News")))

    assert (read["NAME"], read["USER"], read["HOST"]) == (
        "newsroom",
        "newsroom_app",
        "",
    )
    assert read["OPTIONS"] == {"host": "/srv/News/run"}


@pytest.mark.parametrize("deep", ["x" * 120, "a folder", "é", "50%", "a?b"])
def test_a_path_no_socket_address_can_hold_gets_a_short_folder_elsewhere(deep):
    run = paths.run_dir(Path("/srv") / deep)

    assert len(os.fsencode(run / paths.POSTGRES_SOCKET)) <= paths.SOCKET_PATH_LIMIT
    assert not run.is_relative_to("/srv")
    assert run == paths.run_dir(Path("/srv") / deep)
    assert run != paths.run_dir(Path("/srv") / f"{deep}2")


@pytest.mark.parametrize(
    ("ours", "celerys"),
    [
        ("unix:///srv/v.sock?db=3", "redis+socket:///srv/v.sock?virtual_host=3"),
        ("unix:///srv/v.sock", "redis+socket:///srv/v.sock?virtual_host=0"),
        ("redis://broker:6379/2", "redis://broker:6379/2"),
        ("amqp://broker//", "amqp://broker//"),
    ],
)
def test_celery_gets_the_broker_address_in_its_own_spelling(ours, celerys):
    assert paths.celery_url(ours) == celerys


# --- real servers ---------------------------------------------------------------------


def test_a_second_start_finds_what_runs_and_what_was_written(var):
    assert embedded.start(end_with_caller=True) == embedded.Servers(
        postgres=True, valkey=True
    )
    query("CREATE TABLE story (headline text)")
    query("INSERT INTO story VALUES (%s)", "Kept")

    assert embedded.start(end_with_caller=True) == embedded.Servers(
        postgres=False, valkey=False
    )
    embedded.stop()
    assert servers(var) == []

    embedded.start(end_with_caller=True)
    assert query("SELECT headline FROM story") == ("Kept",)


def test_the_servers_lose_nothing_listen_on_sockets_alone_and_are_not_root(var):
    embedded.start(end_with_caller=True)

    for name, value in [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ]:
        assert query("SELECT current_setting(%s)", name) == (value,), name
    assert query("SHOW server_version")[0].startswith("18.")
    assert "noeviction" in ask_valkey(var, "CONFIG", "GET", "maxmemory-policy")
    assert "yes" in ask_valkey(var, "CONFIG", "GET", "appendonly")
    for folder in (var / "postgres", var / "valkey"):
        [server] = processes.servers_in(folder)
        assert server.uids().effective != 0
        assert [c for c in server.net_connections("inet") if c.status == "LISTEN"] == []
    assert paths.run_dir(var).stat().st_mode & 0o077 == 0


def test_two_starts_at_once_bring_up_one_of_each(var):
    starts = [subprocess.Popen([*BY_HAND, "start"], cwd=ROOT) for _ in range(2)]

    assert [start.wait(60) for start in starts] == [0, 0]
    assert len(processes.servers_in(var / "postgres")) == 1
    assert len(processes.servers_in(var / "valkey")) == 1

    assert subprocess.run([*BY_HAND, "stop"], cwd=ROOT).returncode == 0
    assert servers(var) == []


def test_after_kill_9_of_everything_the_next_start_is_clean(var):
    embedded.start()
    query("CREATE TABLE story (headline text)")
    query("INSERT INTO story VALUES (%s)", "Committed")
    kill_all(var)
    assert (var / "postgres" / "postmaster.pid").exists()

    assert embedded.start(end_with_caller=True).postgres
    assert query("SELECT headline FROM story") == ("Committed",)


def test_a_pid_file_whose_number_another_process_has_now_stops_nothing(var):
    embedded.start()
    kill_all(var)
    pid_file = var / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    account = processes.account(var / "postgres")
    who = {} if os.geteuid() else {"user": account.uid}
    with subprocess.Popen(["sleep", "60"], cwd="/", **who) as other:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        try:
            assert embedded.start(end_with_caller=True).postgres
            assert other.poll() is None
        finally:
            other.kill()


def test_back_ends_without_their_postmaster_are_ended_before_a_start(var):
    embedded.start()
    held = psycopg.connect(paths.owner_url())
    stopped = psutil.Process(held.info.backend_pid)
    stopped.suspend()  # one that cannot see that its postmaster is gone
    [postmaster] = processes.servers_in(var / "postgres")
    postmaster.kill()

    assert embedded.start(end_with_caller=True).postgres
    assert stopped not in servers(var)
    held.close()


def test_tied_servers_end_with_a_caller_that_is_killed(var):
    code = (
        "from newsroom.launcher import embedded; embedded.start(end_with_caller=True);"
        "print('up', flush=True); import time; time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as caller:
        assert caller.stdout.readline() == "up\n"
        up = servers(var)
        caller.kill()
    assert len(up) >= 2
    assert psutil.wait_procs(up, timeout=15)[1] == []


def test_a_setup_that_was_killed_half_way_is_begun_again(var):
    (var / "postgres.new").mkdir(parents=True)
    (var / "postgres.new" / "PG_VERSION").write_text("18\n")

    assert embedded.start(valkey=False, end_with_caller=True).postgres
    assert not (var / "postgres.new").exists()


def test_a_state_folder_too_deep_for_a_socket_works_all_the_same(var, monkeypatch):
    deep = var / ("deep " * 20).strip() / "er"
    monkeypatch.setenv("NEWSROOM_VAR", str(deep))
    try:
        assert embedded.start(end_with_caller=True) == embedded.Servers(True, True)
        assert query("SELECT 1") == (1,)
        assert "PONG" in ask_valkey(deep, "PING")
    finally:
        embedded.stop()
        shutil.rmtree(paths.run_dir(deep))


def test_a_broker_file_that_cannot_be_read_is_set_aside(var):
    embedded.start(postgres=False)
    ask_valkey(var, "RPUSH", "ingest", "ring")
    kill_all(var)
    for part in (var / "valkey" / "appendonlydir").glob("*.aof"):
        part.write_bytes(b"*3\r\nthis is no broker file\r\n" * 9)

    assert embedded.start(postgres=False, end_with_caller=True).valkey
    assert "PONG" in ask_valkey(var, "PING")
    [broken] = var.glob("valkey.broken-*")
    assert b"no broker file" in b"".join(
        part.read_bytes() for part in broken.rglob("*.aof")
    )


def open_to_others(var) -> list[str]:
    """Return what another account of the machine could read or list under `var`."""
    found = []
    for place in (var, *var.rglob("*")):
        closed = any(
            not up.stat().st_mode & 0o001
            for up in place.parents
            if var in (up, *up.parents)
        )
        mode = place.lstat().st_mode
        if not closed and not place.is_symlink() and mode & 0o006:
            found.append(f"{mode & 0o777:o} {place}")
    return found


def test_a_state_folder_that_stood_open_is_closed_and_the_servers_still_run(var):
    (var / "media" / "originals").mkdir(parents=True)
    (var / "media" / "originals" / "unpublished.jpg").write_bytes(b"a picture")
    (var / "logins.txt").write_text("ines secret")
    (var / "log").mkdir()
    (var / "log" / "web.log").write_text("a line")
    for place in (var, *var.rglob("*")):
        place.chmod(0o755 if place.is_dir() else 0o644)

    embedded.start(end_with_caller=True)

    assert open_to_others(var) == []
    assert query("SELECT 1") == (1,)
    assert (var / "logins.txt").read_text() == "ines secret"
    embedded.stop()
    assert embedded.start(end_with_caller=True).postgres


# --- what cannot be, in one sentence --------------------------------------------------


def test_data_of_another_postgresql_is_refused_and_left_alone(var):
    (var / "postgres").mkdir(parents=True)
    (var / "postgres" / "PG_VERSION").write_text("17\n")

    with pytest.raises(
        embedded.OperatorError, match=r"PostgreSQL 17.*runs PostgreSQL 18"
    ):
        embedded.start(end_with_caller=True)

    assert [file.name for file in (var / "postgres").iterdir()] == ["PG_VERSION"]


def test_a_folder_that_holds_something_else_is_refused(var):
    (var / "postgres").mkdir(parents=True)
    (var / "postgres" / "letters.txt").write_text("mine")

    with pytest.raises(embedded.OperatorError, match="not a PostgreSQL data folder"):
        embedded.start(end_with_caller=True)


def test_a_damaged_database_is_refused_with_postgresqls_own_reason(var):
    embedded.start(valkey=False)
    embedded.stop()
    (var / "postgres" / "global" / "pg_control").write_bytes(b"\0" * 8192)

    with pytest.raises(
        embedded.OperatorError, match="PostgreSQL did not start: .*incompatible"
    ):
        embedded.start(valkey=False, end_with_caller=True)


@pytest.mark.skipif(not Path("/sys").is_dir(), reason="no /sys here")
def test_a_folder_that_cannot_be_written_is_named(var, monkeypatch):
    monkeypatch.setenv("NEWSROOM_VAR", "/sys/newsroom")

    with pytest.raises(
        embedded.OperatorError, match=r"/sys/newsroom is not open to \w+"
    ):
        embedded.start(end_with_caller=True)


def test_a_file_where_the_folder_should_be_is_named(var):
    var.write_text("a file")

    with pytest.raises(embedded.OperatorError, match=str(var)):
        embedded.start(end_with_caller=True)


def test_by_hand_a_refusal_is_one_sentence_and_exit_code_1(var):
    (var / "postgres").mkdir(parents=True)
    (var / "postgres" / "PG_VERSION").write_text("9.6\n")

    done = subprocess.run([*BY_HAND, "start"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stdout.count("\n") == 1
    assert "made by PostgreSQL 9.6" in done.stdout


@pytest.fixture
def small_disk(var):
    """A real file system of a few megabytes under the state folder."""
    var.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(var)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    yield var
    embedded.stop()
    subprocess.run(["umount", "--lazy", str(var)], check=True)


def test_a_disk_too_small_is_refused_before_anything_is_made(small_disk):
    with pytest.raises(embedded.OperatorError, match="The disk that holds .* is full"):
        embedded.start(end_with_caller=True)

    assert not (small_disk / "postgres").exists()


def test_a_disk_that_fills_up_half_way_is_named_and_leaves_no_half(
    small_disk, monkeypatch
):
    monkeypatch.setattr(postgres, "ROOM_FOR_NEW", 0)

    with pytest.raises(embedded.OperatorError, match="the disk that holds .* is full"):
        embedded.start(valkey=False, end_with_caller=True)

    assert not (small_disk / "postgres").exists()
    assert not (small_disk / "postgres.new").exists()


def test_a_broker_without_room_is_refused(small_disk, monkeypatch):
    (small_disk / "filler").write_bytes(b"x" * (11 * 1024**2))

    with pytest.raises(embedded.OperatorError, match="full"):
        embedded.start(postgres=False, end_with_caller=True)

    monkeypatch.setattr(valkey, "ROOM_TO_START", 0)
    (small_disk / "filler").unlink()
    assert embedded.start(postgres=False, end_with_caller=True).valkey


def test_a_server_deaf_to_a_polite_stop_is_killed(var):
    embedded.start(postgres=False)
    [server] = processes.servers_in(var / "valkey")
    server.suspend()
    began = time.monotonic()

    processes.terminate([server], signal.SIGTERM, 0.5, signal.SIGKILL)

    assert time.monotonic() - began < 5
    assert servers(var) == []
