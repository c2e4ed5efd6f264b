"""What one run may use, with units in the names; nothing here can be switched off by a request."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Self

KIB = 1024
MIB = 1024 * KIB

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "wall_s": (0.05, 120),
        "cpu_s": (0.05, 120),
        "memory_bytes": (16 * MIB, 1024 * MIB),
        "processes": (1, 512),
        "disk_bytes": (256 * KIB, 256 * MIB),
        "disk_inodes": (16, 65_536),
        "output_bytes": (1, 16 * MIB),
        "events": (1, 1_000_000),
        "event_bytes": (1, 100_000_000),
        "code_bytes": (1, 64 * KIB),
        "stdin_bytes": (1, 64 * KIB),
    }
)


class JobError(ValueError):
    """A job that cannot be run: `field` names what is wrong, `message` what it must be."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run and everything it starts. Raises JobError for a value outside RANGES.

    `output_bytes` holds for each of stdout and stderr, everything else for the whole run: `disk_bytes` and
    `disk_inodes` for all writable places (home, /tmp, /dev/shm) together.
    """

    wall_s: float = 15.0
    cpu_s: float = 10.0
    memory_bytes: int = 256 * MIB
    processes: int = 128
    disk_bytes: int = 32 * MIB
    disk_inodes: int = 4096
    output_bytes: int = MIB
    events: int = 100_000
    event_bytes: int = 10_000_000
    code_bytes: int = 64 * KIB
    stdin_bytes: int = 64 * KIB

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name), whole=field.type is int)

    @classmethod
    def from_wire(cls, raw: object) -> Self:
        """Limits from a decoded JSON object; fields left out keep their defaults."""
        if not isinstance(raw, dict):
            raise JobError("limits", "must be an object")
        for name in raw:
            if name not in RANGES:
                raise JobError(f"limits.{str(name)[:40]}", f"unknown; known are {', '.join(RANGES)}")
        return cls(**raw)

    def to_wire(self) -> dict[str, float]:
        """The same limits as a JSON object."""
        return asdict(self)


def _check(name: str, value: object, *, whole: bool) -> None:
    least, most = RANGES[name]
    kind = "a whole number" if whole else "a number"
    fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not fits or not least <= value <= most:  # type: ignore[operator]  # fits
        raise JobError(f"limits.{name}", f"must be {kind} from {least} to {most}")
