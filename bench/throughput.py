"""Runs per second with every core busy, beside the mode that makes one bubblewrap for each run."""

import asyncio
import os
import time
from collections.abc import Sequence
from statistics import median

from bench.one_jail_per_run import OneJailPerRun, one_jail_per_run
from bench.programs import HELLO, fan_out
from bench.reference import default_interpreter
from bench.rows import Row, Target
from bench.runs import time_run
from bench.scale import Scale
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job

AT_ONCE = 24
REFERENCE_AT_ONCE = 2 * (os.cpu_count() or 1)
MODE = "one bubblewrap per run"
WAITS_S = (0.1, 1.0)
"""How long a lesson's slowest page takes: as short as the lesson allows, and as it ships."""


def measure(scale: Scale) -> list[Row]:
    """The rate of small programs, and the time per run of a class that presses Run together."""
    runner = EmbeddedRunner()
    try:
        with one_jail_per_run(default_interpreter()) as reference:
            return asyncio.run(_measure(runner, reference, scale))
    finally:
        runner.close()


async def _measure(runner: EmbeddedRunner, reference: OneJailPerRun, scale: Scale) -> list[Row]:
    client = RunnerClient(await runner.ensure())
    await _time_together(client, [HELLO] * AT_ONCE, AT_ONCE)
    rows = [await _measure_rate(client, reference, scale)]
    for slowest_s in WAITS_S:
        rows.append(await _measure_crowd(client, reference, scale, slowest_s))
    return rows


async def _measure_rate(client: RunnerClient, reference: OneJailPerRun, scale: Scale) -> Row:
    rates, reference_rates = [], []
    for _ in range(scale.throughput_batches):
        references = [HELLO] * scale.reference_runs
        took_s = await asyncio.to_thread(reference.time_together, references, REFERENCE_AT_ONCE)
        reference_rates.append(len(references) / took_s)
        took_s = await _time_together(client, [HELLO] * scale.throughput_runs, AT_ONCE)
        rates.append(scale.throughput_runs / took_s)
    return Row(
        f"runs of asyncio.run(main()), {AT_ONCE} in flight",
        median(rates),
        "runs/s",
        f"{MODE}, {REFERENCE_AT_ONCE} in flight: {median(reference_rates):.1f} runs/s",
        median(rates) / median(reference_rates),
        Target("ratio", "least", 8),
    )


async def _measure_crowd(
    client: RunnerClient, reference: OneJailPerRun, scale: Scale, slowest_s: float
) -> Row:
    """Each crowd is followed by its reference, so that both see the same machine.

    While a program waits for its slowest page, others use the cores: the reference has enough in flight.
    """
    program = fan_out(slowest_s)
    at_once = REFERENCE_AT_ONCE if slowest_s < 1 else AT_ONCE
    references = [program] * max(at_once, 2 * scale.reference_runs)
    each_ms, reference_ms = [], []
    for _ in range(scale.crowds):
        took_s = await _time_together(client, [program] * scale.crowd, scale.crowd)
        each_ms.append(took_s * 1e3 / scale.crowd)
        took_s = await asyncio.to_thread(reference.time_together, references, at_once)
        reference_ms.append(took_s * 1e3 / len(references))
    return Row(
        f"{scale.crowd} fetch-fan-out at once, slowest page {slowest_s:g} s, per run",
        median(each_ms),
        "ms",
        f"{MODE}, {at_once} in flight: {median(reference_ms):.0f} ms per run",
        median(each_ms) / median(reference_ms),
        Target("ratio", "most", 0.15),
    )


async def _time_together(client: RunnerClient, programs: Sequence[str], at_once: int) -> float:
    """Seconds for all of them. Raises RuntimeError if any is lost or does not finish."""
    places = asyncio.Semaphore(at_once)

    async def run(program: str) -> None:
        async with places:
            await time_run(client, Job(program))

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for program in programs:
            group.create_task(run(program))
    return time.perf_counter() - began
