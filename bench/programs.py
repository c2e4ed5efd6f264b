"""The programs that are run again and again."""

from studyapp.content.lessons.catalogue import get_lesson

HELLO = """\
import asyncio

async def main():
    print("hello")

asyncio.run(main())
"""

TEN_FETCHES = """\
import asyncio
import aiohttp

async def fetch(session, number):
    async with session.get(f"https://example.com/get?page={number}") as response:
        return await response.json()

async def main():
    async with aiohttp.ClientSession() as session:
        print(len(await asyncio.gather(*(fetch(session, number) for number in range(10)))))

asyncio.run(main())
"""

BUSY_NAME = "bench-busy"
BUSY_IN_FOUR_PROCESSES = f"""\
import ctypes, os

PR_SET_NAME = 15
ctypes.CDLL(None).prctl(PR_SET_NAME, b"{BUSY_NAME}", 0, 0, 0)
for _ in range(3):
    if os.fork() == 0:
        break
else:
    print("busy", flush=True)
while True:
    pass
"""

FLOOD_BYTES = 15 * 2**20
FLOOD = f"""\
import os

chunk = b"x" * 65536
for _ in range({FLOOD_BYTES} // len(chunk)):
    left = chunk
    while left:
        left = left[os.write(1, left):]
"""


def fan_out(slowest_s: float) -> str:
    """The lesson with 10 pages, of which the slowest takes `slowest_s` seconds to answer."""
    return get_lesson("fetch-fan-out").program({"PAGES": 10, "SLOWEST": slowest_s})
