"""Cancellation: who asked whom and why, whether it arrived, and whether it was obeyed."""

from collections.abc import Callable
from typing import Any

import pytest

from studyapp.tracer.events import TASK_LANE
from tests.tracer.guest import Guest

Run = Callable[..., Guest]

HEAD = """\
import asyncio

async def sleeper():
    await asyncio.sleep(60)

async def cleaner():
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0)

async def stubborn():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        pass
    return "as if nothing had happened"

async def fails():
    await asyncio.sleep(0.001)
    raise ValueError
"""
BY_HAND = """
async def boss(coro):
    task = asyncio.create_task(coro)
    await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait([task])

async def main():
    await boss(sleeper())
    await boss(cleaner())
    await boss(stubborn())
"""
BY_TIMEOUT = """
async def main():
    try:
        async with asyncio.timeout(0.001):
            await sleeper()
    except TimeoutError:
        pass
"""
BY_WAIT_FOR = """
async def main():
    try:
        await asyncio.wait_for(sleeper(), 0.001)
    except TimeoutError:
        pass
"""
BY_GROUP = """
async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(sleeper())
            group.create_task(fails())
    except* ValueError:
        pass
"""
BY_GATHER = """
async def family():
    await asyncio.gather(sleeper(), sleeper())

async def main():
    task = asyncio.create_task(family())
    await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait([task])
"""
BY_RUNNER = """
async def main():
    asyncio.create_task(sleeper())
    await asyncio.sleep(0.001)
"""
THROUGH_WAIT_FOR = """
async def patient():
    await asyncio.wait_for(sleeper(), 60)

async def main():
    task = asyncio.create_task(patient())
    await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait([task])
"""
TAIL = "\nasyncio.run(main())\n"


def requests(guest: Guest) -> list[dict[str, Any]]:
    return guest.args("i", "request")


def lanes(guest: Guest) -> list[str]:
    """The names of the tasks that were asked, in order."""
    names = {event["tid"]: event["name"] for event in guest.all("B")}
    return [names[event["tid"]] for event in guest.all("i", "request")]


def test_a_cancel_by_hand_names_the_task_and_the_line(run: Run) -> None:
    guest = run(HEAD + BY_HAND + TAIL)
    line = (HEAD + BY_HAND).splitlines().index("    task.cancel()") + 1
    for request in requests(guest):
        assert (request["by"], request["why"], request["ok"]) == (guest.task("main"), "user", True)
        assert guest.site(request["site"])[-1] == [line, "boss"]


@pytest.mark.parametrize(
    ("body", "why", "asked"),
    [
        (BY_GROUP, "TaskGroup", ["sleeper", "main"]),
        (BY_GATHER, "user", ["sleeper", "sleeper", "family"]),
        (BY_RUNNER, "runner", ["sleeper"]),
        (BY_TIMEOUT, "timeout", ["main"]),
    ],
)
def test_a_cancel_says_why_and_reaches_whom_it_should(
    run: Run, body: str, why: str, asked: list[str]
) -> None:
    guest = run(HEAD + body + TAIL)
    assert [request["why"] for request in requests(guest)] == [why] * len(asked)
    assert lanes(guest) == asked


def test_wait_for_cancels_for_a_timeout(run: Run) -> None:
    """On Python 3.11 it is the task inside wait_for that is cancelled, later the waiting task itself."""
    guest = run(HEAD + BY_WAIT_FOR + TAIL)
    assert [request["why"] for request in requests(guest)] == ["timeout"]
    assert lanes(guest) in (["main"], ["sleeper"])


def test_a_cancel_handed_on_by_wait_for_keeps_its_reason(run: Run) -> None:
    guest = run(HEAD + THROUGH_WAIT_FOR + TAIL)
    assert {request["why"] for request in requests(guest)} == {"user"}


def test_a_group_cancels_in_the_name_of_the_task_that_failed(run: Run) -> None:
    guest = run(HEAD + BY_GROUP + TAIL)
    assert {request["by"] for request in requests(guest)} == {guest.task("fails")}


def test_a_timeout_cancels_in_the_name_of_a_timer(run: Run) -> None:
    assert [request["by"] for request in requests(run(HEAD + BY_TIMEOUT + TAIL))] == ["timer"]


def test_the_step_that_gets_the_cancelled_error_is_marked(run: Run) -> None:
    guest = run(HEAD + BY_HAND + TAIL)
    marks = {
        name: [step.get("cancel", False) for step in guest.steps(name)] for name in ("sleeper", "cleaner")
    }
    assert marks == {"sleeper": [False, True], "cleaner": [False, True, False]}


def test_a_parent_is_not_marked_when_only_its_child_is_cancelled(run: Run) -> None:
    guest = run(HEAD + BY_HAND + TAIL)
    assert not any("cancel" in step for step in guest.steps("main"))


def test_a_cancelled_child_does_not_mark_the_parent_that_awaits_it(run: Run) -> None:
    source = HEAD + "\nasync def main():\n    task = asyncio.create_task(sleeper())\n"
    source += "    asyncio.get_running_loop().call_soon(task.cancel)\n    await task\n"
    guest = run(source + TAIL)
    assert not any("cancel" in step for step in guest.steps("main"))
    assert guest.end("main")["outcome"] == "cancelled"


def test_a_swallowed_cancel_is_told_at_the_end(run: Run) -> None:
    end = run(HEAD + BY_HAND + TAIL).end("stubborn")
    assert end == {"outcome": "done", "result": "'as if nothing had happened'", "swallowed": True}


def test_an_obeyed_cancel_is_not_called_swallowed(run: Run) -> None:
    assert run(HEAD + BY_HAND + TAIL).end("cleaner") == {"outcome": "cancelled"}


@pytest.mark.parametrize("body", [BY_TIMEOUT, BY_GROUP])
def test_a_cancel_that_asyncio_catches_itself_is_not_called_swallowed(run: Run, body: str) -> None:
    assert run(HEAD + body + TAIL).end("main") == {"outcome": "done"}


def test_a_cancel_that_comes_too_late_says_so(run: Run) -> None:
    source = HEAD + "\nasync def main():\n    task = asyncio.create_task(asyncio.sleep(0))\n"
    guest = run(source + "    await task\n    task.cancel()\n" + TAIL)
    assert [request["ok"] for request in requests(guest)] == [False]


def test_a_scheduled_cancel_is_no_step_of_its_task(run: Run) -> None:
    source = HEAD + "\nasync def main():\n    task = asyncio.create_task(sleeper())\n"
    source += (
        "    asyncio.get_running_loop().call_later(0.001, task.cancel)\n    await asyncio.wait([task])\n"
    )
    guest = run(source + TAIL)
    assert [step["on"] for step in guest.steps("sleeper")] == ["sleep", "done"]
    assert requests(guest)[0]["by"] == "timer"
    assert guest.all("i", "request")[0]["tid"] == TASK_LANE + guest.task("sleeper")


def test_an_interrupt_is_a_cancel_by_the_runner(run: Run) -> None:
    source = HEAD + "\nasync def main():\n    import os, signal\n    asyncio.get_running_loop().call_later(\n"
    source += "        0.001, os.kill, os.getpid(), signal.SIGINT)\n    await cleaner()\n"
    guest = run(source + TAIL)
    (request,) = requests(guest)
    assert (request["by"], request["why"]) == ("outside", "runner")
    assert guest.end("main") == {"outcome": "cancelled"}
    assert guest.status == 130
    assert guest.args("M", "failed")[0]["type"] == "KeyboardInterrupt"
