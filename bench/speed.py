"""How long somebody waits for the first sign of their program, beside a bare start of the same Python."""

import asyncio
from collections.abc import Awaitable, Callable
from statistics import median, quantiles
from typing import Any

from bench.processes import find_runner, settled
from bench.programs import HELLO
from bench.reference import BARE_START, time_bare_start
from bench.rows import Row, Target
from bench.runs import time_run
from bench.scale import Scale
from bench.site import WebSocketRuns, serving
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job

Timer = Callable[[], Awaitable[float]]


def measure_warm(scale: Scale) -> list[Row]:
    """At the runner's socket, each time after the runner has made its stock of jails up again."""
    times, references = _time_first_events(scale)
    return [
        _row("request to first event, stock warm, median", median(times), references, 0.5),
        _row("request to first event, stock warm, p95", _p95(times), references, 1.5),
    ]


def measure_empty(scale: Scale) -> list[Row]:
    """At the socket of a runner that makes no jail before it is asked to."""
    times, references = _time_first_events(scale, stock=0)
    return [
        _row("request to first event, no stock, median", median(times), references, 1.0),
        _row("request to first event, no stock, p95", _p95(times), references, None),
    ]


def measure_websocket(scale: Scale) -> list[Row]:
    """Through Daphne, as a browser sees it."""
    with serving() as site:
        times, references = asyncio.run(_time_websocket(site.process.pid, site.address, scale))
    return [
        _row("websocket message to first event frame, median", median(times), references, 2.0),
        _row("websocket message to first event frame, p95", _p95(times), references, None),
    ]


def _row(name: str, taken_ms: float, references: list[float], target: float | None) -> Row:
    reference = median(references)
    goal = None if target is None else Target("ratio", "most", target)
    return Row(name, taken_ms, "ms", f"{BARE_START}: {reference:.1f} ms", taken_ms / reference, goal)


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20, method="inclusive")[-1]


def _time_first_events(scale: Scale, **bounds: Any) -> tuple[list[float], list[float]]:
    runner = EmbeddedRunner(**bounds)
    try:
        return asyncio.run(_time_at_socket(runner, scale))
    finally:
        runner.close()


async def _time_at_socket(runner: EmbeddedRunner, scale: Scale) -> tuple[list[float], list[float]]:
    client = RunnerClient(await runner.ensure())

    async def time_first_event() -> float:
        return (await time_run(client, Job(HELLO))).first_event_ms

    return await _interleave(time_first_event, scale.first_event_rounds)


async def _time_websocket(web: int, address: str, scale: Scale) -> tuple[list[float], list[float]]:
    async with WebSocketRuns.open(address) as runs:
        await runs.time_first_event()  # the first of all starts the runner
        return await _interleave(runs.time_first_event, scale.websocket_rounds, below=web)


async def _interleave(
    time_it: Timer, rounds: int, below: int | None = None
) -> tuple[list[float], list[float]]:
    """Milliseconds of the measured and of the reference, in turns, each after a rest of the machine.

    Straight after other work both would be faster: the processors are awake, and know the code.

    `below`: the process below which the runner is, this one unless told.
    """
    runner = find_runner(below)
    times, references = [], []
    await time_it()
    at_rest = await settled(runner)
    for _ in range(rounds):
        at_rest = await settled(runner, least=at_rest)
        references.append(await time_bare_start())
        at_rest = await settled(runner, least=at_rest)
        times.append(await time_it())
    return times, references
