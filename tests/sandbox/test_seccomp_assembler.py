"""Programs that the kernel would not take are not assembled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.sandbox.berkeley_filter import assemble, give_back, load_word, when_any
from tests.sandbox.bpf_machine import Call, run_program, steps_of

MORE_THAN_A_JUMP = range(1000)


def test_more_values_than_a_jump_can_skip_are_all_found() -> None:
    program = steps_of(
        assemble([*load_word(0), *when_any(MORE_THAN_A_JUMP, give_back(1)), *give_back(2)]),
    )

    assert {run_program(program, Call(number, 0)) for number in MORE_THAN_A_JUMP} == {1}
    assert run_program(program, Call(1000, 0)) == 2


@given(st.sets(st.integers(0, 60) | st.integers(0, 2**32 - 1), max_size=600))
def test_exactly_the_values_named_are_found_however_near_they_are(values: set[int]) -> None:
    program = steps_of(assemble([*load_word(0), *when_any(values, give_back(1)), *give_back(2)]))
    beside = {value + step for value in values for step in (-1, 0, 1) if 0 <= value + step < 2**32}

    assert {value for value in beside if run_program(program, Call(value, 0)) == 1} == values


def test_code_too_long_to_be_jumped_over_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 255"):
        assemble([*when_any([1], give_back(1) * 256), *give_back(2)])


def test_an_empty_or_too_long_program_is_refused() -> None:
    for code in ([], give_back(1) * 4097):
        with pytest.raises(ValueError, match="1 to 4096"):
            assemble(code)
