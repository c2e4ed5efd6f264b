"""The way out: lines of JSON arrays on the pipe to the supervisor."""

import os
from collections.abc import Iterator, Sequence
from fcntl import F_SETFD, FD_CLOEXEC, fcntl

LONGEST_LINE = 200_000
"""In characters, and all of them ASCII. The supervisor takes lines of up to 256 KiB."""


class EventPipe:
    """Writes encoded events to a descriptor, and falls silent once that is closed or something else.

    The descriptor belongs to the learner's process: a program may close it or put a file of its own in its
    place. The pipe's identity is therefore checked before every write.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._identity = _identify(fd)
        fcntl(fd, F_SETFD, FD_CLOEXEC)

    def send(self, encoded: Sequence[str]) -> None:
        """Writes whole lines; blocks while the pipe is full, which is what slows a program that floods it."""
        for line in _make_lines(encoded):
            if self._identity is None or _identify(self._fd) != self._identity:
                return
            self._write(line)

    def close(self) -> None:
        if self._identity is not None and _identify(self._fd) == self._identity:
            os.close(self._fd)
        self._identity = None

    def _write(self, line: bytes) -> None:
        left = memoryview(line)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError:
            self._identity = None


def _identify(fd: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(fd)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _make_lines(encoded: Sequence[str]) -> Iterator[bytes]:
    line = ",".join(encoded)
    if len(line) > LONGEST_LINE and len(encoded) > 1:
        half = len(encoded) // 2
        yield from _make_lines(encoded[:half])
        yield from _make_lines(encoded[half:])
    elif encoded:
        yield f"[{line}]\n".encode()
