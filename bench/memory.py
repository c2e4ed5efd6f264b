"""What jails that wait cost in memory, and whether the runner's own stays flat while a program floods it."""

import asyncio
from itertools import zip_longest
from statistics import median

from bench.processes import KIB, command_of, find_runner, private_kib, resident_kib, settled, waiting_jails
from bench.programs import FLOOD, FLOOD_BYTES, HELLO
from bench.rows import Row, Target
from bench.runs import printed, time_run
from bench.scale import Scale
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job, Limits, Outcome
from studyapp.sandbox.limits import MIB

FLAT = Target("value", "most", 5)
FLOODS_AT_ONCE = 4
SLOW_READER_WAITS_S = 1.0
ROOM_FOR_A_FLOOD = Limits(output_bytes=16 * MIB, events=1_000_000, event_bytes=100_000_000, wall_s=120)


class MemoryWatch:
    """Looks at a process's resident memory again and again, and keeps the most that it saw.

    `growth_mib` counts from `baseline_kib`, what the process had when the watch began.
    """

    def __init__(self, pid: int, every_s: float = 0.02) -> None:
        self.baseline_kib = self.most_kib = resident_kib(pid)
        self._pid = pid
        self._every_s = every_s

    @property
    def growth_mib(self) -> float:
        return (self.most_kib - self.baseline_kib) / KIB

    async def __aenter__(self) -> "MemoryWatch":
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            self.most_kib = max(self.most_kib, resident_kib(self._pid))
            await asyncio.sleep(self._every_s)


def measure_waiting_jail(_: Scale) -> list[Row]:
    """Private memory of jails that wait in stock, in all and by process."""
    runner = EmbeddedRunner()
    try:
        jails = asyncio.run(_weigh_waiting_jails(runner))
    finally:
        runner.close()
    rows = [Row("a waiting jail, private memory, median", median(map(_sum_mib, jails)), "MiB", target=FLAT)]
    for number, processes in enumerate(zip_longest(*jails), start=1):
        known = [each for each in processes if each]
        name = f"of it process {number}, {known[0][0]}"
        rows.append(Row(name, median(kib for _, kib in known) / KIB, "MiB"))
    return rows


def _sum_mib(jail: list[tuple[str, int]]) -> float:
    return sum(kib for _, kib in jail) / KIB


async def _weigh_waiting_jails(runner: EmbeddedRunner) -> list[list[tuple[str, int]]]:
    """Of each jail its processes: name and KiB. A run before has had the stock made up again."""
    client = RunnerClient(await runner.ensure())
    await time_run(client, Job(HELLO))
    pid = find_runner()
    await settled(pid)
    jails = waiting_jails(pid)
    if not jails:
        raise RuntimeError("this runner keeps no jails waiting")
    return [[(command_of(process), private_kib(process)) for process in jail] for jail in jails]


def measure_flood(scale: Scale) -> list[Row]:
    """The runner's memory while programs print as fast as they can and some readers are slow."""
    runner = EmbeddedRunner()
    try:
        growth = asyncio.run(_watch_flood(runner, scale.flood_runs))
    finally:
        runner.close()
    megabytes = scale.flood_runs * FLOOD_BYTES / 1e6
    return [Row(f"runner's memory, most growth in a flood of {megabytes:.0f} MB", growth, "MiB", target=FLAT)]


async def _watch_flood(runner: EmbeddedRunner, runs: int) -> float:
    client = RunnerClient(await runner.ensure())
    await time_run(client, Job(HELLO))
    pid = find_runner()
    await settled(pid)
    places = asyncio.Semaphore(FLOODS_AT_ONCE)

    async def flood(number: int) -> None:
        async with places:
            await _read_flood(client, wait_s=SLOW_READER_WAITS_S if number % 4 == 0 else 0)

    async with MemoryWatch(pid) as watch, asyncio.TaskGroup() as group:
        for number in range(runs):
            group.create_task(flood(number))
    return watch.growth_mib


async def _read_flood(client: RunnerClient, *, wait_s: float) -> None:
    """Raises RuntimeError unless every byte arrives."""
    handle = await client.start(Job(FLOOD, traced=False, limits=ROOM_FOR_A_FLOOD))
    await asyncio.sleep(wait_s)
    length = 0
    async for piece in handle:
        length += len(printed(piece))
    if not isinstance(piece, Outcome) or piece.reason != "finished" or length != FLOOD_BYTES:
        raise RuntimeError(f"{length} of {FLOOD_BYTES} bytes arrived: {piece}")
