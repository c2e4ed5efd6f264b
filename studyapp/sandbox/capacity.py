"""How many runs a machine can bear at once."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from studyapp.sandbox.limits import Limits

RUNS_PER_CORE = 40
FEWEST_RUNS = 4
STOCK_PER_CORE = 2
MOST_WAITING = 512

_GROUPS = Path("/proc/self/cgroup")
_MOUNTED_GROUPS = Path("/sys/fs/cgroup")


def runs_for(cores: int, memory_bytes: int) -> int:
    """Runs at once: RUNS_PER_CORE for each core, all of them together in three quarters of the memory.

    Never very few. Runs sleep and wait most of the time, so a core serves many; memory that they may use must
    be there.
    """
    in_memory = memory_bytes * 3 // 4 // Limits().memory_bytes
    return max(FEWEST_RUNS, min(RUNS_PER_CORE * cores, in_memory))


def runs_here() -> int:
    """Runs at once on this machine, of which this process may not have all cores and all memory."""
    return runs_for(len(os.sched_getaffinity(0)), memory_here())


def stock_here() -> int:
    """Jails made ahead on this machine: enough for a few people who press Run in the same moment."""
    return STOCK_PER_CORE * len(os.sched_getaffinity(0))


def memory_here() -> int:
    """Bytes of memory of this machine, or of the control group that this process is held to."""
    of_machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    groups = _GROUPS.read_text() if _GROUPS.exists() else ""
    return min([of_machine, *limits_of_groups(groups, _MOUNTED_GROUPS)])


def limits_of_groups(groups: str, mounted: Path) -> Iterator[int]:
    """The limits in bytes that hold for the members of `groups`, written as in /proc/PID/cgroup."""
    for line in groups.splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers == "":
            yield from _limits_up_from(mounted, name, "memory.max")
        elif controllers == "memory":
            yield from _limits_up_from(mounted / "memory", name, "memory.limit_in_bytes")


def _limits_up_from(top: Path, name: str, file: str) -> Iterator[int]:
    group = top / name.lstrip("/")
    for folder in (group, *group.parents):
        with suppress(OSError, ValueError):  # no such group from in here, or "max"
            yield int((folder / file).read_text())
        if folder == top:
            return
