"""The whole paper on one machine: `make run`, or `python -m newsroom.launcher.run`.

Starts PostgreSQL and Valkey unless `DATABASE_URL` and `REDIS_URL` name others, prepares the
database, and keeps the site, the worker, the timetable and the demo's wire running until
Ctrl-C or SIGTERM. docs/operations.md says what the variables do.
"""

import asyncio
import fcntl
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from newsroom import paths
from newsroom.launcher import embedded, environment_file, processes
from newsroom.launcher.orphan_guard import OrphanGuard
from newsroom.launcher.supervisor import Child, say
from newsroom.operator_errors import OperatorError, refusing_os_errors
from newsroom.private_files import restrict_var, set_private_umask, write_private

ROOT = Path(__file__).resolve().parents[2]
DEMO_PORT = 8090  # unless it is taken when the demo is first loaded
ANSWER_LIMIT = 90.0  # seconds the site may take to answer at all
CHECK_EVERY = 10.0  # seconds between two health checks of the site
MAX_FAILED_HEALTHCHECKS = 6  # health checks in a row before the site is restarted
LOCK_PATIENCE = 12.0  # seconds an earlier run may take to end


class Unprepared(Exception):
    """`manage.py prepare` did not come to its end."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The address this run listens on, and the folder of its state."""

    host: str
    port: int
    var: Path

    @property
    def url(self) -> str:
        """The address a browser on this machine opens."""
        anywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{anywhere.get(self.host, host)}:{self.port}/"


def commands(place: Installation, *, demo: bool) -> dict[str, list[str]]:
    """Return the command of each process, by its name."""
    python = [sys.executable, "-u"]
    celery = [*python, "-m", "celery", "--app=newsroom.celery", "--quiet"]
    found = {
        "web": [
            *python, "-m", "newsroom.edge.serve",
            f"--host={place.host}", f"--port={place.port}",
        ],
        # Each worker has its own kind of work: none is late because another has much to
        # do. Hosts of the wire hang, and documents may take long to read: two processes.
        "wire": [
            *celery, "worker", "--concurrency=2", "--loglevel=WARNING",
            "--queues=ingest", "--without-gossip", "--without-mingle",
            "--hostname=wire@localhost",
        ],
        "worker": [
            *celery, "worker", "--pool=solo", "--loglevel=INFO",
            "--queues=editorial,markets", "--without-gossip", "--without-mingle",
            "--hostname=worker@localhost",
        ],
        # Pictures take seconds each.
        "media": [
            *celery, "worker", "--pool=solo", "--loglevel=INFO", "--queues=media",
            "--without-gossip", "--without-mingle", "--hostname=media@localhost",
        ],
        # In memory: a message that is lost or sent twice costs nothing.
        "beat": [*celery, "beat", "--loglevel=WARNING", "--scheduler=celery.beat:Scheduler"],
    }  # fmt: skip
    if demo:
        found["demo"] = [*python, "manage.py", "demo", "serve"]
    return found


def main() -> int:
    """Run until told to stop. 0 after a stop, 1 with one sentence where it cannot run."""
    signal.signal(signal.SIGTERM, _interrupt)
    begun = embedded.Servers()
    keepers: list[embedded.Keeper] = []
    code = 0
    try:
        place = _place()
        _lock_var(place.var)
        _require_port(place)
        guard = OrphanGuard()
        needed = _needed()
        begun = embedded.start(
            postgres=needed.postgres,
            valkey=needed.valkey,
            end_with_caller=True,
            say=say,
        )
        keepers = embedded.keep(needed, say=say)
        asyncio.run(_serve(place, guard))
    except OperatorError as refusal:
        say(str(refusal))
        code = 1
    except Unprepared:  # and has said why
        code = 1
    except KeyboardInterrupt:
        say("Stopping …")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for keeper in keepers:
            keeper.stop()
        embedded.stop(postgres=begun.postgres, valkey=begun.valkey)
    return code


