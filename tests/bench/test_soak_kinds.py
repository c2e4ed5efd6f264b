"""The mixture of a soak."""

from bench.soak_kinds import KINDS
from studyapp.sandbox.jobs import EndReason


def test_shares_are_per_cent_and_every_end_is_one_that_runs_have() -> None:
    assert sum(kind.share for kind in KINDS) == 100
    assert {end for kind in KINDS for end in kind.ends} <= set(EndReason)


def test_every_way_that_a_run_ends_by_itself_or_by_its_client_is_in_the_mixture() -> None:
    assert {end for kind in KINDS for end in kind.ends} == set(EndReason) - {EndReason.RUNNER_LOST}
