"""The word for what a suspended task waits for, found on every Python for each thing asyncio can wait for."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.tracer.guest import Guest

Run = Callable[..., Guest]

PROGRAM = """\
import asyncio

async def never():
    await asyncio.get_running_loop().create_future()

async def numbers():
    yield 1
    await asyncio.sleep(60)

class Door:
    def __await__(self):
        yield from asyncio.sleep(60).__await__()

async def locked():
    lock = asyncio.Lock()
    await lock.acquire()
    async with lock:
        pass

async def full():
    queue = asyncio.Queue(1)
    queue.put_nowait(1)
    await queue.put(2)

async def joined():
    queue = asyncio.Queue()
    queue.put_nowait(1)
    await queue.join()

async def told():
    condition = asyncio.Condition()
    async with condition:
        await condition.wait()

async def grouped():
    async with asyncio.TaskGroup() as group:
        group.create_task(never())

async def listening():
    reader, writer = await asyncio.open_connection(*address)
    await reader.read(1)

async def watched():
    await asyncio.sleep(0.001)
    WAIT

async def main():
    global address
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    task = asyncio.create_task(watched())
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])

try:
    asyncio.run(main())
except asyncio.CancelledError:
    pass
"""
LINE = 1 + PROGRAM[: PROGRAM.index("WAIT")].count("\n")

WAITS = [
    ("asyncio.sleep(60)", "sleep", 60),
    ("asyncio.Semaphore(0).acquire()", "semaphore", None),
    ("locked()", "lock", None),
    ("asyncio.Event().wait()", "event", None),
    ("told()", "condition", None),
    ("asyncio.Barrier(2).wait()", "barrier", None),
    ("asyncio.Queue().get()", "queue.get", None),
    ("full()", "queue.put", None),
    ("joined()", "queue.join", None),
    ("grouped()", "taskgroup", None),
    ("asyncio.gather(never(), never(), never())", "gather", 3),
    ("asyncio.wait([asyncio.create_task(never())])", "wait", 1),
    ("asyncio.create_task(never())", "task", 4),
    ("asyncio.shield(never())", "future", None),
    ("asyncio.to_thread(__import__('time').sleep, 0.2)", "thread", None),
    ("listening()", "io.read", None),
    ("asyncio.get_running_loop().create_future()", "future", None),
    ("anext(aiter(numbers()))\n    async for _ in numbers(): pass", "sleep", 60),
    ("Door()", "sleep", 60),
]
# Before task 4 come main, what looks up the server's address, and watched.
RESOURCES = {"semaphore", "lock", "event", "condition", "barrier", "queue", "taskgroup"}


@pytest.mark.parametrize(("awaited", "word", "amount"), WAITS, ids=[row[0][:40] for row in WAITS])
def test_the_word_says_what_is_awaited(run: Run, awaited: str, word: str, amount: Any) -> None:
    guest = run(PROGRAM.replace("WAIT", f"await {awaited}"))
    last = waits(guest)[-1]
    assert (last["on"], last.get("arg")) == (word, amount)


@pytest.mark.parametrize(
    ("awaited", "word"), [row[:2] for row in WAITS if row[1].partition(".")[0] in RESOURCES]
)
def test_a_wait_for_a_thing_names_the_thing(run: Run, awaited: str, word: str) -> None:
    guest = run(PROGRAM.replace("WAIT", f"await {awaited}"))
    kinds = {res["id"]: res["kind"] for res in guest.args("M", "res")}
    assert kinds[waits(guest)[-1]["res"]] == word.partition(".")[0]


@pytest.mark.parametrize(
    ("awaited", "inner"),
    [("asyncio.sleep(60)", []), ("never()", ["never"]), ("Door()", ["__await__"]), ("joined()", ["joined"])],
)
def test_the_site_names_each_of_the_learners_functions_on_the_way(
    run: Run, awaited: str, inner: list[str]
) -> None:
    guest = run(PROGRAM.replace("WAIT", f"await {awaited}"))
    stack = guest.site(waits(guest)[-1]["site"])
    assert stack[0] == [LINE, "watched"]
    assert [function for _, function in stack[1:]] == inner


def test_wait_for_shows_the_wait_inside_it(run: Run) -> None:
    """Python 3.11 puts that into a task of its own, and then the task is shown."""
    guest = run(PROGRAM.replace("WAIT", "await asyncio.wait_for(asyncio.Event().wait(), 60)"))
    last = waits(guest)[-1]
    if last["on"] == "task":
        inner = next(task["args"] for task in guest.all("B") if task["args"]["task"] == last["arg"])
        assert (inner["via"], guest.steps("Event.wait")[0]["on"]) == ("wait_for", "event")
    else:
        assert last["on"] == "event"


def test_a_bare_yield_is_told_from_a_sleep(run: Run) -> None:
    guest = run(PROGRAM.replace("WAIT", "await asyncio.sleep(0)"))
    assert [step["on"] for step in guest.steps("watched")] == ["sleep", "yield", "done"]


def test_the_same_wait_is_one_site_however_often_it_happens(run: Run) -> None:
    source = "import asyncio\nasync def main():\n    for _ in range(5):\n        await asyncio.sleep(0)\n"
    guest = run(source + "asyncio.run(main())")
    assert len({step["site"] for step in guest.steps("main")[:-1]}) == 1
    assert len(guest.args("M", "site")) == 2


def waits(guest: Guest) -> list[dict[str, Any]]:
    """The steps of the watched task until it is cancelled or done."""
    return [step for step in guest.steps("watched") if step["on"] != "done"]