def _needed() -> embedded.Servers:
    """Tell which of the embedded servers this paper needs."""
    return embedded.Servers(
        postgres=not os.environ.get("DATABASE_URL"),
        valkey=not os.environ.get("REDIS_URL"),
    )


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _place() -> Installation:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise OperatorError(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    host = os.environ.get("NEWSROOM_HOST") or "127.0.0.1"
    return Installation(host, int(text), paths.var_dir())


def _lock_var(var: Path) -> None:
    """Lock this state folder until this process, and its orphan guard, have ended."""
    restrict_var(var)
    set_private_umask()
    with refusing_os_errors(var):
        handle = os.open(var / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(handle, 20, 0).decode().strip()
            if processes.is_alive(pid) or time.monotonic() > deadline:
                raise OperatorError(
                    f"The paper in {var} runs already (process {pid}): stop it first, or"
                    " set NEWSROOM_VAR and PORT to run another beside it."
                ) from None
            time.sleep(0.1)
        else:
            os.truncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
            return  # `handle` stays open: the lock is as long as we are


def _require_port(place: Installation) -> None:
    """Raise `OperatorError` unless the port is free and open to us."""
    if error := _bind_error(place.host, place.port):
        raise OperatorError(
            f"Port {place.port} of {place.host} cannot be used"
            f" ({error.strerror or error}): stop what listens there, or choose"
            " another, as in `make run PORT=8001`."
        ) from error


def _bind_error(host: str, port: int) -> OSError | None:
    """Return why the port cannot be listened on; None if it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def environment(place: Installation) -> dict[str, str]:
    """Return the environment of the children: as in production, but HTTP on this machine."""
    hosts = ["localhost", "127.0.0.1", "[::1]", place.host, socket.gethostname()]
    defaults = {
        "NEWSROOM_HTTPS": "0",
        "NEWSROOM_URL": place.url.rstrip("/"),
        "NEWSROOM_HOSTS": ",".join(dict.fromkeys(hosts)),
        "NEWSROOM_SECRET_KEY": _secret_key(place.var),
        "NEWSROOM_DEMO_PORT": _demo_port(place.var),
    }
    return defaults | {
        **{name: value for name, value in os.environ.items() if value},
        "NEWSROOM_VAR": str(place.var),
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "PYTHONUNBUFFERED": "1",
    }


def _secret_key(var: Path) -> str:
    """Return the key of this installation; made once, readable to its owner alone."""
    file = var / "secret_key"
    with refusing_os_errors(file):
        if not file.exists():
            write_private(file, secrets.token_urlsafe(64))
        return file.read_text().strip()


def _wants_demo() -> bool:
    return os.environ.get("DEMO") != "0"


def _demo_port(var: Path) -> str:
    """Return where the demo's wire listens: in its sources' addresses, so for good."""
    file = var / "demo_port"
    with refusing_os_errors(file):
        if not file.exists():
            taken = _bind_error("127.0.0.1", DEMO_PORT)
            write_private(file, str(_any_port() if taken else DEMO_PORT))
        return os.environ.get("NEWSROOM_DEMO_PORT") or file.read_text()


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _serve(place: Installation, guard: OrphanGuard) -> None:
    """Prepare, keep the children running until a signal, and end them."""
    told_to_stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    children: list[Child] = []
    work = asyncio.create_task(_work(place, guard, children))
    waiting = asyncio.create_task(told_to_stop.wait())
    await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if told_to_stop.is_set():
        say("Stopping …")
    await asyncio.gather(*(child.stop() for child in children))
    waiting.cancel()
    work.cancel()
    await asyncio.gather(work, waiting, return_exceptions=True)
    if not work.cancelled() and (error := work.exception()):
        raise error


def with_demo(surroundings: Mapping[str, str]) -> dict[str, str]:
    """Let the wire and the markets fetch from the demo's own servers, and no other."""
    allowed = [
        *filter(None, surroundings.get("NEWSROOM_FETCH_ALLOW", "").split(",")),
        f"127.0.0.1:{surroundings['NEWSROOM_DEMO_PORT']}",
    ]
    return {**surroundings, "NEWSROOM_FETCH_ALLOW": ",".join(dict.fromkeys(allowed))}


async def _work(place: Installation, guard: OrphanGuard, children: list[Child]) -> None:
    surroundings = environment(place)
    outcome = await _prepare(place, surroundings, guard)
    demo = bool(outcome["demo"]) and _wants_demo()
    if demo:
        surroundings = with_demo(surroundings)
    environment_file.save(place.var, surroundings)
    logs = place.var / "log"
    # Nobody but `prepare` and those who type a command need to know the tables' owner.
    theirs = {n: v for n, v in surroundings.items() if n != "DATABASE_OWNER_URL"}
    children += [
        Child(name, argv, logs / f"{name}.log", theirs, ROOT, guard)
        for name, argv in commands(place, demo=demo).items()
    ]
    running = [asyncio.create_task(child.keep_running()) for child in children]
    try:
        await _announce(place, outcome, web=children[0])
        await asyncio.gather(*running, _restart_if_unresponsive(place, web=children[0]))
    finally:
        for task in running:
            task.cancel()


async def _prepare(
    place: Installation, surroundings: Mapping[str, str], guard: OrphanGuard
) -> Mapping[str, str]:
    """Run `manage.py prepare`, which tells on the console how far it is."""
    demo = ["--demo"] if _wants_demo() else []
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "manage.py", "prepare", *demo),
        cwd=ROOT,
        env=surroundings,
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=processes.death_signal(signal.SIGTERM),
    )
    guard.watch(process.pid)
    try:
        code = await process.wait()
    finally:
        if process.returncode is None:  # we are told to stop
            process.kill()  # every step of it is whole or not done
            await process.wait()
        guard.forget(process.pid)
    if code:
        raise Unprepared
    outcome: dict[str, str] = json.loads((place.var / "prepared.json").read_text())
    return outcome


