"""What a learner asks for becomes a job, or a list of everything that is wrong with it."""

from typing import Any

import pytest

from studyapp.content.lessons.catalogue import all_lessons, get_lesson
from studyapp.runs.messages import LONGEST_CODE, ErrorCode
from studyapp.runs.plans import Plan, plan_run
from studyapp.runs.problems import Problem, RequestRefused

FAN_OUT = get_lesson("fetch-fan-out")


def plan(**wishes: Any) -> Plan:
    bare: dict[str, Any] = {
        "lesson": "fetch-fan-out",
        "parameters": {},
        "variant": None,
        "code": None,
        "interpreter": "",
    }
    return plan_run(**(bare | wishes))


def problems(**wishes: Any) -> tuple[Problem, ...]:
    with pytest.raises(RequestRefused) as refused:
        plan(**wishes)
    return refused.value.problems


@pytest.mark.parametrize("slug", [lesson.slug for lesson in all_lessons()])
def test_every_lesson_can_be_run_as_it_is(slug: str) -> None:
    assert plan(lesson=slug).job.code == get_lesson(slug).source


def test_the_program_runs_under_the_name_of_its_lesson() -> None:
    assert plan().job.filename == "fetch-fan-out.py"


def test_chosen_values_are_written_into_the_program() -> None:
    name = FAN_OUT.parameters[0].name
    assert f"\n{name} = 3" in plan(parameters={name: 3}).job.code


def test_the_program_of_the_learner_is_run_in_place_of_the_lesson() -> None:
    assert plan(code="print(1)").job.code == "print(1)"


def test_a_program_that_python_cannot_parse_is_still_run() -> None:
    assert plan(code="def (").job.code == "def ("


def test_the_chosen_interpreter_is_the_jobs() -> None:
    assert plan(interpreter="3.13t").job.interpreter == "3.13t"


def test_an_unknown_lesson_is_refused_with_those_there_are() -> None:
    (problem,) = problems(lesson="no-such")
    assert (problem.code, problem.field) == (ErrorCode.UNKNOWN_LESSON, "lesson")
    assert "fetch-fan-out" in problem.message


def test_an_unknown_variant_is_refused() -> None:
    (problem,) = problems(variant="no-such")
    assert (problem.code, problem.field) == (ErrorCode.BAD_FIELD, "variant")


def test_all_wrong_parameters_are_told_at_once() -> None:
    name = FAN_OUT.parameters[0].name
    found = problems(parameters={name: 10**6, "NO_SUCH": 1})
    assert [(problem.code, problem.field) for problem in found] == [
        (ErrorCode.BAD_PARAMETER, f"parameters.{name}"),
        (ErrorCode.BAD_PARAMETER, "parameters.NO_SUCH"),
    ]


@pytest.mark.parametrize("code", ["print('\0')", "é" * (LONGEST_CODE // 2 + 1)])
def test_a_program_that_cannot_be_handed_over_is_refused(code: str) -> None:
    (problem,) = problems(code=code)
    assert (problem.code, problem.field) == (ErrorCode.BAD_FIELD, "code")
