"""Groups of our own on the host: made under a lock that dies with its maker, and surely removed.

A lock tells better than a process number whose group it is: numbers are used again, and mean something else
in a container.
"""

import contextlib
import fcntl
import os
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from studyapp.sandbox.cgroups.files import read_pids

PREFIX = "interleave-"
SIDE_ROOM = f"{PREFIX}main"
"""Where processes wait that had to leave a group so that it could be divided."""

_TRIES = 20
_REMOVED_WITHIN_S = 5.0
_AGAIN_AFTER_S = 0.01


def claim(parent: Path, stack: ExitStack) -> Path:
    """A new group below `parent`, removed with the stack together with all that is in it.

    Raises OSError with the kernel's reason not to make one.
    """
    for _ in range(_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        held = _lock(folder)
        if held is not None:
            stack.callback(os.close, held)
            stack.callback(remove, folder)
            folder.chmod(0o755)
            return folder
    raise FileNotFoundError(f"every group made in {parent} was removed at once by another process")


def sweep(places: Iterable[Path]) -> None:
    """Removes the groups in these places that nobody holds and no process is in."""
    for place in places:
        for folder in place.glob(f"{PREFIX}*"):
            held = None if folder.name == SIDE_ROOM else _lock(folder)
            if held is not None:
                with contextlib.suppress(OSError):
                    _remove_empty(folder)
                os.close(held)


def remove(folder: Path) -> None:
    """Ends every process in the group and below it, then removes all of it.

    The kernel keeps a group for a moment after its last process. What is still busy after 5 s stays, and a
    later `sweep` takes it.
    """
    give_up_s = time.monotonic() + _REMOVED_WITHIN_S
    while time.monotonic() < give_up_s:
        try:
            _end_processes(folder)
            return _remove_empty(folder)
        except FileNotFoundError:
            return None
        except OSError:
            time.sleep(_AGAIN_AFTER_S)
    return None


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder; None if another process does, or the folder is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if folder.exists():
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _remove_empty(folder: Path) -> None:
    """Raises OSError, before anything is removed, if a process is left in any of it."""
    groups = list(_inner_first(folder))
    if any(read_pids(group) for group in groups):
        raise BlockingIOError(f"{folder} has processes in it")
    for group in groups:
        group.rmdir()


def _end_processes(folder: Path) -> None:
    """0 is a process that cannot be seen from here, and to signal it would be to signal our own group."""
    own = os.getpid()
    for group in _inner_first(folder):
        for pid in read_pids(group):
            if pid not in (0, own):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)


def _inner_first(folder: Path) -> Iterator[Path]:
    for found, _, _ in os.walk(folder, topdown=False):
        yield Path(found)
