from dataclasses import dataclass
from uuid import UUID

from studyapp.runs.messages import ErrorCode


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why something is not done.

    `field` is the part of the request to blame, or "". `run` is the run that stands in the way, if one does.
    """

    code: ErrorCode
    message: str
    field: str = ""
    run: UUID | None = None


class RequestRefused(Exception):
    """What a learner asked for is not done; tells all its problems at once."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems
