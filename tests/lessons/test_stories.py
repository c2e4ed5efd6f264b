"""Each lesson, run for real at its defaults, shows what its card says: by its events, never by a clock."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from studyapp.content.lessons.catalogue import all_lessons, get_lesson
from studyapp.tracer.events import TASK_LANE, Event
from tests.tracer.told import Told

Play = Callable[..., Told]


def default(slug: str, name: str) -> Any:
    return next(parameter.default for parameter in get_lesson(slug).parameters if parameter.name == name)


def place(told: Told, wanted: Callable[[Event], bool]) -> int:
    """Where in the run the first such event stands."""
    return next(number for number, event in enumerate(told.events) if wanted(event))


def says(text: str) -> Callable[[Event], bool]:
    return lambda event: event["name"] == "out" and text in event["args"]["text"]


def lanes_of(told: Told, name: str) -> list[int]:
    return [event["tid"] for event in told.all("B", name)]


def waiting_together(told: Told, lanes: Iterable[int]) -> Iterator[set[int]]:
    """After each step, those of the lanes that wait for their answer."""
    waiting: set[int] = set()
    for event in told.all("X", "step"):
        if event["tid"] in lanes:
            (waiting.add if event["args"]["on"] == "http.headers" else waiting.discard)(event["tid"])
            yield set(waiting)


@pytest.mark.parametrize("slug", [lesson.slug for lesson in all_lessons()])
def test_a_lesson_is_told_whole(play: Play, slug: str) -> None:
    told = play(slug)
    assert [event["q"] for event in told.events] == list(range(1, len(told.events) + 1))
    assert told.events[0]["name"] == "run"
    assert told.events[-1]["name"] == "end"
    assert told.args("M", "dropped") == []
    assert told.printed("stderr") == ""


# fetch-fan-out


def test_all_fetches_start_before_any_ends(play: Play) -> None:
    marks = [event["ph"] for event in play("fetch-fan-out").events if event["name"] == "fetch"]
    number = len(marks) // 2
    assert marks == ["B"] * number + ["E"] * number
    assert number == default("fetch-fan-out", "PAGES") + default("fetch-fan-out", "FAILING") + 1


def test_the_waits_of_the_fetches_overlap(play: Play) -> None:
    told = play("fetch-fan-out")
    together = max(map(len, waiting_together(told, lanes_of(told, "fetch"))))
    assert together > default("fetch-fan-out", "PAGES") / 2  # the quickest may be done before the last asks


def test_one_by_one_no_two_fetches_wait_together(play: Play) -> None:
    told = play("fetch-fan-out", "one-by-one")
    assert max(map(len, waiting_together(told, lanes_of(told, "fetch")))) == 1


def test_failed_fetches_leave_their_neighbours_alone(play: Play) -> None:
    ends = play("fetch-fan-out").args("E", "fetch")
    outcomes = [end["outcome"] for end in ends]
    assert outcomes.count("failed") == default("fetch-fan-out", "FAILING")
    assert outcomes.count("done") == default("fetch-fan-out", "PAGES") + 1
    assert outcomes.index("failed") < len(outcomes) - 2
    assert {end["error"]["type"] for end in ends if end["outcome"] == "failed"} == {"ClientResponseError"}


def test_results_come_in_the_order_of_the_urls_with_the_exceptions_among_them(play: Play) -> None:
    lines = play("fetch-fan-out").printed().splitlines()
    rows = [re.match(r"\S+://(\S+?)/?\s+(failed|\d+ characters)", line) for line in lines[:-1]]
    shown = [row and (row[1], row[2] == "failed") for row in rows]
    slow = [(f"practice.test/delay/{tenths / 10:.2f}", False) for tenths in range(10, 0, -1)]
    failed = [("practice.test/status/500", True)] * 2
    assert shown == [("example.com", False), *slow[:4], *failed, *slow[4:]]


# semaphore


def test_never_more_than_the_limit_are_inside(play: Play) -> None:
    told = play("semaphore")
    states = told.args("C", "sem")
    assert max(state["held"] for state in states) == 50
    assert f"never more than {50} inside" in told.printed()


def test_all_others_queue_until_nobody_waits(play: Play) -> None:
    waiting = [state["waiting"] for state in play("semaphore").args("C", "sem")]
    assert max(waiting) == default("semaphore", "TASKS") - 50
    assert waiting[-1] == 0


def test_each_task_comes_in_once_and_leaves_once(play: Play) -> None:
    told = play("semaphore")
    tasks = sorted(lanes_of(told, "limited_task"))
    assert len(tasks) == default("semaphore", "TASKS")
    assert sorted(event["tid"] for event in told.all("i", "acquire")) == tasks
    assert sorted(event["tid"] for event in told.all("i", "release")) == tasks


def test_who_leaves_wakes_who_waited(play: Play) -> None:
    told = play("semaphore")
    waited = {event["tid"] for event in told.all("X") if event["args"]["on"] == "semaphore"}
    entered = [event for event in told.all("X") if event["tid"] in waited and event["args"]["on"] == "sleep"]
    assert len(entered) == len(waited) == default("semaphore", "TASKS") - 50
    tasks = {lane - TASK_LANE for lane in lanes_of(told, "limited_task")}
    assert {event["args"]["by"] for event in entered} <= tasks


def test_another_limit_holds_as_well(play: Play) -> None:
    assert max(state["held"] for state in play("semaphore", "ten").args("C", "sem")) == 10


# timeouts


def test_the_timeout_cancels_what_takes_too_long(play: Play) -> None:
    told = play("timeouts")
    assert [request["why"] for request in told.args("i", "request")].count("timeout") == 2
    lines = told.printed().splitlines()
    assert "fast page: status 200" in lines
    assert [line for line in lines if "gave up" in line] == [
        "slow page: gave up after 1.0 s",
        "silent page: gave up after 1.0 s",
    ]


def test_the_task_cancelled_by_hand_cleans_up_and_ends_cancelled(play: Play) -> None:
    told = play("timeouts")
    (asked,) = (event for event in told.all("i", "request") if event["args"]["why"] == "user")
    assert [asked["tid"]] == lanes_of(told, "download")
    assert asked["args"]["by"] == told.task("main")
    got_it = next(number for number, step in enumerate(told.steps("download")) if step.get("cancel"))
    assert [step["on"] for step in told.steps("download")[got_it:]] == ["sleep", "done"]
    assert told.end("download") == {"outcome": "cancelled"}
    assert place(told, lambda event: event is asked) < place(told, says("download: connection given back"))
    assert place(told, says("given back")) < place(told, says("download: cancelled, as asked"))


# task-group


def test_one_failure_cancels_every_sibling_in_its_name(play: Play) -> None:
    told = play("task-group")
    (failed,) = (event for event in told.all("E", "fetch") if event["args"]["outcome"] == "failed")
    siblings = sorted(set(lanes_of(told, "fetch")) - {failed["tid"]})
    asked = [event for event in told.all("i", "request") if event["tid"] in siblings]
    assert sorted(event["tid"] for event in asked) == siblings
    assert {(event["args"]["why"], event["args"]["by"]) for event in asked} == {
        ("TaskGroup", failed["tid"] - TASK_LANE)
    }
    ends = {event["tid"]: event["args"]["outcome"] for event in told.all("E", "fetch")}
    assert {ends[lane] for lane in siblings} == {"cancelled"}


def test_the_group_raises_only_after_the_last_clean_up(play: Play) -> None:
    told = play("task-group")
    last_end = max(
        number for number, event in enumerate(told.events) if event["ph"] == "E" and event["name"] == "fetch"
    )
    assert last_end < place(told, says("ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)"))
    assert told.printed().splitlines()[-1].startswith("    ClientResponseError: status 500")


def test_without_a_failure_nothing_is_cancelled(play: Play) -> None:
    told = play("task-group", "all-well")
    assert told.args("i", "request") == []
    assert told.printed().splitlines()[-1] == "all 4 pages arrived"


# to-thread


def ticks_during_work(told: Told) -> int:
    begins, ends = place(told, says("work begins")), place(told, says("work ends"))
    ticker = lanes_of(told, "tick")
    return sum(event["ph"] == "X" and event["tid"] in ticker for event in told.events[begins:ends])


def test_the_loop_goes_on_ticking_while_the_thread_works(play: Play) -> None:
    told = play("to-thread")
    assert "thread" in [step["on"] for step in told.steps("main")]
    assert ticks_during_work(told) >= 3


def test_called_directly_the_work_stops_the_ticking(play: Play) -> None:
    told = play("to-thread", "directly")
    assert "thread" not in [step["on"] for step in told.steps("main")]
    assert ticks_during_work(told) == 0


# gil and free-threading


def test_the_gil_lesson_says_what_this_python_is_and_measures_all_five(play: Play) -> None:
    told = play("gil")
    about = told.args("M", "run")[0]
    first, *rows = told.printed().splitlines()
    assert first.startswith(f"Python {about['python']}, GIL {'on' if about['gil'] else 'off'}, ")
    assert [re.split(r"\s{2,}", row)[0].removesuffix(" s") for row in rows] == [
        "count, one after another",
        "count, 2 threads",
        "count, 2 processes",
        "wait, one after another",
        "wait, 2 threads",
    ]


def test_the_free_threading_lesson_says_what_its_interpreter_is(play: Play) -> None:
    told = play("free-threading")
    gil = told.args("M", "run")[0]["gil"]
    lines = told.printed().splitlines()
    assert lines[0] == f"Python {told.args('M', 'run')[0]['python']}"
    assert lines[2] == f"GIL: {'on' if gil else 'off'}"
    assert lines[-1].startswith("The threads took turns" if gil else "The threads ran side by side")


# what libraries add


@pytest.mark.parametrize("slug", ["fetch-fan-out", "timeouts", "task-group"])
def test_tasks_that_aiohttp_makes_for_itself_are_marked_as_its_own(play: Play, slug: str) -> None:
    made = {event["name"]: event["args"]["via"] for event in play(slug).all("B")}
    program = get_lesson(slug).source
    assert {via for name, via in made.items() if f"def {name}(" not in program} <= {"aiohttp", "wait_for"}
