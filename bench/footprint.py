"""What a runner holds of its host while nothing runs: more of it later is what runs have left behind."""

from dataclasses import asdict, dataclass
from pathlib import Path

from bench.processes import cgroups_of, count_descriptors, count_mounts, descendants, is_alive

CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Counts: processes below the runner, its descriptors, mounts it sees, control groups of jails."""

    processes: int
    descriptors: int
    mounts: int
    cgroups: int

    def left_since(self, before: "Footprint") -> dict[str, int]:
        """What there is more of than before, by name."""
        earlier = asdict(before)
        grown = {name: count - earlier[name] for name, count in asdict(self).items()}
        return {name: count for name, count in grown.items() if count > 0}


class CgroupNotes:
    """Remembers in which control groups the jails' own are made, since they come and go with the runs."""

    def __init__(self, runner: int) -> None:
        self._runner = runner
        self._parents: set[Path] = set()

    def look(self) -> None:
        own = cgroups_of(self._runner)
        for pid in descendants(self._runner):
            self._parents |= {path.parent for path in cgroups_of(pid) - own}

    def count(self) -> int:
        """Control groups in those places, in all hierarchies."""
        roots = [CGROUPS, *(path for path in CGROUPS.glob("*") if path.is_dir() and not path.is_symlink())]
        places = {root / parent.relative_to("/") for root in roots for parent in self._parents}
        return sum(path.is_dir() for place in places if place.is_dir() for path in place.iterdir())


def measure_footprint(runner: int, notes: CgroupNotes) -> Footprint:
    return Footprint(
        processes=sum(map(is_alive, descendants(runner))),
        descriptors=count_descriptors(runner),
        mounts=count_mounts(runner),
        cgroups=notes.count(),
    )
