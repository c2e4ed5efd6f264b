"""Jails made ahead: for one interpreter a template, and a few jails of it that wait for a job."""

import asyncio
import contextlib
import logging
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.interpreters import Interpreter
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.layout import Layout
from studyapp.sandbox.limits import Limits
from studyapp.sandbox.means import Disk, Means
from studyapp.sandbox.process import Jail
from studyapp.sandbox.template import Template

IDLE_AFTER_S = 0.05
LOOK_AGAIN_AFTER_S = 1.0
ORDINARY_DISK = Disk.of(Limits())
"""Of the jails made ahead; who wants another has one made."""

logger = logging.getLogger(__name__)


class Stock:
    """The template is started when first needed, and anew when it died or what it was made from changed.

    At most `size` jails wait. They are made while nobody asks for any, and none is used twice.
    """

    def __init__(self, layout: Layout, interpreter: Interpreter, means: Means, size: int) -> None:
        self._layout = layout
        self._interpreter = interpreter
        self._means = means
        self._size = size
        self._template: Template | None = None
        self._made_from: frozenset[tuple[str, int]] = frozenset()
        self._starting = asyncio.Lock()
        self._waiting: deque[Jail] = deque()
        self._asked = asyncio.Event()
        self._tasks = [asyncio.create_task(self._refill()), asyncio.create_task(self._watch())]
        self._retired: list[Template] = []

    @asynccontextmanager
    async def open(self, job: Job) -> AsyncIterator[Jail]:
        """A jail in which the job's code is about to run, and surely gone when the context ends.

        Raises RunnerUnavailable, with the remedy, when no jail can be made.
        """
        try:
            jail = await self._start(job)
        except RunnerUnavailable:  # a jail or its template died, before any code of the job ran
            jail = await self._start(job)
        try:
            yield jail
        finally:
            await jail.end()

    async def start(self) -> None:
        """Makes the template and the first jails now. Raises RunnerUnavailable, with the remedy."""
        async with self.open(Job("")):
            pass

    async def close(self) -> None:
        """Ends every template and with it every jail."""
        for task in self._tasks:
            task.cancel()
        for template in (*self._retired, *([self._template] if self._template else [])):
            await template.close()

    async def _start(self, job: Job) -> Jail:
        """The job in one of the waiting jails that has not died meanwhile, else in a new one."""
        disk = Disk.of(job.limits)
        template = await self._ensure_template()
        self._asked.set()
        while self._waiting and disk == ORDINARY_DISK:
            with contextlib.suppress(RunnerUnavailable):
                return await _give(self._waiting.popleft(), job)
        return await _give(await Jail.make(template, self._means, disk, job.limits), job)

    async def _ensure_template(self) -> Template:
        async with self._starting:
            if self._template and (self._template.is_lost or self._template.ended.is_set()):
                await self._retire()
            if self._template is None:
                self._made_from = frozenset(_stamps(self._layout, self._interpreter))
                self._template = await Template.start(self._layout, self._interpreter, self._means)
            return self._template

    async def _retire(self) -> None:
        """The template's waiting jails go at once; itself when its last run has ended."""
        if self._template:
            self._retired.append(self._template)
        self._template = None
        while self._waiting:
            await self._waiting.popleft().end()

    async def _close_idle(self) -> None:
        for each in [each for each in self._retired if not each.jails]:
            self._retired.remove(each)
            await each.close()

    async def _watch(self) -> None:
        """Sees to it that the next run finds a living template of what the files are now."""
        while True:
            await asyncio.sleep(LOOK_AGAIN_AFTER_S)
            async with self._starting:
                await self._close_idle()
                if self._template is None:
                    continue
                outdated = frozenset(_stamps(self._layout, self._interpreter)) != self._made_from
                if outdated or self._template.ended.is_set():
                    await self._retire()
                    await self._close_idle()
                    self._asked.set()

    async def _refill(self) -> None:
        while True:
            await self._asked.wait()
            await self._until_idle()
            try:
                while len(self._waiting) < self._size and not self._asked.is_set():
                    template = await self._ensure_template()
                    self._waiting.append(await Jail.make(template, self._means, ORDINARY_DISK))
            except (RunnerUnavailable, OSError) as problem:
                logger.warning("no jail could be made ahead: %s", problem)

    async def _until_idle(self) -> None:
        while self._asked.is_set():
            self._asked.clear()
            await asyncio.sleep(IDLE_AFTER_S)


async def _give(jail: Jail, job: Job) -> Jail:
    try:
        await jail.give(job)
    except BaseException:
        await jail.end()
        raise
    return jail


def _stamps(layout: Layout, interpreter: Interpreter) -> Iterator[tuple[str, int]]:
    """Every file of ours that the template imports, with the time of its last change in nanoseconds."""
    ours = (layout.source / "tracer", layout.source / "sandbox" / "inside")
    for folder in ours:
        for path in sorted(folder.rglob("*.py")):
            yield str(path), path.stat().st_mtime_ns
    for path in (interpreter.path, layout.packages / interpreter.name):
        yield str(path), os.stat(path).st_mtime_ns
