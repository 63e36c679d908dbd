"""The child processes of `make run`: start, log, restart, stop."""

import asyncio
import os
import re
import select
import signal
import subprocess  # noqa: S404
import sys
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from newsroom.launcher import processes
from newsroom.launcher.orphan_guard import OrphanGuard
from newsroom.launcher.processes import LOG_LIMIT

LINE_LIMIT = 64 * 1024  # bytes of one line of a child
FIRST_PAUSE, LAST_PAUSE = 1.0, 30.0  # seconds before a child is started again
STABLE_AFTER = 60.0  # seconds a child must run for its earlier ends to be forgotten
SHOWN = 30  # lines a minute a child may put on the console
WIDTH = 400  # characters of such a line
CONSOLE_PATIENCE = 0.2  # seconds; whoever writes there also reads what children say
# What a child that shall end is sent, and the seconds until the next is. QUIT makes
# Celery put the tasks it holds back into their queues.
STEPS = ((signal.SIGTERM, 6.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 1.0))

TROUBLE = re.compile(r"\b(ERROR|CRITICAL|Traceback)\b")

Say = Callable[[str], None]


def say(line: str) -> None:
    """Write a line to the console; one that is gone, or that nobody reads, stops nothing."""
    if not _console_is_read():
        return
    with suppress(OSError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _console_is_read() -> bool:
    """Tell whether the console takes a line; a paused terminal or a full pipe does not."""
    try:
        return bool(select.select([], [sys.stdout], [], CONSOLE_PATIENCE)[1])
    except (OSError, ValueError):  # no file behind it, which never makes anyone wait
        return True


@dataclass
class Child:
    """One process that is restarted whenever it ends."""

    name: str
    argv: list[str]
    log: Path
    environment: Mapping[str, str]
    folder: Path
    guard: OrphanGuard
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    process: Process | None = None
    _shown: deque[float] = field(default_factory=deque)

    async def keep_running(self) -> None:
        """Run it, and again when it ends, after a pause that doubles; until `stop`."""
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                what = f"ended ({_cause(await self._run_once())})"
            except (OSError, subprocess.SubprocessError) as error:
                what = f"cannot be started ({error})"  # no memory for one more process
            if self.stopping.is_set():
                return
            if time.monotonic() - began > STABLE_AFTER:
                pause = FIRST_PAUSE
            say(f"{self.name} {what}; again in {pause:.0f} s: {self.log}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE)

    async def _run_once(self) -> int:
        self.process = await asyncio.create_subprocess_exec(
            *self.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            cwd=self.folder,
            env=self.environment,
            limit=LINE_LIMIT,
            start_new_session=True,
            preexec_fn=processes.death_signal(signal.SIGTERM),
        )
        self.guard.watch(self.process.pid)
        try:
            await self._listen(self.process)
            return await self.process.wait()
        finally:
            if self.process.returncode is not None:
                self._kill_group(self.process.pid)

    def _kill_group(self, group: int) -> None:
        """Kill what is left of the process group of a child that ended."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        self.guard.forget(group)

    async def _listen(self, process: Process) -> None:
        """Write its output to its log, and errors to the console too."""
        assert process.stdout is not None  # noqa: S101
        troubled = False
        while True:
            try:
                raw = await process.stdout.readline()
            except ValueError:  # longer than LINE_LIMIT: asyncio dropped it
                raw = b"(a line too long to keep)\n"
            if not raw:
                return
            line = raw.decode(errors="replace").rstrip()
            self._write(raw)
            # The rows of a traceback are indented and belong to the line before.
            troubled = bool(TROUBLE.search(line)) or (troubled and line[:1] == " ")
            if troubled:
                self._show(line)

    def _write(self, raw: bytes) -> None:
        with suppress(OSError):  # a full disk must not stop the paper
            rotate_log(self.log)
            with self.log.open("ab") as log:
                log.write(raw)

    def _show(self, line: str) -> None:
        now = time.monotonic()
        while self._shown and now - self._shown[0] > 60:
            self._shown.popleft()
        if len(self._shown) < SHOWN:
            self._shown.append(now)
            say(f"{self.name} | {line[:WIDTH]}")
            if len(self._shown) == SHOWN:
                say(f"{self.name} | … more in {self.log}")

    async def stop(self) -> None:
        """End it, with its whole group, for good; ten seconds at most."""
        self.stopping.set()
        await self.end()

    async def end(self) -> None:
        """End what runs now; `keep_running` starts it again."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        for number, patience in STEPS:
            with suppress(ProcessLookupError):
                if number == signal.SIGKILL:
                    os.killpg(process.pid, number)
                else:
                    process.send_signal(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience)
                break
        self._kill_group(process.pid)


def _cause(code: int) -> str:
    if code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"


def rotate_log(log: Path) -> None:
    """Move a log that has reached its limit aside, over the one before it."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
