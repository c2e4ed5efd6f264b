"""What the kernel tells of a runner's processes."""

import asyncio
import os
import time
from pathlib import Path

STILL_FOR_S = 0.1
SETTLED_WITHIN_S = 5.0
KIB = 1024


def descendants(pid: int) -> list[int]:
    """Every process below this one, nearest first."""
    found = [pid]
    for parent in found:
        found += _children(parent)
    return found[1:]


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    except (FileNotFoundError, ProcessLookupError):
        pass  # ended while it was looked at
    return found


def find_runner(below: int | None = None) -> int:
    """The runner itself among the processes below `below`, or below this one."""
    for pid in descendants(below or os.getpid()):
        program, *words = _read(pid, "cmdline").split("\0")
        if "python" in Path(program).name and "studyapp.sandbox.runner" in words:
            return pid
    raise RuntimeError("no runner is running")


async def settled(pid: int, least: int = 0) -> int:
    """How many processes are below `pid` once there are `least` and none has come or gone for a while.

    After SETTLED_WITHIN_S it is what there is then.
    """
    seen, since = frozenset[int](), time.monotonic()
    deadline = since + SETTLED_WITHIN_S
    while time.monotonic() < deadline:
        now = frozenset(descendants(pid))
        if now != seen:
            seen, since = now, time.monotonic()
        elif len(now) >= least and time.monotonic() - since >= STILL_FOR_S:
            break
        await asyncio.sleep(0.01)
    return len(seen)


def waiting_jails(runner: int) -> list[list[int]]:
    """The processes of each jail that waits for a run, its first process first.

    A jail's first process is number 1 of a pid namespace two below the runner's: one is the template's.
    """
    depth = len(numbers_of(runner)) + 2
    firsts = [pid for pid in descendants(runner) if numbers_of(pid)[depth - 1 :] == [1]]
    return [[first, *descendants(first)] for first in firsts]


def numbers_of(pid: int) -> list[int]:
    """The process's numbers in the pid namespaces that it is in, the outermost first."""
    for line in _read(pid, "status").splitlines():
        if line.startswith("NSpid:"):
            return [int(word) for word in line.split()[1:]]
    return []


def resident_kib(pid: int) -> int:
    """All memory of a process that is not paged out, shared or not."""
    for line in _read(pid, "status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError(f"process {pid} is gone")


def private_kib(pid: int) -> int:
    """Memory that this process alone uses. Raises PermissionError for one that hides from this user."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(
        int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:"))
    )


def command_of(pid: int) -> str:
    return _read(pid, "comm").strip()


def count_descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def count_mounts(pid: int) -> int:
    return len(_read(pid, "mountinfo").splitlines())


def cgroups_of(pid: int) -> set[Path]:
    """Where the process is in each hierarchy of control groups, as paths without the mount point."""
    return {Path(line.split(":", 2)[2]) for line in _read(pid, "cgroup").splitlines()}


def is_alive(pid: int) -> bool:
    """False for a zombie too: nothing of it runs any more."""
    state = _read(pid, "stat").rpartition(")")[2].split()[:1]
    return bool(state) and state[0] not in "ZX"


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
