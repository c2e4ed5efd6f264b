"""Tries one case at a real runner and asserts what every case has to: see `Trial`.

    @case("A1")
    async def test_a_busy_loop_is_ended(trial: Trial) -> None:
        done = await trial.ends("cpu_limit", "while True: pass", limits=Limits(wall_s=20, cpu_s=0.5))
        assert done.printed() == ""

    @case("D8")
    async def test_emoji_arrive(trial: Trial) -> None:
        await trial.works("print('🙂')", "🙂\n")

    @case("H7")
    async def test_stop_is_real(trial: Trial) -> None:
        async with trial.attempt(Limits(wall_s=60)) as attempt:
            handle = await attempt.start("print('up'); import time; time.sleep(60)")
            await until_printed(handle, "up")
            await handle.stop()
            done = await attempt.follow(handle, "stopped")
        assert done.signals == ["INT"]

Tests that harm the runner itself take the fixture `own_runner` and `await new_trial(own_runner)`. What this
host cannot try calls `cannot_test("G19", "the runner was not started as root")`.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studyapp.sandbox.client import RunHandle, RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job, Limits
from tests.sandbox.abuse.footprint import (
    Footprint,
    describe,
    find_launcher,
    processes_in_jail_with,
    take_footprint,
)
from tests.sandbox.helpers import Run, follow, run, until_printed
from tests.sandbox.processes import descendants

RUNS = 8
REACTION_S = 5.0
CLEARED_WITHIN_S = 5.0
SETTLED_AFTER_LOOKS = 25
LOOK_EVERY_S = 0.02


@dataclass
class Attempt:
    """Runs started on behalf of one case, all with the same limits."""

    client: RunnerClient
    limits: Limits
    filenames: list[str] = field(default_factory=list)
    _began: dict[RunHandle, float] = field(default_factory=dict)

    async def start(self, code: str, **fields: Any) -> RunHandle:
        """Hands the program in. Its file has a name of its own, by which its jail is found from outside."""
        filename = fields.pop("filename", f"case_{secrets.token_hex(6)}.py")
        self.filenames.append(filename)
        began = time.monotonic()
        handle = await self.client.start(Job(code, filename=filename, limits=self.limits, **fields))
        self._began[handle] = began
        return handle

    async def abandon_rest(self) -> None:
        """Whatever was not followed to its end is not wanted any more."""
        for handle in self._began:
            await handle.aclose()

    async def follow(self, handle: RunHandle, *reasons: str) -> Run:
        """The rest of a run, which must end for one of these reasons, soon after its wall limit at latest."""
        done = await follow(handle)
        took_s = time.monotonic() - self._began[handle]
        told = f"{done.outcome} after {took_s:.2f} s, stderr {done.printed('stderr')[-600:]!r}"
        assert done.reason in reasons, told
        assert took_s < self.limits.wall_s + REACTION_S, told
        return done


@dataclass(frozen=True)
class Trial:
    """A runner, and what it takes up when nothing runs.

    Each case asserts four things: the end reason; an end in time, as a bound on the runner's reaction; that
    no process, descriptor, mount or control group is left behind; that the next run on the same runner works.
    """

    runner: EmbeddedRunner
    socket_path: Path
    idle: Footprint

    @property
    def client(self) -> RunnerClient:
        return RunnerClient(self.socket_path)

    async def ends(self, reason: str | tuple[str, ...], code: str, *, limits: Limits, **fields: Any) -> Run:
        """The program, tried with these limits and further fields of its Job; returns what it did."""
        async with self.attempt(limits) as attempt:
            handle = await attempt.start(code, **fields)
            return await attempt.follow(handle, *_as_tuple(reason))

    async def each_ends(
        self, reason: str | tuple[str, ...], *codes: str, limits: Limits, **fields: Any
    ) -> list[Run]:
        """As `ends`, for several programs that run at the same time."""
        async with self.attempt(limits) as attempt:
            handles = [await attempt.start(code, **fields) for code in codes]
            return await asyncio.gather(*(attempt.follow(handle, *_as_tuple(reason)) for handle in handles))

    async def stops(self, code: str, *, limits: Limits) -> Run:
        """A program that prints "up" and is then stopped, which it must be, and with INT first."""
        async with self.attempt(limits) as attempt:
            handle = await attempt.start(code)
            await until_printed(handle, "up")
            await handle.stop()
            done = await attempt.follow(handle, "stopped")
        assert done.signals[0] == "INT"
        return done

    async def works(self, code: str, output: str, *, limits: Limits | None = None, **fields: Any) -> Run:
        """A program that must finish, having printed exactly this and nothing on stderr."""
        done = await self.ends("finished", code, limits=limits or Limits(wall_s=60, cpu_s=60), **fields)
        said = done.printed(), done.printed("stderr")
        assert said == (output, ""), f"it said {said!r:.2000}"
        return done

    async def both_say(self, code: str, output: str, errors: str = "") -> None:
        """A program that must finish, having said exactly this, traced and untraced, at the same time."""
        async with self.attempt(Limits(wall_s=60, cpu_s=60)) as attempt:
            handles = [await attempt.start(code, traced=traced) for traced in (True, False)]
            runs = await asyncio.gather(*(attempt.follow(handle, "finished") for handle in handles))
        for done in runs:
            said = done.printed(), done.printed("stderr")
            assert said == (output, errors), f"it said {said!r:.2000}"

    @asynccontextmanager
    async def attempt(self, limits: Limits) -> AsyncIterator[Attempt]:
        """For cases of several runs, or ones that do something while they run; checks the rest at its end."""
        attempt = Attempt(self.client, limits)
        try:
            yield attempt
        finally:
            await attempt.abandon_rest()
        await self.check_cleared(attempt.filenames)
        await self.check_next_run()

    async def check_cleared(self, filenames: list[str]) -> None:
        """Nothing is left of the runs with these file names, and the runner is as it was when idle."""
        give_up = time.monotonic() + CLEARED_WITHIN_S
        while problem := self._left_behind(filenames):
            assert time.monotonic() < give_up, problem
            await asyncio.sleep(LOOK_EVERY_S)

    async def check_next_run(self) -> None:
        """The runner is still the same one and still runs programs."""
        assert await self.runner.ensure() == self.socket_path, "the runner had to be started again"
        done = await run(self.client, "print('next')")
        assert (done.reason, done.printed()) == ("finished", "next\n"), f"{done.printed()!r}, {done.outcome}"

    def _left_behind(self, filenames: list[str]) -> str:
        left = [describe(pid) for name in filenames for pid in processes_in_jail_with(name)]
        if left:
            return f"processes of the run live on: {left}"
        now = take_footprint(self.socket_path)
        if now.fits(self.idle):
            return ""
        family = [describe(pid) for pid in descendants(find_launcher(self.socket_path))]
        return f"the runner takes up {now} and was idle with {self.idle}: {family}"


def _as_tuple(reason: str | tuple[str, ...]) -> tuple[str, ...]:
    return (reason,) if isinstance(reason, str) else reason


async def new_trial(runner: EmbeddedRunner, *interpreters: str) -> Trial:
    """A trial at this runner, once it has run a program by each of these Pythons and come to rest."""
    socket_path = await runner.ensure()
    for interpreter in interpreters or ("",):
        await run(RunnerClient(socket_path), "print('first')", interpreter=interpreter)
    idle, same = take_footprint(socket_path), 0
    while same < SETTLED_AFTER_LOOKS:
        await asyncio.sleep(LOOK_EVERY_S)
        now = take_footprint(socket_path)
        idle, same = now, same + 1 if now == idle else 0
    return Trial(runner, socket_path, idle)
