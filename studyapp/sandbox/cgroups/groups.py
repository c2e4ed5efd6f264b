"""Makes the control groups of runs, in whichever version the host has."""

import os
from collections.abc import Mapping
from pathlib import Path

from studyapp.sandbox.cgroups.files import write, write_if_there
from studyapp.sandbox.cgroups.group import Group, GroupUsage

PART_FOR_CONNECTIONS = 4
"""One in so many bytes of a memory limit may be TCP buffers, where version 1 counts these apart."""

MOST_SWAPPED_BYTES = 1024 * 1024
"""Not 0: version 1 limits memory, then memory with swap, and reliably counts only what hits the former."""


class UnifiedGroup(Group):
    """Version 2: one folder for all controllers."""

    def _open_ways_in(self) -> None:
        super()._open_ways_in()
        self.birthplace = self._hold(self._made[0], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def limit(self, memory_bytes: int, tasks: int) -> None:
        folder = self._folders.get("memory")
        if folder:
            write(f"{folder}/memory.max", str(memory_bytes))
            write_if_there(f"{folder}/memory.oom.group", "1")
        self._limit_tasks(tasks)

    def usage(self) -> GroupUsage:
        memory = self._folders.get("memory")
        counted = self._gauges.read_table(next(iter(self._folders.values())) + "/cpu.stat")
        return GroupUsage(
            memory_bytes=self._gauges.read_int(f"{memory}/memory.current") if memory else None,
            cpu_s=counted["usage_usec"] / 1e6,
            tasks=self._tasks(),
        )

    def broke_memory(self) -> bool:
        folder = self._folders.get("memory")
        return folder is not None and self._gauges.read_table(f"{folder}/memory.events")["oom"] > 0

    def kill(self) -> None:
        for folder in self._made:
            try:
                write(f"{folder}/cgroup.kill", "1")
            except FileNotFoundError:  # Linux before 5.14
                super().kill()


class SplitGroup(Group):
    """Version 1: a folder in each hierarchy."""

    def limit(self, memory_bytes: int, tasks: int) -> None:
        folder = self._folders.get("memory")
        if folder:
            write(f"{folder}/memory.limit_in_bytes", str(memory_bytes))
            with_swap = str(memory_bytes + MOST_SWAPPED_BYTES)
            write_if_there(f"{folder}/memory.memsw.limit_in_bytes", with_swap)
            for_connections = str(memory_bytes // PART_FOR_CONNECTIONS)
            write_if_there(f"{folder}/memory.kmem.tcp.limit_in_bytes", for_connections)
        self._limit_tasks(tasks)

    def usage(self) -> GroupUsage:
        memory, cpu = self._folders.get("memory"), self._folders.get("cpuacct")
        return GroupUsage(
            memory_bytes=self._memory_and_connections(memory) if memory else None,
            cpu_s=self._gauges.read_int(f"{cpu}/cpuacct.usage") / 1e9 if cpu else None,
            tasks=self._tasks(),
        )

    def broke_memory(self) -> bool:
        """Reading files brings a group to its limit too, and a full host kills as well: both must be so."""
        folder = self._folders.get("memory")
        if folder is None:
            return False
        if not self._gauges.read_int(f"{folder}/memory.failcnt"):
            return False
        told = self._gauges.read_table(f"{folder}/memory.oom_control")
        return told.get("oom_kill", 0) > 0  # absent before Linux 4.13

    def _memory_and_connections(self, folder: str) -> int:
        apart = self._gauges.read_int_if_there(f"{folder}/memory.kmem.tcp.usage_in_bytes")
        return self._gauges.read_int(f"{folder}/memory.usage_in_bytes") + apart


class Groups:
    """Makes groups in the folders of a delegation, which are named as `Delegation.folders` names them."""

    def __init__(self, folders: Mapping[str, Path], version: int) -> None:
        self._folders = {name: folder for names, folder in folders.items() for name in names.split(",")}
        self._kind = UnifiedGroup if version == 2 else SplitGroup
        self.version = version
        self.controllers = frozenset(self._folders)

    def make(self, number: int) -> Group:
        """A group that has no limits yet. No number may be used twice. Raises OSError."""
        return self._kind.make({name: f"{folder}/run-{number}" for name, folder in self._folders.items()})


def find_groups(room: Path) -> Groups | None:
    """Groups in the folders that are mounted in the folder `room`; None if there are none."""
    folders = {folder.name: folder for folder in room.glob("*/")}
    version = 2 if any((folder / "cgroup.controllers").exists() for folder in folders.values()) else 1
    return Groups(folders, version) if folders else None
