"""A thread that does one thing every now and then, and of which the learner's program sees nothing."""

import _signal  # type: ignore[import-not-found] # `signal` makes an enum of each number it returns
import _thread
import os
import time
from collections.abc import Callable
from contextlib import suppress

EVERY_S, IDLE_S = 0.03, 1.0

_EVERY_SIGNAL = _signal.valid_signals()


class Sender:
    """Calls `send` every 30 ms while there is something to send, then waits to be woken, a second at most.

    `send` returns whether to call it again soon. The thread takes no signals, and Python knows nothing of it.
    """

    def __init__(self, send: Callable[[], bool]) -> None:
        self._send = send
        self._wake = _thread.allocate_lock()
        self._starting = _thread.allocate_lock()
        self._ended = _thread.allocate_lock()
        self._ending = self._running = False
        self._native_id = 0

    def start(self) -> bool:
        """Whether it runs now, and is awake: the jail may allow no more threads."""
        if self._starting.acquire(blocking=False):
            try:
                if self._running:
                    self._rouse()
                else:
                    self._begin()
            finally:
                self._starting.release()
        return self._running and not self._ending

    def stop(self) -> None:
        """Returns once the thread is gone; the system, too, must not count it any more."""
        self.let_go()
        # Another thread of the program may have started it again meanwhile.
        while not self._ended.acquire(timeout=EVERY_S):
            self.let_go()
        self._ended.release()
        _wait_until_gone(self._native_id)

    def let_go(self) -> None:
        """The same, without waiting."""
        self._ending = True
        self._rouse()

    def _rouse(self) -> None:
        with suppress(RuntimeError):  # it is awake already
            self._wake.release()

    def _begin(self) -> None:
        self._ended.acquire()
        self._ending, self._running = False, True
        # The new thread inherits the mask: signals go on reaching the learner's main thread only.
        before = _signal.pthread_sigmask(_signal.SIG_BLOCK, _EVERY_SIGNAL)
        try:
            _thread.start_new_thread(self._work, ())
        except RuntimeError:
            self._running = False
            self._ended.release()
        finally:
            _signal.pthread_sigmask(_signal.SIG_SETMASK, before)

    def _work(self) -> None:
        self._native_id = _thread.get_native_id()
        try:
            patience_s = EVERY_S
            while not self._ending:
                self._wake.acquire(timeout=patience_s)
                patience_s = EVERY_S if self._send() else IDLE_S
        finally:
            self._running = False
            self._ended.release()


def _wait_until_gone(thread: int) -> None:
    """Python counts the system's threads when it forks, and warns if one of ours is still on its way out."""
    for _ in range(100):
        if not thread or not os.path.exists(f"/proc/self/task/{thread}"):
            return
        time.sleep(0.0005)
