"""The host's side: makes one group below this process's own and gives it to the runner's user."""

import contextlib
import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from studyapp.sandbox.cgroups import unified
from studyapp.sandbox.cgroups.claims import claim, sweep
from studyapp.sandbox.cgroups.files import write, write_if_there
from studyapp.sandbox.cgroups.hierarchies import Hierarchy, find_hierarchies

WHOLE_WEIGHT = 100
"""Processor weight of all runs together, as much as one process beside them has, such as the web server."""

RUNNER_WEIGHT = 1000
"""Of the runner among its runs, which have 100 each: it must answer while all of them are busy."""

RUNNER_LEAF = "runner"
SPLIT_WANTED = frozenset({"memory", "pids", "cpu", "cpuacct"})
SHARES_PER_WEIGHT = 10.24
"""Version 1 counts the same thing in shares, 1024 for 100."""

GIVEN_FILES = ("cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "tasks")
NO_GROUPS = "This host has no control groups that this process can see."
NOT_WRITABLE = (
    "Control group {} ({}) is not this user's to divide: start as root, "
    "or boot the host with version 2 control groups."
)


@dataclass(frozen=True, slots=True)
class Delegation:
    """A group for all runs of one runner. `version` is 0 where there is none.

    `folders` has one folder for each hierarchy, by the controllers in it joined by commas ("memory",
    "cpu,cpuacct", or in version 2 "cpu,memory,pids"). The runner's process has to be in all of `enter`
    before it starts anything. `problem` is what is lacking and how to get it; empty if nothing is.
    """

    version: int
    folders: Mapping[str, Path]
    enter: tuple[Path, ...]
    problem: str

    def join(self) -> None:
        """Moves the calling process into the runner's place. Raises OSError."""
        for path in self.enter:
            write(path, "0")


def delegate(owner_uid: int | None, stack: ExitStack) -> Delegation:
    """Makes a group below this process's own, for the user `owner_uid`, or for this one if that is None.

    Everything is undone with the stack; what earlier runners left is removed first. Never raises for what a
    host does not have: the delegation says it.
    """
    try:
        found = find_hierarchies(
            Path("/proc/self/cgroup").read_text(), Path("/proc/self/mountinfo").read_text()
        )
    except (OSError, ValueError) as error:
        return Delegation(0, {}, (), f"{NO_GROUPS} ({error})")
    hierarchies = [hierarchy for hierarchy in found if _holds_this_process(hierarchy)]
    sweep(_places_of_leftovers(hierarchies))
    version, wanted = choose_version(hierarchies)
    if version == 2:
        return _delegate_unified(wanted[0], owner_uid, stack)
    if version == 1:
        return _delegate_split(wanted, owner_uid, stack)
    return Delegation(0, {}, (), NO_GROUPS)


def choose_version(hierarchies: Iterable[Hierarchy]) -> tuple[int, list[Hierarchy]]:
    """The version that controls memory here, else the one with more controllers, and its hierarchies.

    A controller is in one version only. 0 and nothing if none of the wanted is in any.
    """
    unified_controllers = {
        found: unified.controllers_of(found.folder) for found in hierarchies if found.version == 2
    }
    split = {found: found.controllers & SPLIT_WANTED for found in hierarchies if found.version == 1}
    sides = [(2, unified_controllers), (1, split)]
    version, side = max(sides, key=lambda side: _worth(side[1].values()))
    chosen = [found for found, controllers in side.items() if controllers]
    return (version, chosen) if chosen else (0, [])


def _worth(controllers: Iterable[frozenset[str]]) -> tuple[bool, int]:
    together = frozenset[str]().union(*controllers)
    return "memory" in together, len(together)


def _holds_this_process(hierarchy: Hierarchy) -> bool:
    """Whether the folder that was worked out is what the kernel means."""
    try:
        return str(os.getpid()) in (hierarchy.folder / "cgroup.procs").read_text().split()
    except OSError:
        return False


def _places_of_leftovers(hierarchies: Iterable[Hierarchy]) -> list[Path]:
    """This process's own groups and those beside them, since each session may have had one of its own."""
    own = [hierarchy.folder for hierarchy in hierarchies]
    above = [found.folder.parent for found in hierarchies if found.folder != found.top]
    return [*own, *(beside for folder in above for beside in [folder, *folder.glob("*/")])]


def _delegate_unified(hierarchy: Hierarchy, owner_uid: int | None, stack: ExitStack) -> Delegation:
    try:
        parent = unified.find_parent(hierarchy.folder, hierarchy.top, stack)
        folder = claim(parent, stack)
        unified.enable(folder)
        with contextlib.suppress(OSError):
            write_if_there(folder / "memory.swap.max", "0")
        leaf = _furnish(folder, owner_uid)
        controllers = unified.controllers_of(folder)
        if "cpu" in controllers:
            write(folder / "cpu.weight", str(WHOLE_WEIGHT))
            write(leaf / "cpu.weight", str(RUNNER_WEIGHT))
    except unified.Indivisible as reason:
        return Delegation(0, {}, (), str(reason))
    except OSError as error:
        return Delegation(0, {}, (), f"Control group {hierarchy.folder} cannot be divided: {error}.")
    return Delegation(
        2,
        {",".join(sorted(controllers)): folder},
        (leaf / "cgroup.procs",),
        _lacking(unified.WANTED - controllers),
    )


def _delegate_split(hierarchies: list[Hierarchy], owner_uid: int | None, stack: ExitStack) -> Delegation:
    folders: dict[str, Path] = {}
    enter: list[Path] = []
    problems: list[str] = []
    missing = SPLIT_WANTED
    for hierarchy in hierarchies:
        controllers = hierarchy.controllers & SPLIT_WANTED
        try:
            folder = claim(hierarchy.folder, stack)
            _set_up_split(folder, controllers)
            leaf = _furnish(folder, owner_uid)
            if "cpu" in controllers:
                write(leaf / "cpu.shares", _shares(RUNNER_WEIGHT))
        except OSError:
            problems.append(NOT_WRITABLE.format(hierarchy.folder, ", ".join(sorted(controllers))))
            continue
        folders[",".join(sorted(controllers))] = folder
        enter.append(leaf / "cgroup.procs")
        missing -= controllers
    problem = " ".join(problems) or _lacking(missing)
    return Delegation(1 if folders else 0, folders, tuple(enter), problem)


def _set_up_split(folder: Path, controllers: frozenset[str]) -> None:
    """What groups below inherit when they are made: no swapping, and to be counted in this one."""
    if "memory" in controllers:
        with contextlib.suppress(OSError):
            write_if_there(folder / "memory.use_hierarchy", "1")
        with contextlib.suppress(OSError):
            write_if_there(folder / "memory.swappiness", "0")
    if "cpu" in controllers:
        write(folder / "cpu.shares", _shares(WHOLE_WEIGHT))


def _furnish(folder: Path, owner_uid: int | None) -> Path:
    """Makes the runner's leaf, which stays ours, and gives the group to its user, though not its limits."""
    leaf = folder / RUNNER_LEAF
    leaf.mkdir()
    if owner_uid is not None:
        os.chown(folder, owner_uid, -1)
        for path in (folder / name for name in GIVEN_FILES):
            with contextlib.suppress(FileNotFoundError):
                os.chown(path, owner_uid, -1)
    return leaf


def _shares(weight: int) -> str:
    return str(round(weight * SHARES_PER_WEIGHT))


def _lacking(controllers: Iterable[str]) -> str:
    names = ", ".join(sorted(controllers))
    return f"The host does not hand on these control group controllers: {names}." if names else ""
