"""One traced run: from `start`, before any event loop exists, to `finish`, after the learner's last word."""

import hashlib
import os
import sys
import threading
import time
from functools import partial
from typing import NoReturn

from . import hooks
from .budget import MOST_BYTES, MOST_EVENTS, Budget
from .encode import Encoder
from .fields import LONGEST_OUTPUT
from .journal import Journal
from .observer import Observer
from .output import OutputStream
from .pipe import EventPipe
from .recorder import Recorder
from .semaphores import SemaphoreWatch

_leave = os._exit
_live: "Session | None" = None
_prepared: dict[int, "Session"] = {}


class Session:
    """`live` from `begin` until `finish`, and never in the child of a fork."""

    def __init__(self, fd: int) -> None:
        self.live = False
        self._pipe = EventPipe(fd)
        self._encoder = Encoder()
        budget = Budget(self._encoder, most_events=MOST_EVENTS, most_bytes=MOST_BYTES)
        self._recorder = Recorder(self._pipe, budget)
        self._journal = Journal(self._recorder, self._encoder)
        self._semaphores = SemaphoreWatch(self._journal)
        self._observer = Observer(self._journal, self._semaphores)
        self._about: dict[str, object] = {
            "python": sys.version.split()[0],
            "gil": is_gil_enabled(),
            "cpus": len(os.sched_getaffinity(0)),
        }
        self._streams = sys.stdout, sys.stderr
        self._outputs = [
            OutputStream(replaced, partial(self._write, number))
            for number, replaced in enumerate(self._streams, start=1)
        ]

    def begin(self, filename: str, source: str) -> None:
        """Takes the place of what it watches, and says what is run here."""
        self._encoder.begin(time.monotonic_ns())
        self._pipe.open()
        self._journal.begin(filename)
        self._about["file_sha"] = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        self.live = True
        self._journal.tell_now("M", "meta", "run", threading.get_native_id(), self._about)
        hooks.install(self._observer)
        self._semaphores.install()
        os._exit = self._exit
        sys.stdout, sys.stderr = self._outputs

    def tell_failed(self, error: dict[str, object]) -> None:
        self._journal.tell_now("M", "meta", "failed", threading.get_native_id(), error)

    def finish(self) -> None:
        """Sends all that was recorded. What is written later goes to the real output."""
        if self.live:
            for output in self._outputs:
                output.end()
            self.live = False
            hooks.uninstall()
            self._semaphores.uninstall()
            os._exit = _leave
            sys.stdout, sys.stderr = self._streams
            self._recorder.finish()

    def pause(self) -> None:
        if self.live:
            self._recorder.pause()

    def abandon(self) -> None:
        """For the child of a fork: it is left alone from now on."""
        self.live = False
        hooks.uninstall()
        self._semaphores.uninstall()
        self._recorder.abandon()

    def _write(self, descriptor: int, text: str) -> None:
        """In pieces, so that however long a text is, it waits where it is and not in our hands."""
        for start in range(0, len(text), LONGEST_OUTPUT):
            piece = text[start : start + LONGEST_OUTPUT]
            if not (self.live and self._journal.output(descriptor, piece)):
                _write_all(descriptor, piece.encode())

    def _exit(self, status: int) -> NoReturn:
        self.finish()
        _leave(status)


def prepare(fd: int) -> None:
    """Does ahead what a `start` for this descriptor would do first, in this process or a fork of it."""
    _prepared[fd] = Session(fd)


def start(fd: int, filename: str, source: str) -> Session:
    """Watches this process from now on, and writes what it sees to the pipe `fd`.

    `filename` is the name that the learner's program, `source`, is compiled under.
    """
    global _live
    if _live is None:
        os.register_at_fork(before=_before_fork, after_in_child=_in_child)
    _live = _prepared.pop(fd, None) or Session(fd)
    _live.begin(filename, source)
    return _live


def is_gil_enabled() -> bool:
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def _before_fork() -> None:
    """No lock may be held, and no thread of ours may run, while the process is copied."""
    if _live is not None:
        _live.pause()


def _in_child() -> None:
    if _live is not None and _live.live:
        _live.abandon()


def _write_all(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]
