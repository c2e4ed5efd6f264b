"""A template as the runner sees it: an interpreter's process in its bubblewrap, which forks jails."""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import asdict
from typing import Any

from studyapp.sandbox.cgroups.group import Group
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.interpreters import Interpreter
from studyapp.sandbox.jail import OWN_MEMORY_BYTES, OWN_TASKS, template_command
from studyapp.sandbox.layout import Layout
from studyapp.sandbox.limits import Limits
from studyapp.sandbox.means import Disk, Means
from studyapp.sandbox.plumbing import LastWords, ProcessWatch, memory_file, wait_for_any
from studyapp.sandbox.remedies import BUBBLEWRAP_MISSING, explain
from studyapp.sandbox.seccomp import system_call_filter

LONGEST_REPORT = 4096
READY_WITHIN_S = 20.0
MADE_WITHIN_S = 10.0
IDLE_AFTER_S = 0.1
MOVES_AFTER_S = 0.01
"""Entering a group of version 1 delays all forks meanwhile, and a jail just made has yet to fork once.

Not longer: until the template has left, a guest could have the kernel end it for want of memory.
"""

logger = logging.getLogger(__name__)


class Birth:
    """A jail's first process: `handle` is its pidfd once made, `status` its wait status once ended.

    Ended without a status, it was lost with its template. `group` is what it was born in.
    """

    def __init__(self, means: Means) -> None:
        self.group: Group | None = None
        self._means = means
        self.made: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.status: int | None = None
        self.cpu_s = 0.0
        self._is_limited = False

    def limit(self, limits: Limits) -> None:
        """Has its group, if it has one, hold it to the limits of its job, once. Raises RunnerUnavailable."""
        if self.group is None or self._is_limited:
            return
        try:
            self.group.limit(limits.memory_bytes + OWN_MEMORY_BYTES, limits.processes + OWN_TASKS + 1)
        except OSError as error:
            raise RunnerUnavailable(f"A jail's control group takes no limits: {error}.") from None
        self._is_limited = True

    def abandon(self) -> None:
        """Nobody will look after it: what is known of it is given up."""
        if self.made.done() and not self.made.cancelled() and not self.made.exception():
            os.close(self.made.result())
        self.clear_away()

    def clear_away(self) -> None:
        """Removes its group once it has ended."""
        if self.group:
            self._means.clear_away(self.group)


