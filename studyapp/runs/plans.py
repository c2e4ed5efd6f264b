"""From what a learner asked for to a job that the sandbox can run, or to everything that is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studyapp.content.lessons.catalogue import Lesson, LessonNotFound, ParameterErrors, get_lesson
from studyapp.runs.messages import ErrorCode
from studyapp.runs.problems import Problem, RequestRefused
from studyapp.sandbox.interpreters import Interpreter
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
    interpreter: str | None,
    interpreters: Sequence[Interpreter],
    traced: bool = True,
) -> Plan:
    """Checks a wish against the catalogue and the interpreters there are. Raises RequestRefused."""
    try:
        found = get_lesson(lesson)
    except LessonNotFound as error:
        raise RequestRefused(Problem(ErrorCode.UNKNOWN_LESSON, str(error), "lesson")) from None
    chosen = _choose_interpreter(interpreter, interpreters)
    try:
        program = found.program(parameters, variant, code)
        job = Job(code=program, filename=f"{found.slug}.py", interpreter=chosen, traced=traced)
    except ParameterErrors as errors:
        raise RequestRefused(
            *(_parameter_problem(name, message) for name, message in errors.errors)
        ) from None
    except JobError as error:
        raise RequestRefused(Problem(ErrorCode.BAD_FIELD, str(error), error.field)) from None
    return Plan(found, parameters, variant, job)


def _choose_interpreter(name: str | None, interpreters: Sequence[Interpreter]) -> str:
    names = [interpreter.name for interpreter in interpreters]
    if not name:
        return names[0]
    if name not in names:
        known = ", ".join(names)
        message = f"no interpreter is called {name!r}; there are {known}"
        raise RequestRefused(Problem(ErrorCode.UNKNOWN_INTERPRETER, message, "interpreter"))
    return name


def _parameter_problem(name: str, message: str) -> Problem:
    if name == "variant":
        return Problem(ErrorCode.BAD_FIELD, f"variant {message}", "variant")
    return Problem(ErrorCode.BAD_PARAMETER, f"{name} {message}", f"parameters.{name}")
