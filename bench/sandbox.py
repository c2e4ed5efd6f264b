"""What a whole run in a jail costs, each figure beside a bare start of the same Python in the same minute."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from statistics import median

from bench.programs import HELLO, TEN_FETCHES
from bench.reference import BARE_START, time_bare_start, time_process
from bench.rows import Row
from bench.runs import time_run
from bench.scale import Scale
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job

Timed = Callable[[], Awaitable[float]]


def measure(scale: Scale) -> list[Row]:
    """Medians of interleaved rounds, in milliseconds."""
    runner = EmbeddedRunner()
    try:
        return asyncio.run(_measure(runner, scale.whole_run_rounds))
    finally:
        runner.close()


async def _measure(runner: EmbeddedRunner, rounds: int) -> list[Row]:
    client = RunnerClient(await runner.ensure())
    timed: dict[str, Timed] = {
        BARE_START: time_bare_start,
        "bwrap with a bare root, true": lambda: time_process(*_bare_jail()),
        "request to end": lambda: _time_run(client, HELLO),
        "request to end, untraced": lambda: _time_run(client, HELLO, traced=False),
        "request to end, ten fetches over https": lambda: _time_run(client, TEN_FETCHES),
    }
    taken: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(rounds):
        for name, time_it in timed.items():
            taken[name].append(await time_it())
    reference = median(taken[BARE_START])
    return [_row(name, median(values), reference) for name, values in taken.items()]


def _row(name: str, value: float, reference: float) -> Row:
    return Row(name, value, "ms", f"{BARE_START}: {reference:.1f} ms", value / reference)


def _bare_jail() -> list[str]:
    bwrap = shutil.which("bwrap") or "bwrap"
    return [bwrap, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true"]


async def _time_run(client: RunnerClient, code: str, *, traced: bool = True) -> float:
    return (await time_run(client, Job(code, traced=traced))).end_ms
