"""What a run in a jail costs, each figure beside a bare start of the same Python in the same minute."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable
from statistics import median

from bench.rows import Row
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.interpreters import own_interpreter
from studyapp.sandbox.jobs import Events, Job, Outcome

ROUNDS = 15
RUNS_AT_ONCE = 24
REFERENCE = "python -I -c pass"
PLAIN = "import asyncio\nasync def main(): print('hello')\nasyncio.run(main())"
FAN_OUT = """
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

Timed = Callable[[], Awaitable[float]]


def measure() -> list[Row]:
    """Medians of interleaved rounds, in milliseconds, and runs per second with every core busy."""
    runner = EmbeddedRunner()
    try:
        return asyncio.run(_measure(runner))
    finally:
        runner.close()


async def _measure(runner: EmbeddedRunner) -> list[Row]:
    client = RunnerClient(await runner.ensure())
    timed: dict[str, Timed] = {
        REFERENCE: lambda: _time_process(str(own_interpreter().path), "-I", "-c", "pass"),
        "bwrap with a bare root, true": lambda: _time_process(*_bare_jail()),
        "run asked for, first event": lambda: _time_run(client, PLAIN, Events),
        "run asked for, end": lambda: _time_run(client, PLAIN, Outcome),
        "untraced run asked for, end": lambda: _time_run(client, PLAIN, Outcome, traced=False),
        "ten fetches over https asked for, end": lambda: _time_run(client, FAN_OUT, Outcome),
    }
    taken: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(ROUNDS):
        for name, time_it in timed.items():
            taken[name].append(await time_it())
    reference = median(taken[REFERENCE])
    rows = [_row(name, median(values), "ms", median(values) / reference) for name, values in taken.items()]
    rate = await _count_runs_per_second(client)
    return [*rows, _row(f"runs, {RUNS_AT_ONCE} asked for at once", rate, "runs/s", rate * reference / 1000)]


def _row(name: str, value: float, unit: str, ratio: float) -> Row:
    return {"name": name, "value": value, "unit": unit, "reference": REFERENCE, "ratio": ratio}


def _bare_jail() -> list[str]:
    bwrap = shutil.which("bwrap") or "bwrap"
    return [bwrap, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true"]


async def _time_process(*command: str) -> float:
    began = time.perf_counter()
    await asyncio.to_thread(subprocess.run, command, check=True, env={"PATH": os.defpath})
    return (time.perf_counter() - began) * 1e3


async def _time_run(client: RunnerClient, code: str, until: type, *, traced: bool = True) -> float:
    """Milliseconds from asking for the run to its first piece of the kind; the run is followed to its end."""
    began = time.perf_counter()
    taken: float | None = None
    async for piece in await client.start(Job(code, traced=traced)):
        if taken is None and isinstance(piece, until):
            taken = (time.perf_counter() - began) * 1e3
    if taken is None:
        raise RuntimeError(f"the run sent no {until.__name__}")
    return taken


async def _count_runs_per_second(client: RunnerClient) -> float:
    began = time.perf_counter()
    await asyncio.gather(*(_time_run(client, PLAIN, Outcome) for _ in range(RUNS_AT_ONCE)))
    return RUNS_AT_ONCE / (time.perf_counter() - began)
