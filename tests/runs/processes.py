"""Processes as the kernel lists them."""

import os
import select
import signal
from contextlib import suppress
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


def kill_runner() -> None:
    """Kills the process that serves as embedded runner of this one; all around it is left to notice."""
    for pid in descendants(os.getpid()):
        with suppress(ProcessLookupError, FileNotFoundError):
            program, *words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"studyapp.sandbox.runner" in words and not program.endswith(b"bwrap"):
                os.kill(pid, signal.SIGKILL)


def kill_templates() -> None:
    """Kills what jails are forked from; the process that serves goes on."""
    for pid in descendants(os.getpid()):
        with suppress(ProcessLookupError, FileNotFoundError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            inside = Path(f"/proc/{pid}/status").read_text().partition("NSpid:")[2].splitlines()[0].split()
            if b"inside.template" in words and len(inside) == 2:
                os.kill(pid, signal.SIGKILL)


def wait_until_gone(pid: int) -> bool:
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    gone = bool(select.select([watched], [], [], WITHIN_S)[0])
    os.close(watched)
    return gone
