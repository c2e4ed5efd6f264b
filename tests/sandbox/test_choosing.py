"""A job names its interpreter, or gets the default one."""

import pytest

from studyapp.sandbox.choosing import choose
from studyapp.sandbox.description import OfferedInterpreter
from studyapp.sandbox.errors import Refused

BROKEN = OfferedInterpreter("3.10", "3.10.0", gil=True, problem="it was built without _ssl.")
PLAIN = OfferedInterpreter("3.11", "3.11.7", gil=True, problem="")
FREE = OfferedInterpreter("3.13t", "3.13.1", gil=False, problem="")


def refusal(name: str, *interpreters: OfferedInterpreter) -> Refused:
    with pytest.raises(Refused) as refused:
        choose(name, interpreters)
    return refused.value


def test_an_interpreter_is_chosen_by_its_name() -> None:
    assert choose("3.13t", [BROKEN, PLAIN, FREE]) == FREE


def test_the_first_one_that_can_be_used_is_the_default() -> None:
    assert choose("", [BROKEN, PLAIN, FREE]) == PLAIN


def test_an_unknown_one_is_refused_with_those_that_can_be_used() -> None:
    told = refusal("2.7", BROKEN, PLAIN, FREE)
    assert (told.code, told.field) == ("unknown_interpreter", "interpreter")
    assert told.message == "no interpreter is called '2.7'; there are 3.11, 3.13t"


def test_one_that_cannot_be_used_is_refused_with_the_reason() -> None:
    told = refusal("3.10", BROKEN, PLAIN)
    assert (told.code, told.field) == ("unknown_interpreter", "interpreter")
    assert BROKEN.problem in told.message


def test_where_none_can_be_used_the_first_ones_reason_is_told() -> None:
    told = refusal("", BROKEN)
    assert told.code == "sandbox_unavailable"
    assert BROKEN.problem in told.message


def test_where_there_is_none_nothing_is_chosen() -> None:
    assert refusal("").code == "sandbox_unavailable"
