"""Who woke a task: another task, a timer, the network, a thread, or somebody outside of the loop."""

from collections.abc import Callable

from tests.tracer.guest import Guest

Run = Callable[..., Guest]

PROGRAM = """\
import asyncio
import time

async def waits(event):
    await event.wait()

async def sets(event):
    await asyncio.sleep(0.001)
    event.set()

async def offloads():
    await asyncio.to_thread(time.sleep, 0.02)

async def reads():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    await reader.read(1)
    writer.close()
    server.close()

async def answer(reader, writer):
    await asyncio.sleep(0.01)
    writer.write(b"x")
    writer.close()

async def callback():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_result, None)
    await future

async def main():
    event = asyncio.Event()
    await asyncio.gather(waits(event), sets(event), offloads(), callback(), reads())

asyncio.run(main())
"""


def wakers(guest: Guest, name: str) -> list[int | str]:
    """By whom each step of the task was made ready, the first one left out."""
    return [step["by"] for step in guest.steps(name)][1:]


def test_a_task_is_made_ready_by_its_parent(run: Run) -> None:
    guest = run(PROGRAM)
    assert guest.steps("waits")[0]["by"] == guest.task("main")


def test_the_first_task_is_made_ready_from_outside(run: Run) -> None:
    assert run(PROGRAM).steps("main")[0]["by"] == "outside"


def test_a_set_event_wakes_in_the_name_of_the_task_that_set_it(run: Run) -> None:
    guest = run(PROGRAM)
    assert wakers(guest, "waits") == [guest.task("sets")]


def test_a_sleep_ends_by_a_timer(run: Run) -> None:
    assert wakers(run(PROGRAM), "sets") == ["timer"]


def test_a_finished_thread_wakes_as_a_thread(run: Run) -> None:
    assert wakers(run(PROGRAM), "offloads") == ["thread"]


def test_arriving_bytes_wake_as_io(run: Run) -> None:
    assert wakers(run(PROGRAM), "reads")[-1] == "io"


def test_a_callback_wakes_in_the_name_of_the_task_that_asked_for_it(run: Run) -> None:
    guest = run(PROGRAM)
    assert wakers(guest, "callback") == [guest.task("callback")]


def test_a_gather_is_woken_by_the_child_that_ended_last(run: Run) -> None:
    guest = run(PROGRAM)
    children = {guest.task(name): name for name in ("waits", "sets", "offloads", "callback", "reads")}
    ended = [event["name"] for event in guest.all("E") if event["name"] in children.values()]
    (waker,) = wakers(guest, "main")
    assert isinstance(waker, int)
    assert children[waker] == ended[-1]