async def _announce(
    place: Installation, outcome: Mapping[str, str], *, web: Child
) -> None:
    """Print where the paper is once it answers. Raises `OperatorError` if it does not."""
    deadline = time.monotonic() + ANSWER_LIMIT
    while (status := await _status_of(place, "/", 10)) != HTTPStatus.OK:
        if time.monotonic() > deadline:
            said = f"answers {status}" if status else "does not answer"
            raise OperatorError(f"The site {said}; its log is {web.log}.")
        await asyncio.sleep(1 if status else 0.1)
    say(f"Ready: {place.url}")
    say(f"Admin: {place.url}admin/")
    if outcome["password"]:
        say(f"Login: {outcome['username']}  Password: {outcome['password']}")
    elif outcome["username"]:
        say(f"Login: {outcome['username']}, with the password you chose")
    if outcome["staff"]:
        say("The demo's staff:")
        for line in outcome["staff"].splitlines():
            say(f"  {line.expandtabs(16)}")


async def _restart_if_unresponsive(place: Installation, *, web: Child) -> None:
    """Restart the site whenever it fails `MAX_FAILED_HEALTHCHECKS` health checks."""
    failed = 0
    while True:
        await asyncio.sleep(CHECK_EVERY)
        answers = await _status_of(place, "/healthz", CHECK_EVERY)
        failed = 0 if answers else failed + 1
        if failed == MAX_FAILED_HEALTHCHECKS:
            say(f"The site does not answer; starting it again: {web.log}")
            failed = 0
            await web.end()


async def _status_of(place: Installation, path: str, limit: float) -> int | None:
    """Return the status the site answers `path` with, None without one in `limit` s."""
    host = urlsplit(place.url).hostname
    try:
        async with asyncio.timeout(limit):
            reader, writer = await asyncio.open_connection(host, place.port)
            request = (
                f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            )
            writer.write(request.encode())
            line = await reader.readline()
            writer.close()
            return int(line.split()[1])
    except (OSError, TimeoutError, ValueError, IndexError):
        return None


if __name__ == "__main__":
    sys.exit(main())
