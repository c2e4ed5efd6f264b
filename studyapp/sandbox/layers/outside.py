"""The layers that only the host can see: who a jail's programs are there, and who counts what they use."""

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from studyapp.sandbox.layers.layer import Facts, Kind, Layer, named
from studyapp.sandbox.layers.surroundings import NAMESPACES

ROOT = 0
COUNTED = frozenset({"memory", "cpu", "cpuacct", "pids"})
IN_GROUP_OF_RUN = re.compile(r"/interleave-[^/]+/run-\d+$")
SHARED_IDS = (
    "Nothing has to be done: programs are kept apart by namespaces all the same. "
    "A runner that root starts gives each jail a user of its own."
)
NO_GROUPS = (
    "To have the kernel do it, let the site's unit divide its control group: docs/hosting.md says how."
)


@dataclass(frozen=True, slots=True)
class Sight:
    """A program in a jail as the host's /proc shows it.

    `users` are its user and group ids there; `controllers` what a control group of its own counts or limits.
    """

    users: frozenset[int]
    controllers: frozenset[str]


def look(name: str) -> Sight | None:
    """The process that goes by this name; None if the host does not show it, as from another container."""
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and (folder / "comm").read_text().strip() == name:
                return _see(folder)
        except OSError:
            continue
    return None


def _see(folder: Path) -> Sight:
    fields = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    users = {int(number) for name in ("Uid", "Gid") for number in fields[name].split()}
    return Sight(
        frozenset(users), controllers_of_run((folder / "cgroup").read_text(), Path("/sys/fs/cgroup"))
    )


def controllers_of_run(text: str, mounted: Path) -> frozenset[str]:
    """What the control groups limit and count that a run has to itself, by the text of its /proc/PID/cgroup.

    Version 2, which that names with "", tells in a file of each group what it is used for.
    """
    found: set[str] = set()
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        if not IN_GROUP_OF_RUN.search(path):
            continue
        found |= set(controllers.split(","))
        for top in (mounted, mounted / "unified"):
            with contextlib.suppress(OSError):
                found |= set((top / path.lstrip("/") / "cgroup.controllers").read_text().split())
    return frozenset(found & COUNTED)


def host_namespaces() -> dict[str, str]:
    """The numbers of this process's own namespaces."""
    return {name: os.readlink(f"/proc/self/ns/{name}") for name in NAMESPACES}


def _users(facts: Facts) -> list[frozenset[int]]:
    return [sight.users for sight in facts["sights"] if sight]


def _is_nobody(facts: Facts) -> bool:
    if not _users(facts):
        return bool(facts["uid_map"][1] != str(ROOT) and facts["uid_map"][2] == "1")
    return not any(ROOT in users for users in _users(facts)) and not (
        facts["starter"] == ROOT and _is_shared(facts)
    )


def _is_shared(facts: Facts) -> bool:
    users = _users(facts)
    return len(users) > 1 and bool(users[0] & users[1])


def _tell_users(facts: Facts) -> str:
    if not _users(facts):
        return "not root; the host does not show more of it to this process"
    ids = named(sorted(set().union(*_users(facts))), "none")
    if _is_shared(facts):
        return f"shared by all programs, and by the runner: user {ids}, since an ordinary user started it"
    return f"user {ids} of the host, whom nobody else is"


def _counts(facts: Facts) -> frozenset[str]:
    seen: list[frozenset[str]] = [sight.controllers for sight in facts["sights"] if sight]
    return seen[0] if seen else frozenset()


def _tell_accounting(facts: Facts) -> str:
    told, counts = facts["accounting"], _counts(facts)
    if "memory" in counts:
        return f"{told} Each program is in a group of its own for {named(sorted(counts), '')}."
    return (
        f"{told} No control group holds a program's memory, so for a moment, until it is looked at again, "
        "a program can have more than its limit."
    )


OUTSIDE = Layer(
    "not root outside",
    Kind.RIGHTS,
    "looking from the host at two programs at the same time: which user each of them is",
    _is_nobody,
    _tell_users,
    is_weak=_is_shared,
    weak_remedy=SHARED_IDS,
)

ACCOUNTING = Layer(
    "accounting",
    Kind.LIMITS,
    "asking the runner how it counts, and looking from the host for the program's control groups",
    lambda _: True,
    _tell_accounting,
    is_weak=lambda facts: "memory" not in _counts(facts),
    weak_remedy=NO_GROUPS,
)
