"""Descriptors and processes as asyncio sees them. Everything made here is undone by the stack it is given."""

import asyncio
import contextlib
import ctypes
import os
import resource
import signal
import socket
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

Stack = ExitStack | AsyncExitStack

PIPE_BUFFER = 64 * 1024
ENOUGH_DESCRIPTORS = 16 * 1024
LONGEST_LAST_WORDS = 4000
PR_SET_CHILD_SUBREAPER = 36


class ProcessWatch:
    """Knows a process by its pidfd, which no later process can be mistaken for."""

    def __init__(self, pid: int, stack: AsyncExitStack) -> None:
        self.pid = pid
        self.ended = asyncio.Event()
        self._fd = os.pidfd_open(pid)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._note_end)
        stack.callback(self._close)

    def send_signal(self, number: signal.Signals) -> None:
        """Signals the process unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fd, number)

    def _note_end(self) -> None:
        self._loop.remove_reader(self._fd)
        self.ended.set()

    def _close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)


class Tap:
    """Hands on the bytes that come out of a pipe, as they come. Paused, it leaves them in the pipe."""

    Take = Callable[[bytes], None]

    def __init__(self, pipe: int, take: Take) -> None:
        self.over = asyncio.Event()
        self._pipe = pipe
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._is_paused = True
        os.set_blocking(pipe, False)
        self.resume()

    def pause(self) -> None:
        self._loop.remove_reader(self._pipe)
        self._is_paused = True

    def resume(self) -> None:
        if self._is_paused and not self.over.is_set():
            self._loop.add_reader(self._pipe, self._read)
            self._is_paused = False

    def close(self) -> None:
        """Takes nothing more. The pipe itself stays open."""
        self.pause()
        self.over.set()

    def _read(self) -> None:
        try:
            chunk = os.read(self._pipe, PIPE_BUFFER)
        except BlockingIOError:
            return
        if chunk:
            self._take(chunk)
        else:
            self.close()


class LastWords:
    """The end of what a process writes to its standard error."""

    def __init__(self, pipe: int, stack: Stack) -> None:
        self._chunks: deque[bytes] = deque(maxlen=LONGEST_LAST_WORDS // 100)
        self._tap = Tap(pipe, lambda chunk: self._chunks.append(chunk[-LONGEST_LAST_WORDS:]))
        stack.callback(self._tap.close)

    @classmethod
    def open(cls, readers: Stack, writers: Stack) -> tuple["LastWords", int]:
        """It, and the descriptor for the process to write to."""
        reading, writing = make_pipe(readers, writers)
        return cls(reading, readers), writing

    async def last_line(self) -> str:
        """Once the process has ended."""
        await self._tap.over.wait()
        return b"".join(self._chunks).decode(errors="replace").strip().rpartition("\n")[2]


async def write_all(pipe: int, data: bytes) -> None:
    """Writes as fast as the other end reads. Raises BrokenPipeError when nobody will read any more."""
    os.set_blocking(pipe, False)
    loop = asyncio.get_running_loop()
    while data:
        try:
            data = data[os.write(pipe, data) :]
        except BlockingIOError:
            writable = asyncio.Event()
            loop.add_writer(pipe, writable.set)
            try:
                await writable.wait()
            finally:
                loop.remove_writer(pipe)


async def wait_for_any(*events: asyncio.Event) -> None:
    """Returns when one of the events is set."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def answers(path: Path) -> bool:
    """Whether a process listens on the socket at `path`."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def adopt_orphans() -> None:
    """Makes this process the parent of what its dead children leave, since not every host's init reaps."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def raise_descriptor_limit() -> None:
    """Lets this process hold enough descriptors, if it may: every run takes a dozen, every client one.

    Not more than that: what it starts inherits the limit, and may go through all numbers to close them.
    """
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = max(usual, min(most, ENOUGH_DESCRIPTORS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))


def reap_children() -> None:
    """Takes ended processes off the process table, those too that became this one's children by adoption."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def read_pid(handle: int) -> int:
    """The pid, as this process sees it, of the process that a pidfd stands for; -1 if it was reaped."""
    with open(f"/proc/self/fdinfo/{handle}") as file:
        return int(next(line for line in file if line.startswith("Pid:")).split()[1])


def make_pipe(readers: Stack, writers: Stack) -> tuple[int, int]:
    """A pipe's reading end, closed with the first stack, and its writing end, closed with the second."""
    reading, writing = os.pipe()
    readers.callback(os.close, reading)
    writers.callback(os.close, writing)
    return reading, writing


def memory_file(data: bytes, stack: Stack) -> int:
    """A descriptor from which `data` can be read once."""
    descriptor = os.memfd_create("data")
    stack.callback(os.close, descriptor)
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
