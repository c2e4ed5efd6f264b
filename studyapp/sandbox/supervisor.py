"""Looks after one run: takes in what it says, holds it to its limits, and gives its end a name."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial
from signal import Signals
from typing import Protocol

from studyapp.sandbox import wire
from studyapp.sandbox.account import Account
from studyapp.sandbox.intake import Intake
from studyapp.sandbox.jobs import EndReason, ErrorInfo, Job, Outcome, Stopping
from studyapp.sandbox.own_events import end_event
from studyapp.sandbox.plumbing import Tap, write_all
from studyapp.sandbox.process import Jail
from studyapp.sandbox.verdict import Verdict, judge
from studyapp.sandbox.watchdog import Watchdog

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.0005, 0.033
SUMMED_EVERY_S, SUMMED_AGAIN_AFTER_S = 0.05, 0.01
COUNTED_EVERY_S, COUNTED_AGAIN_AFTER_S = 0.2, 0.05
"""Where a control group counts what a jail uses, it holds memory and processes to their limits by itself."""

LONGEST_SHARE_OF_MEASURING = 0.1
LADDER = ((Signals.SIGINT, 0.4), (Signals.SIGTERM, 0.3))
LONGEST_HEAD_START_S, LOOK_EVERY_S = 0.3, 0.1
DRAINED_WITHIN_S = 2.0
LOST: ErrorInfo = {
    "type": "RunnerLost",
    "msg": "The process that this program was forked from ended, and the program with it.",
    "line": None,
    "sub": [],
}


class Client(Protocol):
    """The client: `post` never waits, `send` waits while it is slow, `next_input` for what it has to say.

    `stop_asked` and `gone` are set once: it wants the run to end, or wants nothing any more.
    """

    stop_asked: asyncio.Event
    gone: asyncio.Event

    def post(self, line: bytes) -> None: ...
    async def send(self, line: bytes) -> None: ...
    async def next_input(self) -> bytes | None: ...


class Supervisor:
    """One run in a jail whose program is about to begin."""

    def __init__(self, jail: Jail, job: Job, client: Client) -> None:
        self._jail = jail
        self._job = job
        self._limits = job.limits
        self._client = client
        self._began_s = time.monotonic()
        self._account = Account(jail.first_pid, jail.group, job.limits)
        self._watchdog = Watchdog(job.limits)
        self._intake = Intake(job.limits, lambda: self._elapsed_s() * 1e6)
        self._taps: list[Tap] = []
        self._ended_by: EndReason | None = None
        self._killed = False
        self._look_again_s = 0.0
        self._news = asyncio.Event()

    async def watch(self) -> Outcome:
        """Delivers what the program says until it has ended; what came last is left for `deliver_end`."""
        intake = self._intake
        self._taps = self._jail.tap(
            stdout=partial(self._take, partial(intake.feed_output, "stdout")),
            stderr=partial(self._take, partial(intake.feed_output, "stderr")),
            events=partial(self._take, intake.feed_events),
        )
        async with asyncio.TaskGroup() as group:
            guards = [
                group.create_task(guard())
                for guard in (
                    self._deliver,
                    self._measure,
                    self._limit_wall,
                    self._stop,
                    self._abandon,
                    self._pass_input,
                )
            ]
            await self._jail.wait()
            ended_s = self._elapsed_s()
            for guard in guards:
                guard.cancel()
        await self._drain()
        return self._conclude(ended_s)

    async def deliver_end(self, outcome: Outcome) -> None:
        """Sends what is left, then the end event, then the outcome."""
        self._intake.close()
        self._intake.add(end_event(outcome, self._elapsed_s() * 1e6))
        while batch := self._intake.take():
            await self._client.send(wire.dump_events(batch))
        await self._client.send(wire.dump_piece(outcome))

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._began_s

    def _end(self, reason: EndReason) -> None:
        self._ended_by = self._ended_by or reason
        self._killed = True
        self._jail.kill()

    def _take(self, feed: Callable[[bytes], None], chunk: bytes) -> None:
        """Bytes go into the intake, and none while it is full: the program's own write waits then."""
        feed(chunk)
        self._look()
        self._news.set()
        if self._intake.reached:
            self._end(self._intake.reached)
        if self._intake.full and not self._jail.has_ended:
            for tap in self._taps:
                tap.pause()

    async def _deliver(self) -> None:
        """The first news at once; what comes in quick succession in fewer and larger batches."""
        pause_s = SHORTEST_PAUSE_S
        while True:
            waited_since_s = self._elapsed_s()
            await self._news.wait()
            if self._elapsed_s() - waited_since_s > LONGEST_PAUSE_S:
                pause_s = SHORTEST_PAUSE_S
            self._news.clear()
            while batch := self._intake.take():
                await self._client.send(wire.dump_events(batch))
            for tap in self._taps:
                tap.resume()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _measure(self) -> None:
        while True:
            half_full = self._watchdog.memory_bytes > self._limits.memory_bytes // 2
            every_s = COUNTED_EVERY_S if self._account.is_counted else SUMMED_EVERY_S
            await asyncio.sleep(self._again_after_s() if half_full else every_s)
            self._look()

    def _again_after_s(self) -> float:
        return COUNTED_AGAIN_AFTER_S if self._account.is_counted else SUMMED_AGAIN_AFTER_S

    def _look(self) -> None:
        """Measures the jail, unless that was done a moment ago. Crowds, slow to measure, wait longer.

        Counted is the processor time it took: a crowd that keeps this process waiting must not gain by it.
        """
        began_s = self._elapsed_s()
        if began_s < self._look_again_s:
            return
        began_cpu_s = time.thread_time()
        reason = self._watchdog.check(self._account.sample(), began_s)
        if reason:
            self._end(reason)
        took_s = time.thread_time() - began_cpu_s
        self._look_again_s = began_s + max(self._again_after_s(), took_s / LONGEST_SHARE_OF_MEASURING)

    async def _limit_wall(self) -> None:
        await asyncio.sleep(self._limits.wall_s)
        self._end(EndReason.WALL_LIMIT)

    async def _abandon(self) -> None:
        await self._client.gone.wait()
        self._end(EndReason.ABANDONED)

    async def _stop(self) -> None:
        await self._client.stop_asked.wait()
        self._ended_by = self._ended_by or EndReason.STOPPED
        for number, patience_s in LADDER:
            next_s = self._elapsed_s() + patience_s
            self._jail.signal_others(Signals.SIGSTOP)
            self._jail.signal_program(number)
            self._client.post(wire.dump_piece(Stopping(number.name.removeprefix("SIG"))))
            await self._give_head_start()
            await asyncio.sleep(next_s - self._elapsed_s())
        self._client.post(wire.dump_piece(Stopping("KILL")))
        self._end(EndReason.STOPPED)

    async def _give_head_start(self) -> None:
        """Lets the program act on a signal before its other processes, held so far, go on.

        Together with those of other runs they could keep the processors from it for longer than it has.
        Once it waits for something, that may be them.
        """
        over_s = self._elapsed_s() + LONGEST_HEAD_START_S
        await asyncio.sleep(LOOK_EVERY_S)
        while not self._jail.program_waits() and self._elapsed_s() < over_s:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(LOOK_EVERY_S)
        self._jail.signal_others(Signals.SIGCONT)

    async def _pass_input(self) -> None:
        """What the program gets to read, as fast as it reads; then the end of it."""
        with contextlib.suppress(BrokenPipeError):  # it will not read any more
            await write_all(self._jail.stdin, self._job.stdin.encode())
            while data := await self._client.next_input():
                await write_all(self._jail.stdin, data)
        self._jail.close_stdin()

    async def _drain(self) -> None:
        """What was written before the end is still in the pipes."""
        for tap in self._taps:
            tap.resume()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAINED_WITHIN_S):
                for tap in self._taps:
                    await tap.over.wait()

    def _conclude(self, wall_s: float) -> Outcome:
        jail = self._jail
        for_memory = self._watchdog.name_for_memory()
        self._watchdog.check(self._account.sample(), wall_s)
        cpu_s = max(jail.cpu_s, self._watchdog.cpu_s)
        if jail.was_lost:
            return Outcome(EndReason.RUNNER_LOST, None, LOST, wall_s, cpu_s)
        code = jail.exit_code or 0
        if self._ended_by is None and self._account.broke_memory():
            self._ended_by, self._killed = for_memory, True
        if self._ended_by:
            verdict, code_or_none = Verdict(self._ended_by, None), None if self._killed else code
        else:
            refused = self._account.was_refused_tasks()
            crowded = self._intake.crowded or (self._watchdog.crowded if refused is None else refused)
            verdict, code_or_none = judge(code, self._intake.failure, crowded=crowded), code
        return Outcome(verdict.reason, code_or_none, verdict.error, wall_s, cpu_s)
