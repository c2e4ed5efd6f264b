"""The program that results from a lesson and chosen values, whatever the learner made of its source."""

import ast
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyapp.content.lessons.catalogue import Lesson, ParameterErrors, all_lessons, get_lesson
from studyapp.content.lessons.lesson import Parameter, Value

FAN_OUT = get_lesson("fetch-fan-out")
JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


def constants(program: str) -> dict[str, Any]:
    """The values that the program's own top lines give to names in capitals."""
    assigned = [node for node in ast.parse(program).body if isinstance(node, ast.Assign)]
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in assigned
        if isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
    }


def good_values(parameter: Parameter) -> st.SearchStrategy[Value]:
    if parameter.kind == "choice":
        return st.sampled_from(parameter.choices)
    assert parameter.minimum is not None
    assert parameter.maximum is not None
    if parameter.kind == "int":
        return st.integers(int(parameter.minimum), int(parameter.maximum))
    return st.floats(parameter.minimum, parameter.maximum)


def all_good_values(lesson: Lesson) -> st.SearchStrategy[dict[str, Value]]:
    return st.fixed_dictionaries({}, optional={p.name: good_values(p) for p in lesson.parameters})


CHOSEN = st.sampled_from(all_lessons()).flatmap(
    lambda lesson: st.tuples(st.just(lesson), all_good_values(lesson))
)


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.slug)
def test_without_values_the_program_is_the_source(lesson: Lesson) -> None:
    assert lesson.program({}) == lesson.source


@given(CHOSEN)
def test_chosen_values_stand_in_the_program_and_nothing_else_changes(
    chosen: tuple[Lesson, dict[str, Value]],
) -> None:
    lesson, values = chosen
    program = lesson.program(values)
    assert {name: constants(program)[name] for name in values} == values
    touched = {parameter.line for parameter in lesson.parameters if parameter.name in values}
    pairs = zip(lesson.source.splitlines(), program.splitlines(), strict=True)
    assert {number for number, (old, new) in enumerate(pairs, 1) if old != new} <= touched


@given(CHOSEN)
def test_values_as_text_do_the_same(chosen: tuple[Lesson, dict[str, Value]]) -> None:
    lesson, values = chosen
    assert lesson.program({name: str(value) for name, value in values.items()}) == lesson.program(values)


@given(
    st.sampled_from(all_lessons()), st.dictionaries(st.text(max_size=8) | st.just("LIMIT"), JSON, max_size=3)
)
def test_any_values_give_a_program_or_name_what_does_not_fit(lesson: Lesson, values: dict[str, Any]) -> None:
    try:
        ast.parse(lesson.program(values))
    except ParameterErrors as caught:
        errors = caught.errors
    else:
        errors = []
    assert {name for name, _ in errors} <= values.keys()
    assert all(message.startswith(("must be", "is no parameter")) for _, message in errors)


@pytest.mark.parametrize(
    "value", [0, 61, 1.5, True, None, "", "many", "nan", math.nan, math.inf, 10**400, [3], {}]
)
def test_a_whole_number_out_of_its_range_or_of_another_type_is_refused(value: object) -> None:
    with pytest.raises(ParameterErrors) as caught:
        FAN_OUT.program({"PAGES": value})
    assert caught.value.errors == [("PAGES", "must be a whole number from 1 to 60")]


@pytest.mark.parametrize("value", [0, "0.05", 4.1, "nan", "inf", False, None, "a", -1e308])
def test_a_fraction_out_of_its_range_or_of_another_type_is_refused(value: object) -> None:
    with pytest.raises(ParameterErrors) as caught:
        FAN_OUT.program({"SLOWEST": value})
    assert caught.value.errors == [("SLOWEST", "must be a number from 0.1 to 4.0")]


@pytest.mark.parametrize("value", ["", "Together", 1, None, ["together"], 'together"; evil()  #'])
def test_a_choice_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(ParameterErrors) as caught:
        FAN_OUT.program({"HOW": value})
    assert caught.value.errors == [("HOW", "must be one of together, one by one")]


def test_all_that_does_not_fit_is_named_at_once() -> None:
    with pytest.raises(ParameterErrors) as caught:
        FAN_OUT.program({"PAGES": 0, "COLOUR": "red", "FAILING": 1})
    assert [name for name, _ in caught.value.errors] == ["PAGES", "COLOUR"]
    assert str(caught.value).startswith(
        "PAGES: must be a whole number from 1 to 60; COLOUR: is no parameter of"
    )


def test_a_variant_sets_its_values() -> None:
    program = constants(FAN_OUT.program({}, "one-by-one"))
    assert (program["HOW"], program["PAGES"]) == ("one by one", 5)


def test_a_value_wins_over_the_variants() -> None:
    assert constants(FAN_OUT.program({"PAGES": 7}, "one-by-one"))["PAGES"] == 7


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.slug)
def test_every_variant_makes_a_program(lesson: Lesson) -> None:
    for variant in lesson.variants:
        chosen = constants(lesson.program({}, variant.name))
        assert {name: chosen[name] for name in variant.values} == dict(variant.values)


def test_an_unknown_variant_is_answered_with_those_there_are() -> None:
    with pytest.raises(ParameterErrors) as caught:
        FAN_OUT.program({}, "fastest")
    assert caught.value.errors == [("variant", "must be one of one-by-one, timeout, crowd")]


def test_the_learners_code_is_used_in_place_of_the_source() -> None:
    assert FAN_OUT.program({"PAGES": 3}, code="PAGES = 9\nprint(PAGES)\n") == "PAGES = 3\nprint(PAGES)\n"


@pytest.mark.parametrize(
    "code",
    [
        "",
        "print('nothing of the lesson is left')\n",
        "PAGES = len(urls)  # mine\n",
        "    PAGES = 3\n",
        "PAGES += 3\n",
        "PAGES == 3\n",
        "PAGES = (\n    3\n)\n",
        "MY_PAGES = 3\n",
        "def (:\n",
    ],
)
def test_code_without_the_parameters_line_is_left_alone(code: str) -> None:
    assert FAN_OUT.program({"PAGES": 5}, code=code) == code


@pytest.mark.parametrize(
    "line", ["PAGES=9", "PAGES  =  9", "PAGES = 9  # mine", "PAGES = 9  #: 1 to 60. Help.", "PAGES = '9'"]
)
def test_a_line_the_learner_changed_still_takes_the_value(line: str) -> None:
    program = FAN_OUT.program({"PAGES": 5}, code=f"x = 1\n{line}\ny = 2\n")
    assert constants(program)["PAGES"] == 5
    assert program.splitlines()[0::2] == ["x = 1", "y = 2"]
    assert ("#" in program) == ("#" in line)


@given(st.text())
def test_no_code_is_too_odd(code: str) -> None:
    FAN_OUT.program({"PAGES": 5, "HOW": "one by one"}, code=code)
