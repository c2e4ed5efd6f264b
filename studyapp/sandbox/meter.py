"""What a jail uses, summed over all its processes from /proc.

Reads numbers that the kernel writes and nothing else; a process that vanishes while it is read is left out.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds so far, bytes of memory now, and processes plus threads now."""

    cpu_s: float
    memory_bytes: int
    tasks: int


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    started: int
    own_ticks: int
    all_ticks: int
    threads: int
    resident: int


class Meter:
    """Measures everything below `first_pid`, the jail's first process.

    Two sums of processor time are kept, since each misses something: what the living have used with what
    they inherited from children they waited for, and what every process was ever seen to use by itself.
    The larger one counts.
    """

    def __init__(self, first_pid: int, *, precise_above: int) -> None:
        self._first_pid = first_pid
        self._precise_above = precise_above
        self._seen: dict[tuple[int, int], int] = {}
        self._ticks = 0

    def sample(self) -> Usage:
        """Usage right now. Shared pages are shared out exactly once the cheap sum passes `precise_above`."""
        processes = list(_tree(self._first_pid))
        self._seen |= {(process.pid, process.started): process.own_ticks for process in processes}
        living = sum(process.all_ticks for process in processes)
        self._ticks = max(self._ticks, living, sum(self._seen.values()))
        memory = sum(process.resident for process in processes)
        if memory > self._precise_above:
            memory = sum(_proportional(process) for process in processes)
        return Usage(self._ticks / _TICKS, memory, sum(process.threads for process in processes))


def _tree(pid: int) -> Iterator[_Process]:
    waiting = [pid]
    while waiting:
        process = _read_process(waiting.pop())
        if process:
            yield process
            waiting += _children(process.pid)


def _read_process(pid: int) -> _Process | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            numbers = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    own = int(numbers[11]) + int(numbers[12])
    waited_for = int(numbers[13]) + int(numbers[14])
    return _Process(
        pid=pid,
        started=int(numbers[19]),
        own_ticks=own,
        all_ticks=own + waited_for,
        threads=int(numbers[17]),
        resident=int(numbers[21]) * _PAGE,
    )


def _children(pid: int) -> list[int]:
    """Children are listed by the thread that made them."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    except OSError:
        return found
    return found


def _proportional(process: _Process) -> int:
    """Pss: pages shared by n processes count one nth in each. Falls back on all resident pages."""
    try:
        with open(f"/proc/{process.pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return process.resident
    return process.resident


def find_program(first_pid: int) -> int | None:
    """The pid, as seen from here, of the process that a jail sees as pid 2: the guest's own."""
    for pid in _children(first_pid):
        try:
            with open(f"/proc/{pid}/status") as file:
                inside = next(line for line in file if line.startswith("NSpid:")).split()[-1]
        except (OSError, StopIteration):
            continue
        if inside == "2":
            return pid
    return None
