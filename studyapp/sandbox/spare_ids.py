"""Ids of the host that nobody has, for the runner and its jails when root starts it."""

from dataclasses import dataclass
from pathlib import Path

WANTED = 4096
HIGH = 2_000_000_000
"""Above the ids that distributions, systemd and container tools give away (systemd: docs/UIDS-GIDS.md)."""

LOW = 60_001
LOW_COUNT = 1024
"""Where only 65,536 ids exist, as in most containers: above people's, below what systemd gives away."""


@dataclass(frozen=True, slots=True)
class IdRange:
    """`count` ids from `first` on."""

    first: int
    count: int

    @property
    def words(self) -> tuple[str, str]:
        return str(self.first), str(self.count)


def spare_range(uid_map: str = "") -> IdRange:
    """A range that exists on this host, by the map that /proc/self/uid_map shows."""
    text = uid_map or Path("/proc/self/uid_map").read_text()
    mapped = [IdRange(int(inside), int(count)) for inside, _, count in map(str.split, text.splitlines())]
    wanted = IdRange(HIGH, WANTED)
    if any(each.first <= HIGH and each.first + each.count >= HIGH + WANTED for each in mapped):
        return wanted
    return IdRange(LOW, LOW_COUNT)