class Template:
    """Use `start`. When its process ends, every jail of it has ended, and `ended` is set.

    That is about to happen once `is_lost`.
    """

    def __init__(
        self, channel: socket.socket, watch: ProcessWatch, means: Means, stack: AsyncExitStack
    ) -> None:
        self.ended = watch.ended
        self.is_lost = False
        self._channel = channel
        self._watch = watch
        self._stack = stack
        self._ready = asyncio.Event()
        self._births: dict[int, Birth] = {}
        self._next_number = 0
        self._means = means
        self._group: Group | None = None
        self._asked_s = float("-inf")
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(channel.fileno(), self._read)
        stack.callback(self._loop.remove_reader, channel.fileno())

    @classmethod
    async def start(cls, layout: Layout, interpreter: Interpreter, means: Means) -> "Template":
        """A template that has done its imports. Raises RunnerUnavailable, with the remedy, if none can be."""
        async with AsyncExitStack() as stack:
            channel, process, words = _spawn(layout, interpreter, stack, has_range=means.ids.has_range)
            template = cls(channel, ProcessWatch(process.pid, stack), means, stack.pop_all())
            stack.push_async_callback(template.close)
            try:
                async with asyncio.timeout(READY_WITHIN_S):
                    await wait_for_any(template._ready, template.ended)
            except TimeoutError:
                template._watch.send_signal(signal.SIGKILL)
                problem = f"Python {interpreter.version} did not get ready in {READY_WITHIN_S:g} s."
                raise RunnerUnavailable(f"{problem} {await words.last_line()}".strip()) from None
            if not template._ready.is_set():
                raise RunnerUnavailable(explain(await words.last_line()))
            template._move_on()
            stack.pop_all()
            return template

    @property
    def jails(self) -> int:
        """How many of its jails have not ended."""
        return len(self._births)

    async def make(
        self, streams: Sequence[int], outside_id: int, disk: Disk, limits: Limits | None = None
    ) -> Birth:
        """Has it fork a jail round these descriptors, with `limits` for a job that waits for it.

        Raises RunnerUnavailable.
        """
        number, birth = self._next_number, Birth(self._means)
        self._next_number += 1
        self._births[number] = birth
        try:
            wanted = {"number": number, "outside_id": outside_id, "ahead": limits is None, **asdict(disk)}
            self._order(birth, streams, wanted)
            if limits:  # while the template is at work
                birth.limit(limits)
            async with asyncio.timeout(MADE_WITHIN_S):
                await birth.made
        except BaseException as error:
            self._births.pop(number, None)
            is_silent = isinstance(error, TimeoutError)
            if isinstance(error, OSError) and not is_silent:
                self._lose()
            self._move_on()
            birth.abandon()
            if is_silent:
                raise RunnerUnavailable("The template process does not answer.") from None
            if isinstance(error, OSError):
                raise RunnerUnavailable(f"The template process ended: {error}.") from None
            raise
        self._loop.call_later(MOVES_AFTER_S, self._move_on)
        return birth

    def _order(self, birth: Birth, streams: Sequence[int], wanted: Mapping[str, int]) -> None:
        is_idle = self._is_idle()
        if not is_idle:
            self._move_on()  # out of the last jail's group, which may have no room for one more process
        if self._means.groups is None:
            self._send(streams, wanted)
        elif self._group and is_idle:
            birth.group, self._group = self._group, None
            self._send(streams, wanted)
        else:
            birth.group = self._make_group()
            self._send(streams, wanted, enters=birth.group)

    def _make_group(self) -> Group:
        try:
            return self._means.make_group()
        except OSError as error:
            raise RunnerUnavailable(f"No control group can be made for a jail: {error}.") from None

    def _move_on(self) -> None:
        """Has the template enter the group of the jail that it will make next, unless it is in there.

        In version 1 of control groups a process can wait long to enter a group, but is born at once in that
        of its parent. Where this fails, the next jail enters by itself.
        """
        groups = self._means.groups
        if self.is_lost or not groups or groups.version != 1 or self._group:
            return
        try:
            self._group = self._make_group()
            self._send((), {}, moves=self._group)
        except RunnerUnavailable as problem:
            logger.warning("%s", problem.message)
        except OSError:
            self._lose()

    def _is_idle(self) -> bool:
        """Whether jails are not made one after the other; such enter their groups by themselves."""
        now_s = self._loop.time()
        asked_s, self._asked_s = self._asked_s, now_s
        return now_s - asked_s > IDLE_AFTER_S

    def _send(
        self,
        streams: Sequence[int],
        wanted: Mapping[str, int],
        *,
        enters: Group | None = None,
        moves: Group | None = None,
    ) -> None:
        """An order: a jail, perhaps one that enters a group, or the template that moves to another one."""
        ways_in = () if enters is None else ways_into(enters)
        order = {
            "streams": len(streams),
            "ways_in": len(ways_in),
            "born_in_group": bool(enters and enters.birthplace is not None),
            **wanted,
        }
        descriptors = [*streams, *ways_in, *(moves.entries if moves else ())]
        socket.send_fds(self._channel, [json.dumps(order).encode()], descriptors)
        for group in (enters, moves):
            if group:
                group.close()

    async def close(self) -> None:
        """Ends it and all its jails."""
        self._watch.send_signal(signal.SIGKILL)
        await self.ended.wait()
        self._lose()
        await self._stack.aclose()
        if self._group:
            self._means.clear_away(self._group)

    def _read(self) -> None:
        try:
            text, handles, _, _ = socket.recv_fds(self._channel, LONGEST_REPORT, 1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            text, handles = b"", []
        if text:
            self._take(json.loads(text), handles)
        else:
            self._loop.remove_reader(self._channel.fileno())
            self._lose()

    def _take(self, report: dict[str, Any], handles: list[int]) -> None:
        match report:
            case {"ready": True}:
                self._ready.set()
            case {"made": number} if number in self._births:
                self._births[number].made.set_result(handles.pop())
            case {"broken": number, "message": message} if number in self._births:
                problem = RunnerUnavailable(explain(message))
                self._births.pop(number).made.set_exception(problem)
            case {"ended": number, "status": status, "cpu_s": cpu_s} if number in self._births:
                birth = self._births.pop(number)
                birth.status, birth.cpu_s = status, cpu_s
                birth.ended.set()
        for handle in handles:
            os.close(handle)

    def _lose(self) -> None:
        self.is_lost = True
        self._watch.send_signal(signal.SIGKILL)
        for birth in self._births.values():
            birth.ended.set()
            if not birth.made.done():
                birth.made.set_exception(RunnerUnavailable("The template process ended."))
        self._births.clear()


def ways_into(group: Group) -> Sequence[int]:
    """Descriptors: of the folder to be born in, or where that cannot be, of the lists to enter."""
    return group.entries if group.birthplace is None else (group.birthplace,)


def _spawn(
    layout: Layout, interpreter: Interpreter, stack: AsyncExitStack, *, has_range: bool
) -> tuple[socket.socket, subprocess.Popen[bytes], LastWords]:
    channel, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stack.callback(channel.close)
    with ExitStack() as passed_on:
        passed_on.callback(its_end.close)
        words, complaints_fd = LastWords.open(stack, passed_on)
        identity_fd = os.open(layout.identity, os.O_RDONLY)
        passed_on.callback(os.close, identity_fd)
        fds = {
            "channel_fd": its_end.fileno(),
            "filter_fd": memory_file(system_call_filter(), passed_on),
            "identity_fd": identity_fd,
        }
        try:
            process = subprocess.Popen(  # noqa: S603  # a list of our own words, no shell
                template_command(layout, interpreter, has_range=has_range, **fds),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints_fd,
                pass_fds=list(fds.values()),
                env={},
            )
        except OSError as error:
            raise RunnerUnavailable(f"{BUBBLEWRAP_MISSING} ({error})") from None
    return channel, process, words
