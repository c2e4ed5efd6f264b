"""One jail as a living thing: bubblewrap's process, its pipes, and how it is signalled and ended."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import IO

from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.jail import jail_command
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.layout import Layout
from studyapp.sandbox.meter import find_program
from studyapp.sandbox.plumbing import ProcessWatch, feed, make_feed, make_pipe, memory_file, read_from
from studyapp.sandbox.remedies import BUBBLEWRAP_MISSING, explain
from studyapp.sandbox.seccomp import socket_filter

LONGEST_COMPLAINT = 4000
READY_LINE = b'{"ready":true}\n'
READY_WITHIN_S = 20.0
GONE_WITHIN_S = 5.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JailProcess:
    """A jail whose bootstrap is done. Its processes live below `first`; bubblewrap's own is `outside`."""

    bwrap: subprocess.Popen[bytes]
    outside: ProcessWatch
    first: ProcessWatch
    stdin: asyncio.WriteTransport
    events: asyncio.StreamReader
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader

    @property
    def exit_code(self) -> int | None:
        """The program's exit status, 128 + n when signal n ended it; None while it lives."""
        return self.bwrap.poll()

    async def wait(self) -> None:
        """Waits for the program to end."""
        await self.outside.ended.wait()

    def signal_program(self, number: signal.Signals) -> None:
        """Sends a signal to the guest's own process, as Ctrl-C or `kill` would."""
        pid = find_program(self.first.pid)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """Ends every process of the jail: the kernel sees to it when a pid namespace loses its first one."""
        self.first.send_signal(signal.SIGKILL)
        self.outside.send_signal(signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class _Spawned:
    """bubblewrap's process with our ends of its pipes."""

    bwrap: subprocess.Popen[bytes]
    stdin: IO[bytes]
    facts: IO[bytes]
    events: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]


@asynccontextmanager
async def open_jail(layout: Layout, job: Job) -> AsyncIterator[JailProcess]:
    """A jail about to run the job's code, and surely gone when the context ends.

    Raises RunnerUnavailable, with the remedy, when no jail can be made or its bootstrap fails.
    """
    async with AsyncExitStack() as stack:
        spawned = _spawn(layout, job, stack)
        outside = ProcessWatch(spawned.bwrap.pid, stack)
        watches = [outside]
        try:
            stdin = await feed(spawned.stdin, job.stdin.encode(), stack)
            facts = await read_from(spawned.facts, stack)
            events = await read_from(spawned.events, stack)
            stdout = await read_from(spawned.stdout, stack)
            stderr = await read_from(spawned.stderr, stack)
            try:
                async with asyncio.timeout(READY_WITHIN_S):
                    first = ProcessWatch(await _read_first_pid(facts), stack)
                    watches.append(first)
                    await _expect_ready(events)
            except (EOFError, ProcessLookupError, TimeoutError):
                outside.send_signal(signal.SIGKILL)
                raise RunnerUnavailable(explain(await _read_last_words(stderr))) from None
            yield JailProcess(spawned.bwrap, outside, first, stdin, events, stdout, stderr)
        finally:
            await _end(spawned.bwrap, watches)


def _spawn(layout: Layout, job: Job, stack: AsyncExitStack) -> _Spawned:
    with ExitStack() as passed_on:
        facts, info_fd = make_pipe(stack, passed_on)
        events, event_fd = make_pipe(stack, passed_on)
        stdout, stdout_fd = make_pipe(stack, passed_on)
        stderr, stderr_fd = make_pipe(stack, passed_on)
        stdin_fd, stdin = make_feed(stack, passed_on)
        code_fd = memory_file(job.code.encode(), passed_on)
        identity_fd = os.open(layout.identity, os.O_RDONLY)
        passed_on.callback(os.close, identity_fd)
        filter_fd = memory_file(socket_filter(), passed_on)
        fds = {
            "info_fd": info_fd,
            "filter_fd": filter_fd,
            "code_fd": code_fd,
            "event_fd": event_fd,
            "identity_fd": identity_fd,
        }
        try:
            bwrap = subprocess.Popen(  # noqa: S603  # a list of our own words, no shell
                jail_command(layout, job, **fds),
                stdin=stdin_fd,
                stdout=stdout_fd,
                stderr=stderr_fd,
                pass_fds=list(fds.values()),
                env={},
            )
        except OSError as error:
            raise RunnerUnavailable(f"{BUBBLEWRAP_MISSING} ({error})") from None
    return _Spawned(bwrap, stdin, facts, events, stdout, stderr)


async def _read_first_pid(facts: asyncio.StreamReader) -> int:
    first_pid: int = json.loads(await facts.readuntil(b"}"))["child-pid"]
    return first_pid


async def _read_last_words(stderr: asyncio.StreamReader) -> str:
    said = (await stderr.read(LONGEST_COMPLAINT)).decode(errors="replace")
    return said.strip().rpartition("\n")[2]


async def _expect_ready(events: asyncio.StreamReader) -> None:
    if await events.readline() != READY_LINE:
        raise EOFError("the bootstrap gave up")


async def _end(bwrap: subprocess.Popen[bytes], watches: list[ProcessWatch]) -> None:
    for watch in watches:
        watch.send_signal(signal.SIGKILL)
    try:
        async with asyncio.timeout(GONE_WITHIN_S):
            for watch in watches:
                await watch.ended.wait()
    except TimeoutError:
        logger.error("a jail did not end within %s s of being killed", GONE_WITHIN_S)
    bwrap.poll()
    watches[-1].reap()
