"""Control files: small texts of the kernel's own, read and written whole.

Paths may be plain strings: every run writes and reads a dozen of these files, and pathlib would take longer.
"""

import os
from pathlib import Path

_LONGEST = 64 * 1024


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


def read_int(path: str | Path) -> int:
    """The number that the file holds."""
    return int(read(path))


def read_int_if_there(path: str | Path) -> int:
    """The same; 0 if this kernel has no such file."""
    try:
        return read_int(path)
    except FileNotFoundError:
        return 0


def read_table(path: str | Path) -> dict[str, int]:
    """The numbers of a file with one "name number" in each line."""
    return {name: int(number) for name, number in (line.split() for line in read(path).splitlines())}


def read_pids(folder: str | Path) -> list[int]:
    """The processes in a group, as this process sees them; 0 stands for one that it cannot see."""
    with open(f"{folder}/cgroup.procs") as file:
        return [int(line) for line in file]
