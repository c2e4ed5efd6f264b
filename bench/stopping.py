"""How long it takes until many busy programs are gone once somebody has pressed Stop on all of them."""

import asyncio
import time
from statistics import median

from bench.processes import command_of, descendants, find_runner, is_alive
from bench.programs import BUSY_IN_FOUR_PROCESSES, BUSY_NAME
from bench.reference import BARE_START, time_bare_start
from bench.rows import Row, Target
from bench.runs import end_of, until_printed
from bench.scale import Scale
from studyapp.sandbox.client import RunHandle, RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job, Limits

LONG = Limits(wall_s=120, cpu_s=120)
REFERENCES = 9
WITHIN_S = 90.0
PLACES_PER_RUN = 2
"""A runner keeps some of its places from long runs, and these are long."""
BUSY_PROCESSES = 4


def measure(scale: Scale) -> list[Row]:
    """Seconds until every outcome has come and every process is dead."""
    runner = EmbeddedRunner(runs=PLACES_PER_RUN * scale.stopped)
    try:
        taken_s, reference_ms = asyncio.run(asyncio.wait_for(_measure(runner, scale.stopped), WITHIN_S))
    except TimeoutError:
        raise RuntimeError(f"the runs were not all busy, then stopped, within {WITHIN_S:g} s") from None
    finally:
        runner.close()
    return [
        Row(
            f"Stop on {scale.stopped} busy four-process runs, all gone",
            taken_s,
            "s",
            f"{BARE_START}: {reference_ms:.1f} ms",
            taken_s * 1e3 / reference_ms,
            Target("value", "most", 0.5),
        )
    ]


async def _measure(runner: EmbeddedRunner, runs: int) -> tuple[float, float]:
    client = RunnerClient(await runner.ensure())
    reference_ms = median([await time_bare_start() for _ in range(REFERENCES)])
    pid = find_runner()
    handles = await asyncio.gather(*(_start_busy(client) for _ in range(runs)))
    busy = await _find_busy(pid, BUSY_PROCESSES * runs)
    began = time.perf_counter()
    reasons = await asyncio.gather(*map(_stop, handles))
    while any(map(is_alive, busy)):  # noqa: ASYNC110  # the kernel sends no event for these
        await asyncio.sleep(0.001)
    ended = time.perf_counter()
    if set(reasons) != {"stopped"}:
        raise RuntimeError(f"stopped runs ended with {reasons}")
    return ended - began, reference_ms


async def _find_busy(runner: int, count: int) -> list[int]:
    """The programs' processes, once there are so many."""
    while True:
        busy = [pid for pid in descendants(runner) if command_of(pid) == BUSY_NAME]
        if len(busy) == count:
            return busy
        await asyncio.sleep(0.01)


async def _start_busy(client: RunnerClient) -> RunHandle:
    handle = await client.start(Job(BUSY_IN_FOUR_PROCESSES, traced=False, limits=LONG))
    await until_printed(handle, "busy")
    return handle


async def _stop(handle: RunHandle) -> str:
    await handle.stop()
    return (await end_of(handle)).reason.value
