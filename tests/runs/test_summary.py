import json
from typing import Any

from studyapp.runs.summary import TaskSummary, summarize_tasks


def event(ph: str, cat: str, name: str, task: int, ts: float, **rest: Any) -> dict[str, Any]:
    return {"q": 1, "ph": ph, "cat": cat, "name": name, "pid": 1, "tid": 1_000_000 + task, "ts": ts} | rest


def created(task: int, name: str, ts: float, parent: int | None = None) -> dict[str, Any]:
    args = {"task": task, "parent": parent, "site": 1, "via": "create_task"}
    return event("B", "task", name, task, ts, args=args)


def step(task: int, ts: float, dur: float) -> dict[str, Any]:
    args = {"ready_us": 0, "by": "start", "on": "sleep", "site": 1}
    return event("X", "run", "step", task, ts, dur=dur, args=args)


def ended(task: int, name: str, ts: float, outcome: str) -> dict[str, Any]:
    return event("E", "task", name, task, ts, args={"outcome": outcome})


def summarize(*events: dict[str, Any]) -> list[TaskSummary]:
    return summarize_tasks(json.dumps(each).encode() for each in events)


def test_a_run_without_events_has_no_tasks() -> None:
    assert summarize() == []


def test_a_task_is_told_from_its_creation_to_its_end() -> None:
    told = summarize(
        created(2, "fetch", 10, parent=1), step(2, 20, 5), step(2, 90, 5), ended(2, "fetch", 96, "done")
    )
    assert told == [TaskSummary(2, "fetch", 1, first_us=10, last_us=96, steps=2, outcome="done")]


def test_a_task_that_never_ended_has_no_outcome_and_lasts_to_the_end_of_its_last_step() -> None:
    assert summarize(created(1, "main", 0), step(1, 20, 5)) == [TaskSummary(1, "main", None, 0, 25, steps=1)]


def test_tasks_are_told_apart_and_come_in_the_order_of_their_creation() -> None:
    told = summarize(
        created(1, "main", 0), created(2, "a", 1, 1), created(3, "b", 2, 1), ended(3, "b", 4, "failed")
    )
    assert [(task.name, task.outcome) for task in told] == [("main", ""), ("a", ""), ("b", "failed")]


def test_events_of_no_task_change_nothing() -> None:
    out = {
        "ph": "i",
        "cat": "out",
        "name": "out",
        "tid": 77,
        "ts": 9,
        "args": {"stream": "stdout", "text": "x"},
    }
    assert summarize(created(1, "main", 0), out) == [TaskSummary(1, "main", None, 0, 0)]


def test_output_of_a_task_is_no_step() -> None:
    out = event("i", "out", "out", 1, 9, s="t", args={"stream": "stdout", "text": "x"})
    assert summarize(created(1, "main", 0), out)[0].steps == 0


def test_times_are_told_in_milliseconds_as_well() -> None:
    task = TaskSummary(1, "main", None, first_us=1500, last_us=2500)
    assert (task.first_ms, task.last_ms) == (1.5, 2.5)
