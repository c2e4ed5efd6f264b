"""Which hierarchies of control groups this process is in, and where its own group lies in each. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_ESCAPED = re.compile(r"\\([0-7]{3})")
_DELETED = " (deleted)"


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """One hierarchy: `folder` is this process's own group in it, at or below the mount point `top`.

    `controllers` is what a version 1 hierarchy was mounted with. It is empty in version 2, where each group
    tells its own.
    """

    version: int
    controllers: frozenset[str]
    top: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class _Membership:
    controllers: frozenset[str]
    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class _Mount:
    kind: str
    options: frozenset[str]
    root: PurePosixPath
    point: Path


def find_hierarchies(memberships: str, mounts: str) -> list[Hierarchy]:
    """Hierarchies that are mounted where this process can see its own group in them.

    Takes the texts of /proc/self/cgroup and /proc/self/mountinfo. Raises ValueError, quoting the line, for
    a text that is neither.
    """
    known = list(_parse_mounts(mounts))
    found = (_find(membership, known) for membership in _parse_memberships(memberships))
    return [hierarchy for hierarchy in found if hierarchy]


def _find(membership: _Membership, mounts: list[_Mount]) -> Hierarchy | None:
    """The last mount counts: it may lie over earlier ones."""
    version = 1 if membership.controllers else 2
    for mount in reversed(mounts):
        if mount.kind != ("cgroup" if version == 1 else "cgroup2"):
            continue
        if not membership.controllers <= mount.options:
            continue
        if ".." not in membership.path.parts and membership.path.is_relative_to(mount.root):
            folder = mount.point / membership.path.relative_to(mount.root)
            return Hierarchy(version, membership.controllers, mount.point, folder)
    return None


def _parse_memberships(text: str) -> Iterator[_Membership]:
    """Leaves out hierarchies with a name instead of controllers, and a group that was deleted meanwhile."""
    for line in text.splitlines():
        number, separator, rest = line.partition(":")
        names, other_separator, path = rest.partition(":")
        if not (number.isdecimal() and separator and other_separator and path.startswith("/")):
            raise ValueError(f"/proc/self/cgroup has a line that is no membership: {line[:200]!r}")
        controllers = frozenset(names.split(",")) - {""}
        unnamed = not any(name.startswith("name=") for name in controllers)
        if unnamed and not path.endswith(_DELETED) and bool(controllers) == (number != "0"):
            yield _Membership(controllers, PurePosixPath(path))


def _parse_mounts(text: str) -> Iterator[_Mount]:
    for line in text.splitlines():
        words = line.split(" ")
        try:
            dash = words.index("-", 6)
            kind, _, options = words[dash + 1 : dash + 4]
        except ValueError:
            raise ValueError(f"/proc/self/mountinfo has a line that is no mount: {line[:200]!r}") from None
        if kind in ("cgroup", "cgroup2"):
            yield _Mount(
                kind, frozenset(options.split(",")), PurePosixPath(_plain(words[3])), Path(_plain(words[4]))
            )


def _plain(word: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), word)
