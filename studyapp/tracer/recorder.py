"""Holds what the hooks recorded until a thread of its own has sent it.

Only that thread writes to the pipe. It takes no signals, so a KeyboardInterrupt in the learner's program can
never leave half a line behind.
"""

import _thread
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

from .budget import Budget
from .encode import Record
from .pipe import EventPipe

FLUSH_EVERY_S = 0.03
QUIET_NS = 10_000_000
MOST_WAITING = 20_000
BATCH = 1000


class Recorder:
    """Takes records from any thread through `add`. Nothing is sent before `start`."""

    def __init__(self, pipe: EventPipe, budget: Budget) -> None:
        self._pipe = pipe
        self._budget = budget
        self._records: deque[Record] = deque()
        self._flushers: deque[_thread.LockType] = deque()
        self._wake = _thread.allocate_lock()
        self._starting = _thread.allocate_lock()
        self._ended = _thread.allocate_lock()
        self._ending = self._running = False
        self._sender = self._native_sender = 0
        self._last_flush_ns = 0
        self.add: Callable[[Record], object] = self._records.append

    def start(self) -> None:
        self._ended.acquire()
        self._ending, self._running = False, True
        # The new thread inherits the mask: signals go on reaching the learner's main thread only.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            _thread.start_new_thread(self._work, ())
            self.add = self._records.append
        except RuntimeError:  # the jail allows no more threads: the next record tries again
            self._running = False
            self._ended.release()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def pause(self) -> None:
        """Sends everything and ends the thread; the next record starts another."""
        self.add = self._add_and_start
        self._ending = True
        self._wake_up()
        with self._ended:
            self._send_all()
        _wait_until_gone(self._native_sender)

    def finish(self) -> None:
        """Sends everything and takes nothing more."""
        self.pause()
        self.add = _ignore
        self._pipe.send(self._budget.last_words())
        self._pipe.close()

    def abandon(self) -> None:
        """For the child of a fork: what waits here is the parent's, and so is the pipe."""
        self._running = False
        self._ended = _thread.allocate_lock()
        self._records.clear()
        self.add = _ignore
        self._pipe.close()

    def flush(self) -> None:
        """Returns when everything recorded so far is in the pipe."""
        if not self._running or self._sender == _thread.get_ident():
            return
        done = _thread.allocate_lock()
        done.acquire()
        self._flushers.append(done)
        self._wake_up()
        while self._running and not done.acquire(timeout=FLUSH_EVERY_S):
            self._wake_up()

    def flush_if_quiet(self) -> None:
        """The same, but only if nothing was sent for a while; else the thread will soon do it anyhow."""
        if time.monotonic_ns() - self._last_flush_ns > QUIET_NS:
            self.flush()

    def slow_down(self) -> None:
        """Waits while the pipe cannot keep up with the program."""
        if len(self._records) > MOST_WAITING:
            self.flush()

    def _add_and_start(self, record: Record) -> None:
        self._records.append(record)
        if self._starting.acquire(blocking=False):
            try:
                if not self._running:
                    self.start()
            finally:
                self._starting.release()

    def _wake_up(self) -> None:
        with suppress(RuntimeError):  # it is awake already
            self._wake.release()

    def _work(self) -> None:
        self._sender, self._native_sender = _thread.get_ident(), _thread.get_native_id()
        try:
            while not self._ending:
                self._wake.acquire(timeout=FLUSH_EVERY_S)
                self._send_all()
        finally:
            self._running = False
            self._ended.release()

    def _send_all(self) -> None:
        asked = len(self._flushers)
        left = len(self._records)
        while left > 0:
            self._pipe.send(self._budget.encode(self._take(min(left, BATCH))))
            left -= BATCH
            self._last_flush_ns = time.monotonic_ns()
        for _ in range(asked):
            self._flushers.popleft().release()

    def _take(self, number: int) -> Iterator[Record]:
        for _ in range(number):
            yield self._records.popleft()


def _wait_until_gone(thread: int) -> None:
    """Python counts the system's threads when it forks, and warns if one of ours is still on its way out."""
    for _ in range(100):
        if not os.path.exists(f"/proc/self/task/{thread}"):
            return
        time.sleep(0.0005)


def _ignore(record: Record) -> None:
    """Takes the place of `add` when nothing may be recorded."""
