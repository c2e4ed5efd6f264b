"""Control files: small texts of the kernel's own, read and written whole.

Paths may be plain strings: every run writes and reads a dozen of these files, and pathlib would take longer.
"""

import os
from pathlib import Path

_LONGEST = 64 * 1024
_LONGEST_GAUGE = 4096


def write(path: str | Path, text: str) -> None:
    """Writes to a file that is there already. Raises OSError with the kernel's reason to refuse."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def write_if_there(path: str | Path, text: str) -> None:
    """The same, except that not every kernel has the file."""
    try:
        write(path, text)
    except FileNotFoundError:
        return


def read(path: str | Path) -> str:
    """What the file says now."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, _LONGEST).decode()
    finally:
        os.close(descriptor)


def read_pids(folder: str | Path) -> list[int]:
    """The processes in a group, as this process sees them; 0 stands for one that it cannot see."""
    with open(f"{folder}/cgroup.procs") as file:
        return [int(line) for line in file]


class Gauges:
    """Control files that are read again and again. They stay open, as most of the time goes into opening.

    Every method raises OSError once the file's group is removed.
    """

    def __init__(self) -> None:
        self._open: dict[str, int] = {}

    def read_int(self, path: str) -> int:
        """The number that the file holds now."""
        return int(self._read(path))

    def read_int_if_there(self, path: str) -> int:
        """The same; 0 if this kernel has no such file."""
        try:
            return self.read_int(path)
        except FileNotFoundError:
            return 0

    def read_table(self, path: str) -> dict[str, int]:
        """The numbers of a file with one "name number" in each line."""
        lines = self._read(path).decode().splitlines()
        return {name: int(number) for name, number in map(str.split, lines)}

    def close(self) -> None:
        """Closes the files; who reads one again opens it again."""
        while self._open:
            os.close(self._open.popitem()[1])

    def _read(self, path: str) -> bytes:
        if path not in self._open:
            self._open[path] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(self._open[path], _LONGEST_GAUGE, 0)
