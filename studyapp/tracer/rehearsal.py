"""A run of nothing, ahead of a real one, so that the real one finds everything warm.

What runs for the first time in a process is slow: Python has yet to adapt its bytecode, and after a fork the
system has yet to copy each page of memory that is written to.
"""

import os

from .session import start

FILENAME = "rehearsal.py"
SOURCE = """\
import asyncio, sys

async def main():
    await asyncio.sleep(0)

loop = asyncio.new_event_loop()
try:
    loop.call_soon(loop.stop)
    loop.call_later(0, print)
    loop.run_forever()
    print(f"{len([n * 2 for n in range(3) if n])}", file=sys.stderr)
finally:
    loop.close()
"""


def rehearse() -> None:
    """Leaves no trace: no thread, no descriptor, no output. Makes no task, as Python numbers them."""
    reading, writing = os.pipe()
    try:
        session = start(writing, FILENAME, SOURCE)
        try:
            exec(compile(SOURCE, FILENAME, "exec", dont_inherit=True), {"__name__": FILENAME})  # noqa: S102
        finally:
            session.finish()
    finally:
        os.close(reading)
