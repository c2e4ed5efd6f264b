"""A run of nothing, ahead of a real one, so that the real one finds everything warm.

What runs for the first time in a process is slow: Python has yet to adapt its bytecode, and after a fork the
system has yet to copy each page of memory that is written to.
"""

import asyncio
import os
from typing import Any

from .session import start

FILENAME = "rehearsal.py"
SOURCE = """\
import asyncio
from tracer.rehearsal import make_named_task

async def main():
    await asyncio.sleep(0)
    print("hello")

with asyncio.Runner() as runner:
    runner.get_loop().set_task_factory(make_named_task)
    runner.run(main())
"""


def make_named_task(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
    """As Python numbers tasks without a name, and a program's first one is to be Task-1."""
    return asyncio.Task(coro, loop=loop, **{"name": "rehearsal", **options})


def rehearse() -> None:
    """Leaves no trace: no thread, no descriptor, no output, no number of a task."""
    reading, writing = os.pipe()
    try:
        session = start(writing, FILENAME, SOURCE)
        try:
            exec(compile(SOURCE, FILENAME, "exec", dont_inherit=True), {"__name__": FILENAME})  # noqa: S102
        finally:
            session.finish()
    finally:
        os.close(reading)
