"""What a jail uses, summed over all its processes from /proc.

Reads numbers that the kernel writes and nothing else; a process that vanishes while it is read is left out.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")
_SHARED_MEMORY = "/dev/zero (deleted)\n"
"""The kernel's name for shared memory without a name."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds so far, bytes of memory now, and processes plus threads now."""

    cpu_s: float
    memory_bytes: int
    tasks: int


@dataclass(frozen=True, slots=True)
class _Process:
    """`holder` is a living thread of it: of a dead one the kernel tells neither memory nor open files."""

    pid: int
    holder: int
    started: int
    own_ticks: int
    all_ticks: int
    threads: int
    resident: int
    mapped: int


@dataclass(frozen=True, slots=True)
class _Share:
    """Bytes of memory of one process, and how much of it is shared memory."""

    all: int
    shared: int


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
        if memory > self._precise_above or _mapped_beyond_first(processes) > self._precise_above:
            memory = _precise_memory(processes)
        return Usage(self._ticks / _TICKS, memory, sum(process.threads for process in processes))


def _mapped_beyond_first(processes: list[_Process]) -> int:
    """Bytes of address space that the processes have and the jail's first one, which is ours, has not."""
    return sum(max(0, process.mapped - processes[0].mapped) for process in processes)


def _precise_memory(processes: list[_Process]) -> int:
    """Each page once, and shared memory without a name as large as it is mapped.

    Such memory can be there without being in any process's page tables, where all else is counted.
    """
    shares = [_proportional(process) for process in processes]
    shared: dict[str, int] = {}
    for process in processes:
        shared |= _shared_mappings(process.holder)
    hidden = sum(shared.values()) - sum(share.shared for share in shares)
    return sum(share.all for share in shares) + max(0, hidden)


def _shared_mappings(pid: int) -> dict[str, int]:
    """Bytes of anonymous shared memory by its number, which is the same in every process that has it."""
    found: dict[str, int] = {}
    try:
        with open(f"/proc/{pid}/maps") as file:
            for line in file:
                if line.endswith(_SHARED_MEMORY):
                    place, _, _, _, inode, *_ = line.split()
                    start, end = (int(address, 16) for address in place.split("-"))
                    found[inode] = found.get(inode, 0) + end - start
    except OSError:
        pass
    return found


def _tree(pid: int) -> Iterator[_Process]:
    waiting = [pid]
    while waiting:
        process = _read_process(waiting.pop())
        if process:
            yield process
            waiting += _children(process.pid)


def _read_process(pid: int) -> _Process | None:
    numbers = _read_stat(pid)
    if numbers is None:
        return None
    threads = int(numbers[17])
    ended_first = numbers[0] == b"Z" and threads > 1  # as the first thread may, and leave the others running
    holder = int([str(pid), *_threads(pid)][-1]) if ended_first else pid
    sizes = (_read_stat(holder) if ended_first else None) or numbers
    own = int(numbers[11]) + int(numbers[12])
    waited_for = int(numbers[13]) + int(numbers[14])
    return _Process(
        pid=pid,
        holder=holder,
        started=int(numbers[19]),
        own_ticks=own,
        all_ticks=own + waited_for,
        threads=threads,
        resident=int(sizes[21]) * _PAGE,
        mapped=int(sizes[20]),
    )


def _read_stat(pid: int) -> list[bytes] | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return None


def _children(pid: int) -> list[int]:
    """Children are listed by the thread that made them."""
    found: list[int] = []
    for thread in _threads(pid):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
            found += map(int, file.read().split())
    return found


def _threads(pid: int) -> list[str]:
    """Oldest first."""
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def _proportional(process: _Process) -> _Share:
    """Pages shared by n processes count one nth in each. Falls back on all resident pages.

    A process that ended since it was found holds nothing any more; its resident pages would count what it
    shared with many others once for each of them.
    """
    try:
        with open(f"/proc/{process.holder}/smaps_rollup", "rb") as file:
            told = dict(line.split(b":", 1) for line in file.readlines()[1:])
            return _Share(_read_kib(told, b"Pss"), _read_kib(told, b"Pss_Shmem"))
    except OSError:
        return _Share(process.resident if _lives(process.holder) else 0, 0)


def _read_kib(told: dict[bytes, bytes], name: bytes) -> int:
    """Bytes; 0 for what this kernel does not tell."""
    return int(told.get(name, b"0 kB").split()[0]) * 1024


def _lives(pid: int) -> bool:
    numbers = _read_stat(pid)
    return numbers is not None and numbers[0] not in (b"Z", b"X")


def is_waiting(pid: int) -> bool:
    """Whether the first thread of a process sleeps until something happens."""
    numbers = _read_stat(pid)
    return numbers is not None and numbers[0] == b"S"


def find_others(first_pid: int) -> list[int]:
    """The pids, as seen from here, of all processes of a jail but its first and the guest's own."""
    program = find_program(first_pid)
    return [process.pid for process in _tree(first_pid) if process.pid not in (first_pid, program)]


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
