"""Signals, descriptors to wait for, files, memory and terminals."""

import ctypes
import fcntl
import mmap
import os
import pty
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """The result of a call of the C library; raises OSError where it is -1."""
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def signals_and_timers() -> None:
    seen: list[int] = []
    signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while not seen:
        signal.pause()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    os.kill(os.getpid(), signal.SIGUSR1)
    assert signal.sigwait([signal.SIGUSR1]) == signal.SIGUSR1
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
    assert signal.sigtimedwait([signal.SIGUSR1], 30)


def event_timer_and_signal_descriptors() -> None:
    event = os.eventfd(0)
    os.eventfd_write(event, 5)
    assert os.eventfd_read(event) == 5
    timer = checked(libc.timerfd_create(time.CLOCK_MONOTONIC, 0))
    checked(libc.timerfd_settime(timer, 0, (ctypes.c_long * 4)(0, 0, 0, 1000), None))
    assert len(os.read(timer, 8)) == 8
    signals = checked(libc.signalfd(-1, (ctypes.c_ulong * 16)(), 0))
    for descriptor in (event, timer, signals):
        os.close(descriptor)


def waiting_for_descriptors() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    os.set_inheritable(read, True)  # noqa: FBT003 - it takes no names
    with select.epoll() as epoll:
        epoll.register(read)
        os.write(write, b"x")
        assert epoll.poll(30)
    poll = select.poll()
    poll.register(read)
    assert poll.poll(30_000)
    assert select.select([read], [], [], 30)[0]
    os.close(read)
    os.close(write)


def descriptor_flags() -> None:
    read, write = os.pipe()
    fcntl.fcntl(read, fcntl.F_SETFL, fcntl.fcntl(read, fcntl.F_GETFL) | os.O_NONBLOCK)
    assert fcntl.fcntl(write, fcntl.F_GETPIPE_SZ) > 0
    copy = fcntl.fcntl(write, fcntl.F_DUPFD_CLOEXEC, 50)
    assert copy >= 50
    os.closerange(copy, copy + 1)
    os.close(read)
    os.close(write)


def message_queues() -> None:
    name = b"/ordinary-%d" % os.getpid()
    messages = checked(libc.mq_open(name, os.O_RDWR | os.O_CREAT, 0o600, None))
    checked(libc.mq_unlink(name))
    checked(libc.mq_send(messages, b"hello", 5, 0))
    buffer = ctypes.create_string_buffer(8192)
    assert checked(libc.mq_receive(messages, buffer, 8192, None)) == 5
    os.close(messages)


def files_of_all_kinds() -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "one"), Path(folder, "two")
        one.write_bytes(b"x" * 5000)
        shutil.copy2(one, two)
        os.link(one, f"{folder}/three")
        os.symlink("one", f"{folder}/four")
        os.mkfifo(f"{folder}/five")
        with one.open("rb") as source, two.open("r+b") as target:
            os.copy_file_range(source.fileno(), target.fileno(), 100)
            os.sendfile(target.fileno(), source.fileno(), 0, 100)
            os.fsync(target.fileno())
            os.posix_fallocate(target.fileno(), 0, 100)
        assert len(list(os.scandir(folder))) == 5
        shutil.copytree(folder, f"{folder}/copy", ignore=shutil.ignore_patterns("five", "copy"))


def memory_that_grows() -> None:
    with mmap.mmap(-1, 4096) as memory:
        memory.resize(1 << 20)
        memory.madvise(mmap.MADV_DONTNEED)
    assert len(bytearray(32 << 20)) == 32 << 20


def terminals() -> None:
    master, slave = os.openpty()
    assert os.isatty(slave)
    assert os.get_terminal_size(slave)
    os.close(master)
    os.close(slave)
    assert pty.spawn([sys.executable, "-Ic", "import os; os.tcgetpgrp(0)"], lambda _: b"") == 0


PROGRAMS: tuple[Callable[[], None], ...] = (
    signals_and_timers,
    event_timer_and_signal_descriptors,
    waiting_for_descriptors,
    descriptor_flags,
    message_queues,
    files_of_all_kinds,
    memory_that_grows,
    terminals,
)
