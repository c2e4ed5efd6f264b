from dataclasses import dataclass

from studyapp.runs.messages import ErrorCode


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why something is not done. `field` is the part of the request to blame, or ""."""

    code: ErrorCode
    message: str
    field: str = ""


class RequestRefused(Exception):
    """What a learner asked for is not done; tells all its problems at once."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems
