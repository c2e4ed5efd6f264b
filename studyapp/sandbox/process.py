"""One jail as a living thing: its pipes, its first process, and how it is signalled and ended."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
from contextlib import ExitStack
from typing import Any

from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.jail import dump_order
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.limits import Limits
from studyapp.sandbox.means import Disk, Means
from studyapp.sandbox.meter import find_others, find_program, is_waiting
from studyapp.sandbox.plumbing import Tap, make_pipe, read_pid
from studyapp.sandbox.remedies import explain
from studyapp.sandbox.template import Birth, Template

LONGEST_REPORT = 4096
READY_WITHIN_S = 20.0
GONE_WITHIN_S = 5.0

logger = logging.getLogger(__name__)


class Jail:
    """Use `make`. `stdin` is the end of a pipe to write to."""

    def __init__(self, birth: Birth, pipes: "Pipes", stack: ExitStack) -> None:
        self._handle = birth.made.result()
        stack.callback(os.close, self._handle)
        self.stdin = pipes.stdin
        self._outputs = pipes.outputs
        self._stdin = pipes.open_stdin
        self.first_pid = read_pid(self._handle)
        self.group = birth.group
        self._birth = birth
        self._control = pipes.control
        self._stack = stack

    @classmethod
    async def make(cls, template: Template, means: Means, disk: Disk, limits: Limits | None = None) -> "Jail":
        """A jail that waits for a job, with `limits` if that is known already.

        Raises RunnerUnavailable, with the remedy, when a namespace or a mount of it cannot be had.
        """
        with ExitStack() as stack:
            outside_id = means.ids.take()
            stack.callback(means.ids.give_back, outside_id)
            with ExitStack() as passed_on:
                pipes = Pipes(stack, passed_on)
                birth = await template.make(pipes.theirs, outside_id, disk, limits)
            jail = cls(birth, pipes, stack.pop_all())
        try:
            if limits is None:
                await jail._expect_ready()
        except BaseException:
            await jail.end()
            raise
        return jail

    @property
    def has_ended(self) -> bool:
        return self._birth.ended.is_set()

    @property
    def was_lost(self) -> bool:
        """Whether it ended because its template did."""
        return self.has_ended and self._birth.status is None

    @property
    def exit_code(self) -> int | None:
        """The program's exit status, 128 + n when signal n ended it; None while it lives or was lost."""
        if self._birth.status is None:
            return None
        code = os.waitstatus_to_exitcode(self._birth.status)
        return code if code >= 0 else 128 - code

    @property
    def cpu_s(self) -> float:
        """Processor seconds of every process that ever was in it, once it has ended."""
        return self._birth.cpu_s

    async def wait(self) -> None:
        """Waits until no process of it is left."""
        await self._birth.ended.wait()

    async def give(self, job: Job) -> None:
        """Hands in the one job. Returns when the guest's code is about to run; raises RunnerUnavailable."""
        self._birth.limit(job.limits)
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                report = await self._hand_in(dump_order(job))
        except OSError as error:
            raise RunnerUnavailable(explain(f"the jail ended early: {error}")) from None
        if report:
            raise RunnerUnavailable(explain(read_report(report).get("broken", "it speaks out of turn")))

    async def _hand_in(self, order: bytes) -> bytes:
        """What the jail says to that: nothing if it is about to run the job."""
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self._control, order)
        except OSError:
            report = await loop.sock_recv(self._control, LONGEST_REPORT)
            if report:  # why it ended was said before
                return report
            raise
        return await loop.sock_recv(self._control, LONGEST_REPORT)

    def tap(self, stdout: Tap.Take, stderr: Tap.Take, events: Tap.Take) -> list[Tap]:
        """Has everything that comes out of it taken as it comes."""
        taps = [Tap(pipe, take) for pipe, take in zip(self._outputs, (stdout, stderr, events), strict=True)]
        for tap in taps:
            self._stack.callback(tap.close)
        return taps

    def close_stdin(self) -> None:
        """The program reads the end of its input."""
        self._stdin.close()

    def signal_program(self, number: signal.Signals) -> None:
        """Sends a signal to the guest's own process, as Ctrl-C or `kill` would."""
        pid = find_program(self.first_pid)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def program_waits(self) -> bool:
        """Whether the guest's own process waits for something, rather than for a processor."""
        pid = find_program(self.first_pid)
        return pid is not None and is_waiting(pid)

    def signal_others(self, number: signal.Signals) -> None:
        """Sends a signal to all that the guest's own process has started."""
        for pid in find_others(self.first_pid):
            with contextlib.suppress(OSError):  # it has ended, and its number may be somebody else's
                os.kill(pid, number)

    def kill(self) -> None:
        """Ends every process of it: the kernel sees to it when a pid namespace loses its first one.

        A guest may have seen to it that the first one waits for a processor while the others keep all busy,
        so these are killed, too.
        """
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            self.signal_program(signal.SIGKILL)
            self.signal_others(signal.SIGKILL)

    async def end(self) -> None:
        """Kills what is left and waits for that. Its descriptors are closed after this."""
        self.kill()
        try:
            async with asyncio.timeout(GONE_WITHIN_S):
                await self.wait()
        except TimeoutError:
            logger.error("a jail did not end within %s s of being killed", GONE_WITHIN_S)
        self._stack.close()
        self._birth.clear_away()

    async def _expect_ready(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                report = read_report(await loop.sock_recv(self._control, LONGEST_REPORT) or b"{}")
        except (OSError, TimeoutError) as error:
            raise RunnerUnavailable(explain(f"no word from the jail: {error}")) from None
        if not report.get("ready"):
            raise RunnerUnavailable(explain(report.get("broken", "the jail ended early")))


def read_report(text: bytes) -> dict[str, Any]:
    """The first line: what follows from a failure may be told after it."""
    report: dict[str, Any] = json.loads(text.partition(b"\n")[0])
    return report


class Pipes:
    """The descriptors of a jail to come: ours live as long as the first stack, theirs as the second.

    Closing `open_stdin` closes `stdin` before that.
    """

    def __init__(self, ours: ExitStack, theirs: ExitStack) -> None:
        stdin_end, self.stdin = os.pipe()
        theirs.callback(os.close, stdin_end)
        self.open_stdin = ours.enter_context(ExitStack())
        self.open_stdin.callback(os.close, self.stdin)
        made = [make_pipe(ours, theirs) for _ in ("stdout", "stderr", "events")]
        self.outputs = [reading for reading, _ in made]
        self.control, control = socket.socketpair()
        ours.callback(self.control.close)
        theirs.callback(control.close)
        self.control.setblocking(False)  # noqa: FBT003  # its only spelling
        self.theirs = [stdin_end, *(writing for _, writing in made), control.fileno()]
