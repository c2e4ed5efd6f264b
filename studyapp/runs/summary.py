"""What each task of a run did, told from its events: the part of a timeline that fits into a table."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from msgspec import Raw, Struct

from studyapp.tracer.events import TASK_LANE


@dataclass(slots=True)
class TaskSummary:
    """One task. Times in microseconds since the start of the run; `outcome` is empty while it has none."""

    task: int
    name: str
    parent: int | None
    first_us: float
    last_us: float
    steps: int = 0
    outcome: str = ""

    @property
    def first_ms(self) -> float:
        return self.first_us / 1000

    @property
    def last_ms(self) -> float:
        return self.last_us / 1000


class _Event(Struct):
    ph: str
    cat: str
    name: str
    tid: int
    ts: float
    args: Raw
    dur: float = 0


class _Created(Struct):
    parent: int | None


class _Ended(Struct):
    outcome: str


_read_event = msgspec.json.Decoder(_Event).decode
_read_created = msgspec.json.Decoder(_Created).decode
_read_ended = msgspec.json.Decoder(_Ended).decode


def summarize_tasks(lines: Iterable[bytes]) -> list[TaskSummary]:
    """The tasks in the order of their creation, from the events of a run, one JSON object a line."""
    tasks: dict[int, TaskSummary] = {}
    for line in lines:
        event = _read_event(line)
        if event.cat == "task" and event.ph == "B":
            parent = _read_created(event.args).parent
            number = event.tid - TASK_LANE
            tasks[event.tid] = TaskSummary(number, event.name, parent, event.ts, event.ts)
        elif event.tid in tasks:
            _add_event(tasks[event.tid], event)
    return list(tasks.values())


def _add_event(task: TaskSummary, event: _Event) -> None:
    task.last_us = max(task.last_us, event.ts + event.dur)
    if event.cat == "run" and event.ph == "X":
        task.steps += 1
    elif event.cat == "task" and event.ph == "E":
        task.outcome = _read_ended(event.args).outcome
