"""What runs on this machine, as /proc tells it."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path


def processes_with(marker: str) -> list[int]:
    """Processes that have the marker among their arguments."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if marker.encode() in words:
            found.append(int(folder.name))
    return found


async def until(holds: Callable[[], bool]) -> None:
    """Looks until it holds; a test that looks in vain is ended by its timeout."""
    while not holds():  # noqa: ASYNC110  # the kernel sends no event for these
        await asyncio.sleep(0.01)


async def until_gone(marker: str) -> None:
    """Returns when no process has the marker."""
    await until(lambda: not processes_with(marker))


def descendants(pid: int) -> list[int]:
    """The process and everything below it."""
    found = [pid]
    for parent in found:
        found += children(parent)
    return found


def children(pid: int) -> list[int]:
    """The children of a process, none of one that is gone."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return found


async def until_dead(pids: list[int]) -> None:
    """Returns when none of the processes runs any more."""
    await until(lambda: not any(is_alive(pid) for pid in pids))


def is_alive(pid: int) -> bool:
    """False for a zombie too: nothing of it runs any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
