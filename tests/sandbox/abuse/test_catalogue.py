import pytest

from tests.sandbox.abuse.catalogue import CASES, SECTIONS, SOURCES, UNTESTABLE
from tests.sandbox.abuse.marks import case, cases_with_tests

HOW_MANY = {"A": 16, "B": 12, "C": 11, "D": 16, "E": 21, "F": 10, "G": 25, "H": 13}


def test_the_catalogue_has_every_number_of_every_letter() -> None:
    assert list(CASES) == [f"{letter}{n}" for letter, most in HOW_MANY.items() for n in range(1, most + 1)]
    assert SECTIONS.keys() == HOW_MANY.keys()
    assert {letter for known in CASES.values() for letter in known.sources} == SOURCES.keys()


def test_every_case_has_a_test_or_a_reason_why_none_can_be() -> None:
    tested = cases_with_tests()

    assert [name for name in CASES if name not in tested | UNTESTABLE.keys()] == []
    assert tested & UNTESTABLE.keys() == set()


def test_a_test_cannot_name_a_case_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="no case Z1"):
        case("Z1")
