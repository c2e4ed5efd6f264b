"""Does once, in the template, what programs will do in the jails: what Python learns of it, they inherit.

Python adapts its byte code to what it runs, fills caches and imports modules at their first use. Done again
in each jail, all of that would cost copies of the memory that it writes to.
"""

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

# The tracer is `studyapp.tracer` on the host.
from tracer.rehearsal import make_named_task, rehearse  # type: ignore[import-not-found]
from tracer.session import prepare  # type: ignore[import-not-found]

from .descriptors import EVENTS
from .practice.loop import Loop
from .practice.server import CONTEXT, Site

ROUNDS, AT_ONCE = 4, 10
PAUSE_S = 0.001
FILLING_BYTES = {
    64 * 1024: range(48, 160, 16),
    24 * 1024: (*range(160, 512, 16), 600, 800, 1100, 1600, 2200, 3200, 4500, 6500, 9000, 13000),
}
"""How much to take in pieces of each of the sizes."""

EMPTY_BYTES = sys.getsizeof(b"")

_filling: list[bytes] = []


def warm_up() -> None:
    """Leaves no thread, no descriptor and no output behind.

    What a program does first comes last: Python forgets where it found an attribute when it finds others.
    """
    with asyncio.Runner() as runner, _named_tasks():
        runner.get_loop().set_task_factory(make_named_task)
        runner.run(_fetch_from_oneself())
    for _ in range(ROUNDS):
        rehearse()
    prepare(EVENTS)


def fill_gaps() -> None:
    """Takes what is free between all that is in use, for good: what a program makes then lies together.

    So it needs fewer pages, each of which would be a copy.
    """
    for filling_bytes, sizes in FILLING_BYTES.items():
        for size in sizes:
            _filling.extend(bytes(size - EMPTY_BYTES) for _ in range(filling_bytes // size))


class _NamedTask(asyncio.Task[Any]):
    def __init__(self, coro: Any, **options: Any) -> None:
        super().__init__(coro, **{"name": "warm-up", **options})


@contextmanager
def _named_tasks() -> Iterator[None]:
    """Gives a name also to tasks that are made without the loop, as aiohttp makes some."""
    plain = asyncio.Task
    asyncio.Task = _NamedTask  # type: ignore[misc]
    try:
        yield
    finally:
        asyncio.Task = plain  # type: ignore[misc]


async def _fetch_from_oneself() -> None:
    """The practice internet and a program that fetches from it, in one process; nobody else can connect."""
    loop = Loop()
    site = Site(loop)
    local = ("127.0.0.1", 0)
    with socket.create_server(local) as http, socket.create_server(local) as https:
        site.serve(http)
        site.serve(https, CONTEXT)
        serving = asyncio.create_task(_serve(loop))
        url = f"http://practice.test:{http.getsockname()[1]}/get"
        async with aiohttp.ClientSession() as session:
            for _ in range(ROUNDS):
                await _fetch(session, f"https://practice.test:{https.getsockname()[1]}/get")
                await asyncio.gather(*(_fetch(session, f"{url}?page={page}") for page in range(AT_ONCE)))
        while site.connections:  # noqa: ASYNC110  # over at once: the client has hung up
            await asyncio.sleep(0)
        serving.cancel()
    loop.close()


async def _serve(loop: Loop) -> None:
    while True:
        loop.turn(0)
        await asyncio.sleep(PAUSE_S)


async def _fetch(session: aiohttp.ClientSession, url: str) -> None:
    async with session.get(url) as response:
        await response.json()
        await response.text()
