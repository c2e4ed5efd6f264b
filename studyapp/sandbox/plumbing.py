"""Descriptors and processes as asyncio sees them. Everything made here is undone by the stack it is given."""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import IO

Stack = ExitStack | AsyncExitStack

PIPE_BUFFER = 64 * 1024
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

    def reap(self) -> None:
        """Takes an ended process off the process table if it became this process's child."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)

    def _note_end(self) -> None:
        self._loop.remove_reader(self._fd)
        self.ended.set()

    def _close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)


def answers(path: Path) -> bool:
    """Whether a process listens on the socket at `path`."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def adopt_orphans() -> None:
    """Makes this process the parent of what its dead children leave, since not every host's init reaps."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


async def read_from(pipe: IO[bytes], stack: AsyncExitStack) -> asyncio.StreamReader:
    """A reader that stops reading from the pipe while nobody reads from it."""
    reader = asyncio.StreamReader(limit=PIPE_BUFFER)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    stack.callback(transport.close)
    return reader


async def feed(pipe: IO[bytes], data: bytes, stack: AsyncExitStack) -> asyncio.WriteTransport:
    """Starts writing all of `data`, however slowly the other end reads, and takes more."""
    transport, feeding = await asyncio.get_running_loop().connect_write_pipe(_Feeding, pipe)
    stack.callback(_abort, transport, feeding)
    transport.write(data)
    return transport


class _Feeding(asyncio.BaseProtocol):
    over = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.over = True


def _abort(transport: asyncio.WriteTransport, feeding: _Feeding) -> None:
    if not feeding.over:
        transport.abort()


def make_pipe(readers: Stack, writers: Stack) -> tuple[IO[bytes], int]:
    """A pipe's reading end, closed with the first stack, and its writing end, closed with the second."""
    reading, writing = os.pipe()
    writers.callback(os.close, writing)
    return readers.enter_context(open(reading, "rb", 0)), writing


def make_feed(writers: Stack, readers: Stack) -> tuple[int, IO[bytes]]:
    """A pipe's reading end, closed with the second stack, and its writing end, closed with the first."""
    reading, writing = os.pipe()
    readers.callback(os.close, reading)
    return reading, writers.enter_context(open(writing, "wb", 0))


def memory_file(data: bytes, stack: Stack) -> int:
    """A descriptor from which `data` can be read once."""
    descriptor = os.memfd_create("data")
    stack.callback(os.close, descriptor)
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
