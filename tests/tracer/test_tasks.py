"""Tasks as the tracer tells them: who made them and where, what they are called, and how they end."""

from collections.abc import Callable

import pytest

from tests.tracer.guest import Guest

Run = Callable[..., Guest]

FAMILY = """\
import asyncio

async def leaf(n):
    await asyncio.sleep(0)
    return n * 2

async def branch():
    return await asyncio.gather(leaf(1), leaf(2))

async def main():
    first = asyncio.create_task(branch(), name="the first branch")
    await first
    async with asyncio.TaskGroup() as group:
        group.create_task(leaf(3))

asyncio.run(main())
"""

OUTCOMES = """\
import asyncio

class Page:
    def __repr__(self):
        print("repr was called")
        return "<a page>"

async def returns(value):
    return value

async def raises():
    raise ValueError("no such page")

async def raises_a_group():
    async with asyncio.TaskGroup() as group:
        group.create_task(raises())

async def waits():
    await asyncio.sleep(60)

async def main():
    await asyncio.gather(
        returns({"a": [1, 2]}), returns(None), returns(Page()), returns("x" * 500), returns(10**5000),
        raises(), raises_a_group(), return_exceptions=True,
    )
    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel()

asyncio.run(main())
"""

EAGER = """\
import asyncio

async def child(n):
    if n:
        await asyncio.sleep(0)

async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await asyncio.gather(asyncio.create_task(child(0)), asyncio.create_task(child(1)))

asyncio.run(main())
"""


def test_a_task_knows_its_parent(run: Run) -> None:
    parents = [(task["task"], task["parent"]) for task in run(FAMILY).args("B", "leaf")]
    branch, main = run(FAMILY).task("branch"), run(FAMILY).task("main")
    assert parents == [(branch + 1, branch), (branch + 2, branch), (branch + 3, main)]


def test_the_first_task_has_no_parent(run: Run) -> None:
    assert run(FAMILY).args("B", "main")[0]["parent"] is None


def test_a_task_knows_the_learners_line_that_made_it(run: Run) -> None:
    guest = run(FAMILY)
    sites = [guest.site(task["args"]["site"]) for task in guest.all("B")]
    made_at = [[[16, "<module>"]], [[11, "main"]], [[8, "branch"]], [[8, "branch"]], [[14, "main"]]]
    assert sites == made_at


def test_a_task_knows_the_call_that_made_it(run: Run) -> None:
    calls = [task["args"]["via"] for task in run(FAMILY).all("B")]
    assert calls == ["run", "create_task", "gather", "gather", "TaskGroup"]


def test_a_task_of_a_group_knows_its_group(run: Run) -> None:
    guest = run(FAMILY)
    group = guest.args("B", "leaf")[-1]["group"]
    assert {"id": group, "kind": "taskgroup", "limit": None, "site": None} in guest.args("M", "res")


def test_a_name_of_the_learners_own_is_told(run: Run) -> None:
    assert {"name": "the first branch"} in run(FAMILY).args("M", "thread_name")


def test_a_name_given_later_is_told(run: Run) -> None:
    source = "import asyncio\nasync def main():\n    asyncio.current_task().set_name('boss')\n"
    assert {"name": "boss"} in run(source + "asyncio.run(main())").args("M", "thread_name")


def test_every_task_that_begins_ends_after_its_last_step(run: Run) -> None:
    events = run(FAMILY).events
    for lane in {event["tid"] for event in events if event["ph"] == "B"}:
        told = [event["ph"] for event in events if event["tid"] == lane and event["ph"] in "BXE"]
        assert told[0] == "B"
        assert told[-2:] == ["X", "E"]
        assert told.count("B") == told.count("E") == 1


def test_steps_on_a_loop_never_overlap(run: Run) -> None:
    ends_at = 0.0
    for step in run(FAMILY).all("X", "step"):
        assert step["ts"] >= ends_at
        ends_at = round(step["ts"] + step["dur"], 1)


def test_asyncios_own_chores_are_not_shown(run: Run) -> None:
    assert {event["name"] for event in run(FAMILY).all("B")} == {"main", "branch", "leaf"}


def test_results_are_told_in_short(run: Run) -> None:
    results = [end.get("result") for end in run(OUTCOMES).args("E", "returns")]
    assert results[:3] == ["{'a': [1, 2]}", None, "<Page>"]
    assert str(results[3]).startswith("'xxx")
    assert len(str(results[3])) <= 60
    assert results[4] == "<int>"


def test_a_result_is_never_asked_to_show_itself(run: Run) -> None:
    assert "repr was called" not in run(OUTCOMES).printed()


def test_a_failed_task_tells_its_error_and_its_line(run: Run) -> None:
    error = {"type": "ValueError", "msg": "no such page", "line": 12, "sub": []}
    assert run(OUTCOMES).end("raises") == {"outcome": "failed", "error": error}


def test_a_group_of_errors_tells_its_members(run: Run) -> None:
    error = run(OUTCOMES).end("raises_a_group")["error"]
    assert error["type"] == "ExceptionGroup"
    assert [member["msg"] for member in error["sub"]] == ["no such page"]


def test_a_cancelled_task_is_told_as_cancelled(run: Run) -> None:
    assert run(OUTCOMES).end("waits") == {"outcome": "cancelled"}


def test_asyncio_still_warns_of_an_error_that_nobody_looks_at(run: Run) -> None:
    source = "import asyncio\nasync def fail():\n    1 / 0\nasync def main():\n"
    source += "    asyncio.create_task(fail())\n    await asyncio.sleep(0.01)\nasyncio.run(main())\n"
    assert "Task exception was never retrieved" in run(source).printed("stderr")


def test_eager_tasks_take_their_first_step_inside_their_parents(run: Run) -> None:
    guest = run(EAGER)
    if guest.printed("stderr").endswith("has no attribute 'eager_task_factory'\n"):
        pytest.skip("this Python has no eager tasks")
    outcomes = guest.args("E", "child")
    assert outcomes == [{"outcome": "done"}, {"outcome": "done"}]
    first, second, _ = (
        step for step in guest.all("X", "step") if step["tid"] != guest.all("B", "main")[0]["tid"]
    )
    assert [first["args"]["on"], second["args"]["on"]] == ["done", "yield"]
    assert first["args"]["by"] == second["args"]["by"] == guest.task("main")


def test_tasks_of_loops_in_many_threads_are_told_apart(run: Run) -> None:
    source = "import asyncio, threading\nasync def leaf():\n    await asyncio.sleep(0)\nasync def main():\n"
    source += "    await asyncio.gather(*(leaf() for _ in range(50)))\nthreads = ["
    source += "threading.Thread(target=lambda: asyncio.run(main())) for _ in range(8)]\n"
    guest = run(source + "[t.start() for t in threads]\n[t.join() for t in threads]\n")
    assert sorted(task["args"]["task"] for task in guest.all("B")) == list(range(1, 409))
    leaves = {task["task"]: task["parent"] for task in guest.args("B", "leaf")}
    mains = {task["task"] for task in guest.args("B", "main")}
    assert {sum(parent == main for parent in leaves.values()) for main in mains} == {50}
    assert len(guest.all("E")) == 408
