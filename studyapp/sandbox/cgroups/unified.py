"""Version 2: makes a group dividable, which the kernel allows only while no process is in it."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from studyapp.sandbox.cgroups.claims import SIDE_ROOM
from studyapp.sandbox.cgroups.files import read, read_pids, write

WANTED = frozenset({"memory", "pids", "cpu"})

_DELEGATE = (
    "give the site's systemd unit `Delegate=yes`, or start by hand with "
    "`systemd-run --user --scope -p Delegate=yes`."
)
NOT_OURS = f"This user may not divide its control group {{}}: {_DELEGATE}"
SHARED = f"Control group {{}} holds other processes too, so it cannot be divided: {_DELEGATE}"


class Indivisible(Exception):
    """Why no group can be divided, as a sentence with the remedy."""


def controllers_of(folder: Path) -> frozenset[str]:
    """Those of the wanted controllers that this group may hand on."""
    return frozenset(read(folder / "cgroup.controllers").split()) & WANTED


def enable(folder: Path) -> None:
    """Lets the groups below count and limit what this one can. Raises OSError: EBUSY if it is not empty."""
    missing = controllers_of(folder) - set(read(folder / "cgroup.subtree_control").split())
    if missing:
        write(folder / "cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(missing)))


def find_parent(own: Path, top: Path, stack: ExitStack) -> Path:
    """The group, ready to be divided, in which ours may be made: this process's own, if that can be.

    Moves the processes of the own group into a side room, until the stack ends, where these are only this
    one and its ancestors, or the host has said that the group is given away. An ordinary user's processes
    may take the nearest group above instead that the user owns; root's stay where they are held.
    Raises Indivisible.
    """
    home = own.parent if own.name == SIDE_ROOM else own
    if not _is_ours(home):
        raise Indivisible(NOT_OURS.format(home))
    if _try_enable(home) or (_may_clear(home) and _clear(home, stack)):
        return home
    above = _owned_above(home, top) if os.geteuid() != 0 else iter(())
    parent = next(filter(_try_enable, above), None)
    if parent is None:
        raise Indivisible(SHARED.format(home))
    return parent


def _is_ours(folder: Path) -> bool:
    return all(os.access(path, os.W_OK) for path in (folder, folder / "cgroup.procs"))


def _owned_above(folder: Path, top: Path) -> Iterator[Path]:
    while folder != top and _is_ours(folder.parent):
        folder = folder.parent
        yield folder


def _try_enable(folder: Path) -> bool:
    try:
        enable(folder)
    except OSError:
        return False
    return True


def _may_clear(folder: Path) -> bool:
    return _is_given_away(folder) or set(read_pids(folder)) <= set(_ancestors(os.getpid()))


def _is_given_away(folder: Path) -> bool:
    """systemd marks the groups of units with `Delegate=yes`."""
    for name in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            if os.getxattr(folder, name) == b"1":
                return True
    return False


def _ancestors(pid: int) -> Iterator[int]:
    while pid > 0:
        yield pid
        stat = read(Path(f"/proc/{pid}/stat"))
        pid = int(stat.rpartition(")")[2].split()[1])


def _clear(folder: Path, stack: ExitStack) -> bool:
    """Moves all processes of the group into its side room. False if more keep coming."""
    side_room = folder / SIDE_ROOM
    side_room.mkdir(exist_ok=True)
    stack.callback(_restore, folder)
    _move(folder, side_room)
    return _try_enable(folder)


def _restore(folder: Path) -> None:
    """Puts the processes back, unless another runner still needs the group divided."""
    with contextlib.suppress(OSError):
        enabled = read(folder / "cgroup.subtree_control").split()
        write(folder / "cgroup.subtree_control", " ".join(f"-{name}" for name in enabled if name in WANTED))
        _move(folder / SIDE_ROOM, folder)
        (folder / SIDE_ROOM).rmdir()


def _move(source: Path, target: Path) -> None:
    for pid in read_pids(source):
        with contextlib.suppress(ProcessLookupError):
            write(target / "cgroup.procs", str(pid))
