import pytest

from studyapp.accounts.models import User
from studyapp.runs.models import Run
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
