from hypothesis import given
from hypothesis import strategies as st

from studyapp.sandbox.usage import HALF_LIFE_S, MOST_OWNERS, Usage


def test_who_used_nothing_owes_nothing() -> None:
    assert Usage().of("ann", now=5.0) == 0


def test_what_was_used_is_worth_half_of_it_after_the_half_life() -> None:
    usage = Usage()
    usage.add("ann", 8.0, now=100.0)
    assert usage.of("ann", now=100.0) == 8.0
    assert usage.of("ann", now=100.0 + HALF_LIFE_S) == 4.0


def test_what_is_used_later_comes_on_top_of_what_is_left() -> None:
    usage = Usage()
    usage.add("ann", 8.0, now=0.0)
    usage.add("ann", 1.0, now=HALF_LIFE_S)
    assert usage.of("ann", now=HALF_LIFE_S) == 5.0


def test_nobody_in_particular_uses_nothing() -> None:
    usage = Usage()
    usage.add("", 8.0, now=0.0)
    assert usage.of("", now=0.0) == 0
    assert len(usage) == 0


def test_owners_are_forgotten_when_nothing_counts_against_them() -> None:
    usage = Usage()
    for number in range(100):
        usage.add(f"owner {number}", 1.0, now=0.0)
    usage.add("ann", 1.0, now=3600.0)
    assert len(usage) == 1


def test_a_crowd_of_owners_makes_it_forget_those_who_came_first() -> None:
    usage = Usage()
    for number in range(MOST_OWNERS + 10):
        usage.add(f"owner {number}", 1.0, now=0.0)
    assert len(usage) == MOST_OWNERS
    assert usage.of("owner 9", now=0.0) == 0
    assert usage.of("owner 10", now=0.0) == 1.0


@given(runs=st.lists(st.floats(0, 120), max_size=50))
def test_no_owner_of_one_run_at_a_time_owes_three_minutes(runs: list[float]) -> None:
    usage, now = Usage(), 0.0
    for seconds in runs:
        now += seconds
        usage.add("ann", seconds, now)
        assert usage.of("ann", now) < 180
