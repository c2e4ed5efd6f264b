from collections.abc import AsyncIterator, Iterator

import pytest

from studyapp.accounts.models import User
from studyapp.runs.models import Run
from studyapp.runs.registry import embedded_runner
from tests.runs.dialogue import tasks_of_runs, wait_for_all_runs
from tests.runs.rows import NOW, NewRun


@pytest.fixture
def new_run(owner: User) -> NewRun:
    """Makes a row as a run leaves it behind, with the given fields changed."""

    def make(**changes: object) -> Run:
        fields: dict[str, object] = {
            "lesson": "gil",
            "interpreter": "3.11",
            "created_at": NOW,
            "beat_at": NOW,
        }
        return Run.objects.create(**({"owner": owner} | fields | changes))

    return make


@pytest.fixture(scope="session")
def runner(bubblewrap: str) -> Iterator[None]:
    """The embedded runner, which starts with the first run and serves all tests."""
    yield
    embedded_runner.close()


@pytest.fixture
async def live(runner: None, transactional_db: None) -> AsyncIterator[None]:
    """For tests with live runs: those that are left at the end are abandoned."""
    yield
    for task in tasks_of_runs():
        task.cancel()
    await wait_for_all_runs()
