"""One real runner for the whole folder, in which each lesson is run for real, once."""

import asyncio
import functools
from collections.abc import Callable, Iterator

import pytest

from studyapp.content.lessons.catalogue import get_lesson
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Events, Job, Outcome
from tests.tracer.told import Told

Play = Callable[..., Told]


@pytest.fixture(scope="session")
def play(bubblewrap: str) -> Iterator[Play]:
    """Runs a lesson, or one of its variants, in a jail and returns what was told, if it ended well."""
    runner = EmbeddedRunner(runs=1, waiting=1)

    @functools.cache
    def play_lesson(slug: str, variant: str | None = None) -> Told:
        return asyncio.run(run_program(runner, get_lesson(slug).program({}, variant)))

    yield play_lesson
    runner.close()


async def run_program(runner: EmbeddedRunner, program: str) -> Told:
    handle = await RunnerClient(await runner.ensure()).start(Job(program))
    told = Told([])
    async for piece in handle:
        if isinstance(piece, Events):
            told.events.extend(piece.events)
        elif isinstance(piece, Outcome):
            assert (piece.reason.value, piece.exit) == ("finished", 0), told.printed("stderr")
    return told
