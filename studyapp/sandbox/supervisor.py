"""Looks after one run: takes in what it says, holds it to its limits, and gives its end a name."""

import asyncio
import time
from collections.abc import Callable
from signal import Signals
from typing import Protocol

from studyapp.sandbox import wire
from studyapp.sandbox.intake import Intake
from studyapp.sandbox.jobs import EndReason, Job, Outcome, Stopping
from studyapp.sandbox.meter import Meter
from studyapp.sandbox.own_events import end_event
from studyapp.sandbox.plumbing import PIPE_BUFFER
from studyapp.sandbox.process import JailProcess
from studyapp.sandbox.verdict import Verdict, judge
from studyapp.sandbox.watchdog import Watchdog

BATCH_EVERY_S = 0.033
MEASURE_EVERY_S = 0.05
MEASURE_AGAIN_AFTER_S = 0.01
LONGEST_SHARE_OF_MEASURING = 0.1
LADDER = ((Signals.SIGINT, 0.4), (Signals.SIGTERM, 0.3))
DRAINED_WITHIN_S = 2.0


class Sink(Protocol):
    """Where lines for the client go: `post` never waits, `send` waits while the client is slow."""

    def post(self, line: bytes) -> None: ...
    async def send(self, line: bytes) -> None: ...


class Supervisor:
    """One run in a jail that is ready."""

    def __init__(self, jail: JailProcess, job: Job, sink: Sink) -> None:
        self._jail = jail
        self._limits = job.limits
        self._sink = sink
        self._began_s = time.monotonic()
        self._meter = Meter(jail.first.pid, precise_above=job.limits.memory_bytes // 2)
        self._watchdog = Watchdog(job.limits, self._meter.sample())
        self._intake = Intake(job.limits, lambda: self._elapsed_s() * 1e6)
        self._ended_by: EndReason | None = None
        self._killed = False
        self._look_again_s = 0.0
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    async def watch(self, stop_asked: asyncio.Event, abandoned: asyncio.Event) -> Outcome:
        """Delivers what the program says until it has ended; what came last is left for `deliver_end`."""
        jail, intake = self._jail, self._intake
        async with asyncio.TaskGroup() as group:
            pumps = [
                group.create_task(self._pump(jail.events, intake.feed_events)),
                group.create_task(self._pump(jail.stdout, lambda chunk: intake.feed_output("stdout", chunk))),
                group.create_task(self._pump(jail.stderr, lambda chunk: intake.feed_output("stderr", chunk))),
            ]
            guards = [
                group.create_task(self._deliver()),
                group.create_task(self._measure()),
                group.create_task(self._limit_wall()),
                group.create_task(self._stop(stop_asked)),
                group.create_task(self._abandon(abandoned)),
            ]
            await jail.wait()
            ended_s = self._elapsed_s()
            for guard in guards:
                guard.cancel()
            await self._drain(pumps)
        return self._conclude(ended_s)

    async def deliver_end(self, outcome: Outcome) -> None:
        """Sends what is left, then the end event, then the outcome."""
        self._intake.close()
        self._intake.add(end_event(outcome, self._elapsed_s() * 1e6))
        while batch := self._intake.take():
            await self._sink.send(wire.dump_events(batch))
        await self._sink.send(wire.dump_piece(outcome))

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._began_s

    def _end(self, reason: EndReason) -> None:
        self._ended_by = self._ended_by or reason
        self._killed = True
        self._jail.kill()

    async def _pump(self, reader: asyncio.StreamReader, take: Callable[[bytes], None]) -> None:
        """Moves bytes into the intake, and none while it is full: the program's own write waits then."""
        while chunk := await reader.read(PIPE_BUFFER):
            take(chunk)
            self._look()
            self._news.set()
            if self._intake.reached:
                self._end(self._intake.reached)
            while self._intake.full and self._jail.exit_code is None:
                self._room.clear()
                await self._room.wait()

    async def _deliver(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while batch := self._intake.take():
                await self._sink.send(wire.dump_events(batch))
            self._room.set()
            await asyncio.sleep(BATCH_EVERY_S)

    async def _measure(self) -> None:
        while True:
            self._look()
            half_full = self._watchdog.memory_bytes > self._limits.memory_bytes // 2
            await asyncio.sleep(MEASURE_AGAIN_AFTER_S if half_full else MEASURE_EVERY_S)

    def _look(self) -> None:
        """Measures the jail, unless that was done a moment ago. Crowds, slow to measure, wait longer.

        Counted is the processor time it took: a crowd that keeps this process waiting must not gain by it.
        """
        began_s, began_cpu_s = self._elapsed_s(), time.thread_time()
        if began_s < self._look_again_s:
            return
        reason = self._watchdog.check(self._meter.sample(), began_s)
        if reason:
            self._end(reason)
        took_s = time.thread_time() - began_cpu_s
        self._look_again_s = began_s + max(MEASURE_AGAIN_AFTER_S, took_s / LONGEST_SHARE_OF_MEASURING)

    async def _limit_wall(self) -> None:
        await asyncio.sleep(self._limits.wall_s)
        self._end(EndReason.WALL_LIMIT)

    async def _abandon(self, abandoned: asyncio.Event) -> None:
        await abandoned.wait()
        self._end(EndReason.ABANDONED)

    async def _stop(self, asked: asyncio.Event) -> None:
        await asked.wait()
        self._ended_by = self._ended_by or EndReason.STOPPED
        for number, patience_s in LADDER:
            self._jail.signal_program(number)
            self._sink.post(wire.dump_piece(Stopping(number.name.removeprefix("SIG"))))
            await asyncio.sleep(patience_s)
        self._sink.post(wire.dump_piece(Stopping("KILL")))
        self._end(EndReason.STOPPED)

    async def _drain(self, pumps: list[asyncio.Task[None]]) -> None:
        """What was written before the end is still in the pipes."""
        self._jail.kill()
        self._room.set()
        _, late = await asyncio.wait(pumps, timeout=DRAINED_WITHIN_S)
        for pump in late:
            pump.cancel()

    def _conclude(self, wall_s: float) -> Outcome:
        code = self._jail.exit_code or 0
        if self._ended_by:
            verdict, code_or_none = Verdict(self._ended_by, None), None if self._killed else code
        else:
            crowded = self._watchdog.crowded or self._intake.crowded
            verdict, code_or_none = judge(code, self._intake.failure, crowded=crowded), code
        return Outcome(verdict.reason, code_or_none, verdict.error, wall_s, max(0.0, self._watchdog.cpu_s))
