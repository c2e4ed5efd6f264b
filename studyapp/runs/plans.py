"""From what a learner asked for to a job that the sandbox can run, or to everything that is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from studyapp.content.lessons.catalogue import Lesson, LessonNotFound, ParameterErrors, get_lesson
from studyapp.runs.messages import ErrorCode
from studyapp.runs.problems import Problem, RequestRefused
from studyapp.sandbox.jobs import Job, JobError


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that may start. `job.code` is the program with the chosen values written into it."""

    lesson: Lesson
    parameters: Mapping[str, object]
    variant: str | None
    job: Job


def plan_run(
    *,
    lesson: str,
    parameters: Mapping[str, object],
    variant: str | None,
    code: str | None,
    interpreter: str,
    traced: bool = True,
) -> Plan:
    """Checks a wish against the catalogue. Raises RequestRefused."""
    try:
        found = get_lesson(lesson)
    except LessonNotFound as error:
        raise RequestRefused(Problem(ErrorCode.UNKNOWN_LESSON, str(error), "lesson")) from None
    try:
        program = found.program(parameters, variant, code)
        job = Job(code=program, filename=f"{found.slug}.py", interpreter=interpreter, traced=traced)
    except ParameterErrors as errors:
        raise RequestRefused(
            *(_parameter_problem(name, message) for name, message in errors.errors)
        ) from None
    except JobError as error:
        raise RequestRefused(Problem(ErrorCode.BAD_FIELD, str(error), error.field)) from None
    return Plan(found, parameters, variant, job)


def _parameter_problem(name: str, message: str) -> Problem:
    if name == "variant":
        return Problem(ErrorCode.BAD_FIELD, f"variant {message}", "variant")
    return Problem(ErrorCode.BAD_PARAMETER, f"{name} {message}", f"parameters.{name}")
