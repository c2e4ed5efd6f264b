import math
from dataclasses import fields

import pytest

from studyapp.sandbox.jobs import JobError, Limits
from studyapp.sandbox.limits import RANGES


def test_every_limit_has_a_range_and_a_default_inside_it() -> None:
    assert {field.name for field in fields(Limits)} == set(RANGES)
    assert Limits.from_wire(Limits().to_wire()) == Limits()


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, True, "5", None])
def test_no_limit_can_be_switched_off_or_be_nonsense(name: str, value: object) -> None:
    with pytest.raises(JobError, match=rf"limits\.{name}: must be") as caught:
        Limits.from_wire({name: value})

    assert caught.value.field == f"limits.{name}"


@pytest.mark.parametrize("name", RANGES)
def test_a_limit_over_the_maximum_is_refused(name: str) -> None:
    most = RANGES[name][1]

    Limits.from_wire({name: int(most)})
    with pytest.raises(JobError, match=f"to {most}$"):
        Limits.from_wire({name: int(most) + 1})


def test_a_fraction_is_no_count() -> None:
    with pytest.raises(JobError, match=r"limits\.processes: must be a whole number"):
        Limits.from_wire({"processes": 2.5})


def test_unknown_limits_are_named() -> None:
    with pytest.raises(JobError, match=r"limits\.network: unknown; known are wall_s"):
        Limits.from_wire({"network": 1})


def test_a_number_beyond_all_numbers_is_refused() -> None:
    with pytest.raises(JobError, match=r"limits\.wall_s"):
        Limits.from_wire({"wall_s": 10**400})
