"""Thousands of mixed runs, good and hostile, many at once; and then a look at what they left behind."""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bench.footprint import CgroupNotes, Footprint, measure_footprint
from bench.memory import FLAT, MemoryWatch
from bench.processes import KIB, find_runner, resident_kib, settled
from bench.programs import HELLO
from bench.rows import Row, Target
from bench.runs import end_of, time_run, until_printed
from bench.scale import Scale
from bench.soak_kinds import KINDS, SLEEPER, Kind
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job, Limits, Queued

SEED = 20_240
AT_ONCE = 24
ENDED_WITHIN_S = 60.0
LOOK_EVERY_S = 0.25
TELL_EVERY = 200
SHORT_WALL_S = 3.0
NONE = Target("value", "most", 0)


class Soak:
    """`odd` counts the endings that were not as expected, by kind and what came instead."""

    def __init__(self, client: RunnerClient) -> None:
        self.odd: Counter[str] = Counter()
        self._client = client
        self._places = asyncio.Semaphore(AT_ONCE)
        self._ended = 0
        self._began = time.monotonic()

    async def run(self, kinds: list[Kind]) -> None:
        """Runs one program of each of these kinds, in this order."""
        async with asyncio.TaskGroup() as group:
            for kind in kinds:
                await self._places.acquire()
                group.create_task(self._run_one(kind))

    async def _run_one(self, kind: Kind) -> None:
        try:
            async with asyncio.timeout(ENDED_WITHIN_S):
                end = await self._end_of(kind)
        except TimeoutError:
            end = f"no end within {ENDED_WITHIN_S:g} s"
        except Exception as error:
            end = f"{type(error).__name__}: {error}"
        finally:
            self._places.release()
        if end not in kind.ends:
            self.odd[f"{kind.name}: {end}"] += 1
        self._ended += 1
        if self._ended % TELL_EVERY == 0:
            took_s = time.monotonic() - self._began
            print(f"  {self._ended} runs in {took_s:.0f} s", file=sys.stderr, flush=True)

    async def _end_of(self, kind: Kind) -> str:
        if kind.act == "talk nonsense":
            return await _talk_nonsense(self._client)
        handle = await self._client.start(kind.job)
        try:
            if kind.act in ("stop", "leave"):
                await until_printed(handle, "\n")
            if kind.act == "stop":
                await handle.stop()
            if kind.act in ("leave", "leave at once"):
                await handle.aclose()
            return (await end_of(handle)).reason.value
        finally:
            await handle.aclose()


async def _talk_nonsense(client: RunnerClient) -> str:
    reader, writer = await asyncio.open_unix_connection(client.socket_path)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return "refused" if b'"code"' in answer else answer.decode(errors="replace")


def measure(scale: Scale) -> list[Row]:
    """Endings that were not as they should be, things left behind, and growth of the runner's memory."""
    runner = EmbeddedRunner(runs=AT_ONCE)
    try:
        return asyncio.run(_measure(runner, scale.soak_runs))
    finally:
        runner.close()


async def _measure(runner: EmbeddedRunner, runs: int) -> list[Row]:
    client = RunnerClient(await runner.ensure())
    pid = find_runner()
    notes = CgroupNotes(pid)
    soak = Soak(client)
    with _looking(notes):
        await soak.run(list(KINDS))
    before = await _at_rest(pid, notes)
    order = random.Random(SEED).choices(KINDS, [kind.share for kind in KINDS], k=runs)  # noqa: S311  # no secret
    async with MemoryWatch(pid) as watch:
        with _looking(notes):
            await soak.run(order)
        after = await _at_rest(pid, notes)
        leaked_mib = (resident_kib(pid) - watch.baseline_kib) / KIB
    lost = await _count_lost_places(client)
    await time_run(client, Job(HELLO))
    left = {**after.left_since(before), **({"places": lost} if lost else {})}
    for what, count in [*soak.odd.items(), *left.items()]:
        print(f"  soak: {count} x {what}", file=sys.stderr)
    return [
        Row(f"soak of {runs:,} runs, unexpected endings", soak.odd.total(), "runs", target=NONE),
        Row(f"soak of {runs:,} runs, left behind", sum(left.values()), "things", target=NONE),
        Row(f"runner's memory, growth over {runs:,} runs", leaked_mib, "MiB", target=FLAT),
        Row(f"runner's memory, most growth while {AT_ONCE} run", watch.growth_mib, "MiB"),
    ]


async def _at_rest(runner: int, notes: CgroupNotes) -> Footprint:
    await settled(runner)
    return measure_footprint(runner, notes)


async def _count_lost_places(client: RunnerClient) -> int:
    """How many of the runner's places nobody gets any more: as many runs as it has are begun together.

    They are short ones, since a runner keeps some of its places from long runs.
    """
    short = Job(SLEEPER, limits=Limits(wall_s=SHORT_WALL_S))
    handles = await asyncio.gather(*(client.start(short) for _ in range(AT_ONCE)))
    firsts = [await anext(handle) for handle in handles]
    for handle in handles:
        await handle.aclose()
    return sum(isinstance(first, Queued) for first in firsts)


@contextmanager
def _looking(notes: CgroupNotes) -> Iterator[None]:
    async def look_often() -> None:
        while True:
            notes.look()
            await asyncio.sleep(LOOK_EVERY_S)

    looking = asyncio.create_task(look_often())
    try:
        yield
    finally:
        looking.cancel()
