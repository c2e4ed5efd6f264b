"""Processes as the kernel lists them."""

import os
import select
from pathlib import Path

WITHIN_S = 60


def descendants(pid: int) -> set[int]:
    """Every process below `pid`."""
    children = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid:
            children |= {int(folder.name)} | descendants(int(folder.name))
    return children


def runners() -> set[int]:
    """The processes of the embedded runner of this process, those of its jails left out."""
    return {
        pid
        for pid in descendants(os.getpid())
        if b"studyapp.sandbox" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }


def wait_until_gone(pid: int) -> bool:
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    gone = bool(select.select([watched], [], [], WITHIN_S)[0])
    os.close(watched)
    return gone
