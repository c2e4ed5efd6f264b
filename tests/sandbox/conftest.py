"""One real runner for the whole folder; tests that harm a runner start their own."""

from collections.abc import Iterator

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner


@pytest.fixture(scope="session")
def shared_runner(bubblewrap: str) -> Iterator[EmbeddedRunner]:
    runner = EmbeddedRunner(runs=4, waiting=8)
    yield runner
    runner.close()


@pytest.fixture
async def client(shared_runner: EmbeddedRunner) -> RunnerClient:
    return RunnerClient(await shared_runner.ensure())


@pytest.fixture
def own_runner(bubblewrap: str) -> Iterator[EmbeddedRunner]:
    """A runner that this test may kill: one run at a time, one more in line."""
    runner = EmbeddedRunner(runs=1, waiting=1)
    yield runner
    runner.close()
