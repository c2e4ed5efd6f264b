"""What a run says while it lives: pieces, the last of which is its outcome."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypedDict


class EndReason(StrEnum):
    """Why a run ended. Every run ends with exactly one of these."""

    FINISHED = "finished"
    FAILED = "failed"
    WALL_LIMIT = "wall_limit"
    CPU_LIMIT = "cpu_limit"
    MEMORY_LIMIT = "memory_limit"
    PROCESS_LIMIT = "process_limit"
    DISK_LIMIT = "disk_limit"
    OUTPUT_LIMIT = "output_limit"
    EVENT_LIMIT = "event_limit"
    STOPPED = "stopped"
    ABANDONED = "abandoned"
    RUNNER_LOST = "runner_lost"
    REFUSED = "refused"

    @property
    def is_limit(self) -> bool:
        return self.value.endswith("_limit")


class ErrorInfo(TypedDict):
    """An exception as told to people: `line` is a line of the program, `sub` the members of a group."""

    type: str
    msg: str
    line: int | None
    sub: list["ErrorInfo"]


@dataclass(frozen=True, slots=True)
class Queued:
    """The run waits for a free place; `position` 1 is next. Sent again whenever it changes."""

    position: int


@dataclass(frozen=True, slots=True)
class Started:
    """The jail stands and the program is about to run under the named interpreter."""

    interpreter: str


@dataclass(frozen=True, slots=True)
class Events:
    """Checked events, numbered `q` = 1, 2, 3 … over the run without a gap. The very last one is `M end`."""

    events: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Stopping:
    """The program was sent a signal, "INT", "TERM" or "KILL", because it was asked to stop."""

    signal: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the run ended: always the last piece. `exit` is None for a program that never got to exit."""

    reason: EndReason
    exit: int | None
    error: ErrorInfo | None
    wall_s: float
    cpu_s: float


Piece = Queued | Started | Events | Stopping | Outcome
