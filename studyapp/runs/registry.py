"""The live runs of this process, and its way to the runner."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings

from studyapp.runs.live import LiveRun
from studyapp.sandbox.client import RunHandle, RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.jobs import Job

ABANDON_AFTER_S = 5.0
ASK_AGAIN_AFTER_S = (0.05, 0.2, 0.5, 1.0)

Answer = TypeVar("Answer")

embedded_runner = EmbeddedRunner()


async def find_runner() -> Path:
    """The socket of the runner that the settings name, or of our own. Raises RunnerUnavailable."""
    return Path(settings.RUNNER_SOCKET) if settings.RUNNER_SOCKET else await embedded_runner.ensure()


async def ask_runner(question: Callable[[RunnerClient], Awaitable[Answer]]) -> Answer:
    """What the runner answers. Raises Refused or RunnerUnavailable.

    A runner that has just died may still look alive for a moment, so it is asked more than once.
    """
    for pause_s in ASK_AGAIN_AFTER_S:
        client = RunnerClient(await find_runner())
        try:
            return await question(client)
        except RunnerUnavailable:
            await asyncio.sleep(pause_s)
    return await question(RunnerClient(await find_runner()))


class Registry:
    """Belongs to one event loop. `abandon_after_s` is how long a run goes on that nobody watches."""

    def __init__(self) -> None:
        self.abandon_after_s = ABANDON_AFTER_S
        self._runs: dict[UUID, LiveRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def find(self, run_id: UUID) -> LiveRun | None:
        return self._runs.get(run_id)

    async def hand_in(self, job: Job) -> RunHandle:
        """Gives a job to the runner. Raises Refused or RunnerUnavailable."""
        return await ask_runner(lambda client: client.start(job))

    def follow(self, run_id: UUID, handle: RunHandle) -> None:
        """Follows the run in the background until it has ended."""
        self._runs[run_id] = run = LiveRun(run_id, handle, abandon_after_s=self.abandon_after_s)
        task = asyncio.create_task(self._follow(run), name=f"run {run_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, run: LiveRun) -> None:
        try:
            await run.follow()
        finally:
            del self._runs[run.run_id]


_registries: WeakKeyDictionary[asyncio.AbstractEventLoop, Registry] = WeakKeyDictionary()


def get_registry() -> Registry:
    """The registry of the running event loop: a web process has one, each test its own."""
    loop = asyncio.get_running_loop()
    if loop not in _registries:
        _registries[loop] = Registry()
    return _registries[loop]
