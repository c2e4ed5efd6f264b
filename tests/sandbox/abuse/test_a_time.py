"""A: programs that want more time than they have."""

from studyapp.sandbox.jobs import Limits
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.trial import Trial


@case("A1")
async def test_a_busy_loop_is_ended(trial: Trial) -> None:
    done = await trial.ends("cpu_limit", "while True: pass", limits=Limits(wall_s=20, cpu_s=0.4))

    assert done.outcome.cpu_s >= 0.4
