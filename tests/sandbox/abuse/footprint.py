"""What a runner takes up on this machine, as the host sees it from outside."""

import os
from dataclasses import astuple, dataclass
from pathlib import Path, PurePath

from studyapp.sandbox.cgroups import claims
from studyapp.sandbox.layout import HOME
from tests.sandbox.processes import descendants, processes_with

ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Footprint:
    """How much of each there is; waiting jails and templates count, so it is never nothing."""

    processes: int
    descriptors: int
    mounts: int
    cgroups: int

    def fits(self, most: "Footprint") -> bool:
        return all(mine <= its for mine, its in zip(astuple(self), astuple(most), strict=True))


def take_footprint(socket_path: Path) -> Footprint:
    """Of the runner that listens there and of everything below it."""
    launcher = find_launcher(socket_path)
    server = find_server(socket_path)
    return Footprint(
        processes=len(descendants(launcher)),
        descriptors=len(os.listdir(f"/proc/{server}/fd")),
        mounts=_lines(f"/proc/{server}/mountinfo") + _lines("/proc/self/mountinfo"),
        cgroups=sum(1 for folder in _cgroups(server) for _ in os.walk(folder)),
    )


def find_launcher(socket_path: Path) -> int:
    """The process that was started with this socket."""
    return processes_with(str(socket_path))[0]


def find_server(socket_path: Path) -> int:
    """The unprivileged process that answers on the socket."""
    return next(pid for pid in descendants(find_launcher(socket_path)) if _serves(pid))


def resident_bytes(pid: int) -> int:
    """Memory of the process that is in use now, shared pages included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def processes_in_jail_with(filename: str) -> list[int]:
    """Processes that see the program's file in their home folder: those of one jail, whatever they became."""
    return [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdecimal() and os.path.lexists(f"{folder}/root{HOME}/{filename}")
    ]


def describe(pid: int) -> str:
    """A process in a line, for a failed test."""
    try:
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return f"{pid} (gone)"
    name, state = (next(line for line in status if line.startswith(key)) for key in ("Name", "State"))
    return f"{pid} {name} {state} {words[:120]}"


def _serves(pid: int) -> bool:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return b"studyapp.sandbox.runner" in words and b"--die-with-parent" not in words


def _lines(path: str) -> int:
    return len(Path(path).read_text().splitlines())


def _cgroups(pid: int) -> set[Path]:
    """The folders of the runner's own control groups, below which each of its runs may have one."""
    names = (line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines())
    return {
        ROOT / (kinds.removeprefix("name=") or unified) / own
        for _, kinds, group in names
        for unified in ("", "unified")
        if (own := _up_to_ours(PurePath(group.lstrip("/"))))
    }


def _up_to_ours(group: PurePath) -> PurePath | None:
    """The group that was made for the runner, of which this one may be a part."""
    parts = (group, *group.parents)
    return next((part for part in parts if part.name.startswith(claims.PREFIX)), None)
