"""Semaphores: who comes in, who leaves, and the counter in between."""

from collections.abc import Callable

from studyapp.tracer.events import TASK_LANE, Event
from tests.tracer.guest import Guest

Run = Callable[..., Guest]

PROGRAM = """\
import asyncio

sem = asyncio.Semaphore(2)

async def visit():
    async with sem:
        await asyncio.sleep(0.001)

async def leaves_the_line():
    await sem.acquire()

async def main():
    visits = [asyncio.create_task(visit()) for _ in range(5)]
    late = asyncio.create_task(leaves_the_line())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    late.cancel()
    await asyncio.gather(*visits)

asyncio.run(main())
"""


def is_sleep(step: Event) -> bool:
    return bool(step["args"]["on"] == "sleep")


def test_a_semaphore_is_announced_with_its_limit_and_its_line(run: Run) -> None:
    guest = run(PROGRAM)
    (semaphore,) = guest.args("M", "res")
    assert (semaphore["kind"], semaphore["limit"]) == ("semaphore", 2)
    assert guest.site(semaphore["site"]) == [[3, "<module>"]]


def test_never_more_hold_it_than_its_limit(run: Run) -> None:
    states = run(PROGRAM).args("C", "sem")
    assert max(state["held"] for state in states) == 2
    assert all(state["held"] + state["free"] == 2 for state in states)


def test_the_line_grows_to_all_who_wait_and_shrinks_to_none(run: Run) -> None:
    waiting = [state["waiting"] for state in run(PROGRAM).args("C", "sem")]
    assert max(waiting) == 4
    assert waiting[-1] == 0


def test_each_visitor_comes_in_once_and_leaves_once(run: Run) -> None:
    guest = run(PROGRAM)
    visitors = sorted(TASK_LANE + task["task"] for task in guest.args("B", "visit"))
    assert sorted(event["tid"] for event in guest.all("i", "acquire")) == visitors
    assert sorted(event["tid"] for event in guest.all("i", "release")) == visitors


def test_who_leaves_wakes_the_first_in_line(run: Run) -> None:
    guest = run(PROGRAM)
    first, second, third, fourth, fifth = (task["task"] for task in guest.args("B", "visit"))
    comes_in = {event["tid"] - TASK_LANE: event for event in guest.all("i", "acquire")}
    assert list(comes_in) == [first, second, third, fourth, fifth]
    woken_by = {step["tid"] - TASK_LANE: step["args"]["by"] for step in guest.all("X") if is_sleep(step)}
    assert (woken_by[third], woken_by[fourth]) == (first, second)


def test_who_gives_up_waiting_never_comes_in(run: Run) -> None:
    guest = run(PROGRAM)
    lane = TASK_LANE + guest.task("leaves_the_line")
    assert [event["name"] for event in guest.all("i") if event["tid"] == lane] == ["request"]


def test_a_bounded_semaphore_is_watched_and_still_bounded(run: Run) -> None:
    source = "import asyncio\nsem = asyncio.BoundedSemaphore(1)\nasync def main():\n    async with sem:\n"
    guest = run(source + "        pass\n    sem.release()\nasyncio.run(main())\n")
    assert guest.end("main")["error"]["msg"] == "BoundedSemaphore released too many times"
    assert [state["held"] for state in guest.args("C", "sem")] == [1, 0]


def test_a_traceback_through_a_semaphore_shows_asyncio_and_nothing_of_ours(run: Run) -> None:
    source = "import asyncio, traceback\nasync def main():\n    sem = asyncio.Semaphore(0)\n    try:\n"
    source += (
        "        async with asyncio.timeout(0.001):\n            async with sem:\n                pass\n"
    )
    source += "    except TimeoutError:\n        traceback.print_exc()\nasyncio.run(main())\n"
    said = run(source).printed("stderr")
    assert ", in acquire\n" in said
    assert "tracer" not in said
    assert said.count("in acquire") == run(source, traced=False).stderr.count("in acquire")
