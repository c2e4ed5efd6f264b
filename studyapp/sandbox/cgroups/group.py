"""One run's control group on the runner's side, made from nothing but the folders that were given.

Only files of the kernel's own are touched here; no guest sees a control group's folder.
"""

import contextlib
import errno
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from studyapp.sandbox.cgroups.files import Gauges, read_pids, write


@dataclass(frozen=True, slots=True)
class GroupUsage:
    """Bytes now, processor seconds so far, processes and threads now; None where nothing counts it.

    The processor time includes processes that have ended. The memory is what counts against the limit: all
    pages, tmpfs files, page tables, pipes and sockets, and also cached parts of ordinary files that the run
    was the first to read. That cache is given back when room is needed, so reading a large file can bring
    this number up to the limit and breaks nothing.
    """

    memory_bytes: int | None
    cpu_s: float | None
    tasks: int | None


class Group(ABC):
    """One run's group in each hierarchy.

    `entries` are descriptors of cgroup.procs, open for writing: a process that writes b"0" to each of them
    moves itself into the group. `birthplace` is a descriptor of the group's folder for CLONE_INTO_CGROUP;
    None in version 1. Whoever else holds these descriptors can put processes into this group and no more.
    """

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._folders = folders
        self._made: list[str] = []
        self._open = ExitStack()
        self._gauges = Gauges()
        self.entries: tuple[int, ...] = ()
        self.birthplace: int | None = None

    @classmethod
    def make(cls, folders: Mapping[str, str]) -> Self:
        """Makes the folders, given by controller. Raises OSError, and has made nothing then."""
        group = cls(folders)
        try:
            for folder in set(folders.values()):
                os.mkdir(folder)
                group._made.append(folder)
            group._open_ways_in()
        except OSError:
            group.remove()
            raise
        return group

    def _open_ways_in(self) -> None:
        flags = os.O_WRONLY | os.O_CLOEXEC
        self.entries = tuple(self._hold(f"{folder}/cgroup.procs", flags) for folder in self._made)

    def _hold(self, path: str, flags: int) -> int:
        descriptor = os.open(path, flags)
        self._open.callback(os.close, descriptor)
        return descriptor

    @abstractmethod
    def limit(self, memory_bytes: int, tasks: int) -> None:
        """Sets the limits; both include what is ours in the jail. Raises OSError."""

    @abstractmethod
    def usage(self) -> GroupUsage:
        """What all processes of the group use and have used. Raises OSError once it is removed."""

    @abstractmethod
    def broke_memory(self) -> bool:
        """Whether the kernel killed in this group because the group was at its own limit of memory.

        Raises OSError once it is removed.
        """

    def was_refused_tasks(self) -> bool | None:
        """Whether a process or thread was refused because the group was at its limit; None if none counts."""
        folder = self._folders.get("pids")
        return self._gauges.read_table(f"{folder}/pids.events")["max"] > 0 if folder else None

    def kill(self) -> None:
        """Kills every process that is in the group now, as far as it can be seen from here."""
        for folder in self._made[:1]:
            for pid in read_pids(folder):
                _kill_member(pid, folder)

    def close(self) -> None:
        """Closes the descriptors; the processes that were let in stay in."""
        self._open.close()
        self._gauges.close()
        self.entries, self.birthplace = (), None

    def remove(self) -> bool:
        """Removes the group once no process is in it. False if something is left: try again in a moment."""
        self.close()
        self._made = [folder for folder in self._made if not _is_removed(folder)]
        return not self._made

    def _tasks(self) -> int | None:
        folder = self._folders.get("pids")
        return self._gauges.read_int(f"{folder}/pids.current") if folder else None

    def _limit_tasks(self, tasks: int) -> None:
        if "pids" in self._folders:
            write(f"{self._folders['pids']}/pids.max", str(tasks))


def _kill_member(pid: int, folder: str) -> None:
    """A number may belong to another process by now: only one that is still listed once it is held is meant.

    0 is listed for a process that cannot be seen from here.
    """
    with contextlib.suppress(OSError), ExitStack() as stack:
        if pid:
            held = os.pidfd_open(pid)
            stack.callback(os.close, held)
            if pid in read_pids(folder):
                signal.pidfd_send_signal(held, signal.SIGKILL)


def _is_removed(folder: str) -> bool:
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno == errno.EBUSY:
            return False
        raise
    return True
