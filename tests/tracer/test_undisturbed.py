"""Being watched changes nothing: odd programs behave as they do alone."""

from collections.abc import Callable

import pytest

from tests.tracer.guest import Guest

Run = Callable[..., Guest]

SAME = {
    "tasks are what they were": """
import asyncio
async def main():
    task = asyncio.current_task()
    print(type(task), isinstance(task, asyncio.Task), repr(task).partition(" coro=")[0])
    print(task.get_coro().__qualname__, task.get_name(), task.cancelling())
    handle = asyncio.get_running_loop().call_later(1, print)
    print(isinstance(handle, asyncio.TimerHandle), isinstance(handle, asyncio.Handle))
    handle.cancel()
asyncio.run(main())
""",
    "a task may carry the learner's own attributes": """
import asyncio
async def main():
    task = asyncio.create_task(asyncio.sleep(0))
    task.number = task.title = "mine"
    await task
    print(task.number, task.title)
asyncio.run(main())
""",
    "a task class of the learner's own": """
import asyncio
class Loud(asyncio.Task):
    def cancel(self, msg=None):
        print("cancelling", msg)
        return super().cancel(msg)
async def main():
    def make(loop, coro, **options):
        return Loud(coro, loop=loop, **options)
    asyncio.get_running_loop().set_task_factory(make)
    task = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    task.cancel("please")
    try:
        await task
    except asyncio.CancelledError as error:
        print("cancelled", error.args)
asyncio.run(main())
""",
    "a coroutine class of the learner's own": """
import asyncio, collections.abc
class Odd(collections.abc.Coroutine):
    def __init__(self):
        self.steps = 0
    def __getattr__(self, name):
        raise RuntimeError(name)
    def send(self, value):
        self.steps += 1
        if self.steps == 3:
            raise StopIteration("odd")
    def throw(self, *error):
        raise error[0]
    def close(self):
        pass
    def __await__(self):
        return self
async def main():
    print(await asyncio.get_running_loop().create_task(Odd()))
asyncio.run(main())
""",
    "objects that refuse to be looked at": """
import asyncio
class Refuses:
    def __eq__(self, other):
        raise RuntimeError
    __hash__ = __len__ = __bool__ = __repr__ = __str__ = __eq__
class Lock(asyncio.Lock):
    __eq__ = __hash__ = __bool__ = Refuses.__eq__
async def hold(lock):
    async with lock:
        await asyncio.sleep(0)
    return Refuses()
async def main():
    lock = Lock()
    results = await asyncio.gather(hold(lock), hold(lock))
    print([type(result).__name__ for result in results])
asyncio.run(main())
""",
    "loops in threads": """
import asyncio, threading
async def add(n):
    await asyncio.sleep(0.001)
    totals.append(n)
totals = []
threads = [threading.Thread(target=asyncio.run, args=(add(n),)) for n in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sorted(totals))
""",
    "a loop inside a callback of another": """
import asyncio
async def inner():
    await asyncio.sleep(0)
    return "inner"
def nested():
    asyncio._set_running_loop(None)
    print(asyncio.new_event_loop().run_until_complete(inner()))
async def main():
    loop = asyncio.get_running_loop()
    nested()
    asyncio._set_running_loop(loop)
    asyncio._leave_task, asyncio._enter_task
    await asyncio.sleep(0)
try:
    asyncio.run(main())
except RuntimeError as error:
    print(error)
""",
    "asyncio patched by the program": """
import asyncio
from asyncio import events, tasks
original = asyncio.sleep
async def sleep(delay):
    print("sleeping", delay)
    await original(0)
asyncio.sleep = tasks.sleep = sleep
class Handle(events.Handle):
    def _run(self):
        super()._run()
events.Handle = Handle
asyncio.run(asyncio.sleep(5))
""",
    "a task is freed as soon as it ends": """
import asyncio, gc, weakref
gc.disable()
async def returns():
    await asyncio.sleep(0)
async def fails():
    await asyncio.sleep(0)
    raise ValueError
async def main():
    for coro in (returns(), fails()):
        task = asyncio.create_task(coro)
        kept = weakref.ref(task)
        await asyncio.wait([task])
        task.exception()
        del task
        await asyncio.sleep(0)
        print(kept())
asyncio.run(main())
""",
    "every descriptor closed": """
import asyncio, os
os.closerange(3, 100)
asyncio.run(asyncio.sleep(0))
os.write(1, b"")
""",
    "a debugged loop": """
import asyncio, warnings
async def main():
    await asyncio.sleep(0)
    print(asyncio.get_running_loop().get_debug())
asyncio.run(main(), debug=True)
""",
    "async generators left open": """
import asyncio
async def numbers():
    try:
        yield 1
    finally:
        print("closed")
async def main():
    async for n in numbers():
        break
    await asyncio.sleep(0)
asyncio.run(main())
""",
    "deep recursion in a task": """
import asyncio
async def deep(n):
    await (deep(n - 1) if n else asyncio.sleep(0))
asyncio.run(deep(300))
async def endless():
    await endless()
try:
    asyncio.run(endless())
except RecursionError:
    print("too deep")
""",
    "code made while running": """
import asyncio
async def main():
    for n in range(300):
        space = {"asyncio": asyncio}
        code = f"async def f():\\n    await asyncio.sleep(0)\\n    return {n}"
        exec(compile(code, "lesson.py", "exec"), space)
        total.append(await space["f"]())
total = []
asyncio.run(main())
print(sum(total))
""",
    "semaphores by the thousand": """
import asyncio
async def main():
    for _ in range(2000):
        async with asyncio.Semaphore(1):
            pass
asyncio.run(main())
print("done")
""",
}
HARMFUL = ("every descriptor closed", "asyncio patched by the program")


@pytest.mark.parametrize("source", SAME.values(), ids=SAME)
def test_a_program_does_the_same_as_when_nobody_looks(run: Run, source: str) -> None:
    traced, alone = run(source), run(source, traced=False)
    assert (traced.printed() + traced.stdout, traced.status) == (alone.stdout, alone.status)
    assert traced.printed("stderr") == alone.stderr


@pytest.mark.parametrize("name", [name for name in SAME if name not in HARMFUL])
def test_no_hook_fails_on_an_odd_program(run: Run, name: str) -> None:
    assert run(SAME[name]).args("M", "dropped") == []


def test_a_program_that_breaks_the_tracer_ends_well_and_says_what_was_not_seen(run: Run) -> None:
    source = "import asyncio, tracer.observer\ntracer.observer.look_at = None\nasync def main():\n"
    guest = run(source + "    await asyncio.sleep(0)\n    print('fine')\nasyncio.run(main())\n")
    assert (guest.printed(), guest.status) == ("fine\n", 0)
    assert guest.args("M", "dropped") == [{"n": 1, "reason": "the tracer failed: TypeError"}]
