"""The allow-list: what of the host a runner and its jails may see, nearly all of it read-only.

Everything here turns into arguments for bubblewrap, in the order in which it builds a root from nothing.
"""

import os
import stat
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from studyapp.sandbox.errors import RunnerUnavailable

ETC = Path(__file__).resolve().parent / "etc"
EMPTY = Path(__file__).resolve().parents[1] / "__init__.py"
SYSTEM = ("/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/share/zoneinfo")
MERGED = ("/bin", "/lib", "/lib32", "/lib64", "/libx32")
SET_IDS = stat.S_ISUID | stat.S_ISGID
DEVICES = ("null", "zero", "full", "random", "urandom")
LIBRARY_CACHE = Path("/etc/ld.so.cache")
CLOSED_FOLDERS = ("-type", "d", "!", "(", "-readable", "-executable", ")", "-prune", "-printf", r"d%p\0")
PROGRAMS = ("-type", "f", "-perm", "/6111", "-printf", r"f%p\0")


def system_mounts(*prefixes: Path) -> list[str]:
    """The system's programs and libraries, and the interpreters below `prefixes` at their own paths."""
    binds = {path: path for path in _shown_folders(prefixes)}
    if LIBRARY_CACHE.is_file():
        binds[LIBRARY_CACHE] = LIBRARY_CACHE
    links = {path: path.readlink() for path in map(Path, MERGED) if path.is_symlink()}
    return [
        *read_only(binds),
        *(word for to, at in links.items() for word in ("--symlink", str(at), str(to))),
    ]


def _shown_folders(prefixes: Iterable[Path]) -> list[Path]:
    """Of an interpreter that is the system's own, `/usr` itself is not shown: what it needs is in SYSTEM."""
    system = [path for path in map(Path, SYSTEM) if path.is_dir()]
    unmerged = [path for path in map(Path, MERGED) if path.is_dir() and not path.is_symlink()]
    return [*system, *unmerged, *(each for each in prefixes if each != Path("/usr"))]


def cover_privileged_files(*prefixes: Path) -> list[str]:
    """Arguments that put an empty file in the place of every program that would run with more rights.

    The kernel would not let it, as all is mounted `nosuid`; this way there is none to try. A folder that is
    closed to us could hold some, so an empty one is put in its place.
    Raises RunnerUnavailable when the folders cannot be searched.
    """
    folders = sorted({str(folder.resolve()) for folder in _shown_folders(prefixes)})
    found = subprocess.run(  # noqa: S603  # a list of our own words, no shell
        ["/usr/bin/find", *folders, "-ignore_readdir_race", *CLOSED_FOLDERS, "-o", *PROGRAMS],
        capture_output=True,
        text=True,
        errors="surrogateescape",  # a name of a file may be in any encoding
        check=False,
    )
    if found.returncode != 0:
        raise RunnerUnavailable(f"The host's programs could not be searched: {found.stderr.strip()[:500]}")
    entries = sorted(set(found.stdout.split("\0")) - {""})
    privileged = [each[1:] for each in entries if each[0] == "f" and _is_privileged(each[1:])]
    closed = [Path(each[1:]) for each in entries if each[0] == "d"]
    return [
        *(word for path in privileged for word in ("--ro-bind", str(EMPTY), path)),
        *cover_folders(closed),
    ]


def _is_privileged(path: str) -> bool:
    """By a set-uid or set-gid bit, or by capabilities that belong to the file."""
    return bool(os.stat(path).st_mode & SET_IDS) or "security.capability" in os.listxattr(path)


def cover_folders(folders: Iterable[Path]) -> list[str]:
    """Arguments that put an empty folder in the place of each one that is there."""
    found = [str(folder) for folder in folders if folder.is_dir() and not folder.is_symlink()]
    return [
        word for folder in found for word in ("--perms", "0755", "--tmpfs", folder, "--remount-ro", folder)
    ]


def read_only(binds: Mapping[Path, Path]) -> list[str]:
    """Arguments that mount each source at its place, with parents that everybody inside may enter."""
    words = make_folders(parent for place in binds.values() for parent in place.parents)
    for source, place in binds.items():
        words += ["--ro-bind", str(source), str(place)]
    return words


def make_folders(folders: Iterable[Path]) -> list[str]:
    """Arguments that make the folders, outermost first: bubblewrap alone would keep them for itself."""
    wanted = sorted(set(folders) - {Path("/")}, key=lambda folder: len(folder.parts))
    return [word for folder in wanted for word in ("--perms", "0755", "--dir", str(folder))]


def device_mounts() -> list[str]:
    """A /dev of five harmless devices: no terminal, no pseudo-terminals, nothing of the hardware."""
    words = ["--size", "65536", "--perms", "0755", "--tmpfs", "/dev"]
    for name in DEVICES:
        words += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    links = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
    for name, target in links.items():
        words += ["--symlink", target, f"/dev/{name}"]
    return [*words, "--perms", "0755", "--dir", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108  # inside


def account_mounts() -> list[str]:
    """An /etc with one user, the practice hosts, and nothing of the host's own."""
    return read_only({path: Path("/etc") / path.name for path in sorted(ETC.iterdir())})
