"""The way out: lines of JSON arrays on the pipe to the supervisor."""

import os
import select
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import repeat
from typing import Self

WHOLE_BYTES = select.PIPE_BUF
"""A pipe takes this much at once or not at all."""
LOOK_AGAIN_MS = 1000


class EventPipe:
    """Writes encoded events to a descriptor, from `open` on until that is closed or something else.

    The descriptor belongs to the learner's process: a program may close it or put a file of its own in its
    place. The pipe's identity is therefore checked before it is written to.

    One thread at a time may use it. A signal handler or finalizer that runs in the midst of `send` may send,
    too, and may raise: every piece is still written once, whole, and in its turn.
    """

    def __init__(self, fd: int) -> None:
        self.waiting: deque[bytes] = deque()
        self._fd = fd
        self._identity: tuple[int, int] | None = None
        # Each turn writes the first piece and takes it away in one go: no Python code runs in between, so no
        # signal handler does. Nor does one run inside the write, as the pipe does not block.
        self._turns = zip(
            map(os.write, repeat(fd), map(self.waiting.__getitem__, repeat(0))),
            map(deque.popleft, repeat(self.waiting)),
            strict=False,
        )

    def open(self) -> Self:
        """Takes what the descriptor is now for the pipe."""
        self._identity = _identify(self._fd)
        if self._identity is not None:
            os.set_inheritable(self._fd, False)  # noqa: FBT003  # its only spelling
            os.set_blocking(self._fd, False)
        return self

    @property
    def is_silent(self) -> bool:
        """Whether the last that was sent did not arrive, and nothing will any more."""
        return self._identity is None

    def send(self) -> None:
        """Writes all that waits. Waits itself while the pipe is full: that slows a program that floods it."""
        while self.waiting:
            try:
                if not self._is_ours():
                    self._fall_silent()
                    return
                for _ in self._turns:
                    pass
            except IndexError:  # nothing waits any more
                return
            except BlockingIOError:
                self._wait_for_room()
            except OSError:
                self._fall_silent()

    def close(self) -> None:
        with suppress(OSError):
            if self._is_ours():
                os.close(self._fd)
        self._fall_silent()

    def _is_ours(self) -> bool:
        found = os.fstat(self._fd)
        return (found.st_dev, found.st_ino) == self._identity

    def _wait_for_room(self) -> None:
        room = select.poll()
        room.register(self._fd, select.POLLOUT)
        room.poll(LOOK_AGAIN_MS)

    def _fall_silent(self) -> None:
        self._identity = None
        self.waiting.clear()


def make_pieces(encoded: Sequence[str]) -> list[bytes]:
    """Lines that hold the events, each in as few pieces as a pipe takes whole."""
    if len(encoded) == 1 and len(encoded[0]) < WHOLE_BYTES - len("[]\n"):
        return [f"[{encoded[0]}]\n".encode()]
    lines = _make_lines(encoded)
    return [line[n : n + WHOLE_BYTES] for line in lines for n in range(0, len(line), WHOLE_BYTES)]


def _identify(fd: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(fd)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _make_lines(encoded: Sequence[str]) -> list[bytes]:
    """Only a line with a single event may be longer than a piece. All of them are ASCII."""
    line = ",".join(encoded)
    if len(encoded) > 1 and len(line) > WHOLE_BYTES - len("[]\n"):
        half = len(encoded) // 2
        return _make_lines(encoded[:half]) + _make_lines(encoded[half:])
    return [f"[{line}]\n".encode()] if encoded else []
