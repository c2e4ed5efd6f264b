"""The reference mode must do the work that it is timed for."""

import pytest

from bench.one_jail_per_run import one_jail_per_run
from bench.programs import TEN_FETCHES
from bench.reference import default_interpreter

pytestmark = pytest.mark.usefixtures("bubblewrap")


def test_the_reference_mode_runs_programs_that_fetch_over_https() -> None:
    with one_jail_per_run(default_interpreter()) as mode:
        assert mode.run(TEN_FETCHES) > 0


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "pass"])
def test_a_program_that_fails_or_says_nothing_is_no_measurement(program: str) -> None:
    with one_jail_per_run(default_interpreter()) as mode, pytest.raises(RuntimeError, match="ended with"):
        mode.run(program)
