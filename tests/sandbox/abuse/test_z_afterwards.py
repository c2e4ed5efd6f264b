"""What is left of the runner that all cases before this file were tried at."""

from studyapp.sandbox.jobs import Limits, Queued, Started
from tests.sandbox.abuse.trial import RUNS, Trial


async def test_no_case_has_cost_the_runner_a_place(trial: Trial) -> None:
    """Programs this short may have all places at once."""
    async with trial.attempt(Limits(wall_s=3)) as attempt:
        handles = [await attempt.start("import time; time.sleep(60)") for _ in range(RUNS + 1)]
        firsts = [await anext(handle) for handle in handles]

    assert [type(first) for first in firsts] == [Started] * RUNS + [Queued]
