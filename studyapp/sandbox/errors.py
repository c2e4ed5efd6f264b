"""The two ways in which a run does not even begin."""


class Refused(Exception):
    """The runner will not run this job: `code` says why in a word, `field` which part of the job."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class RunnerUnavailable(Exception):
    """No isolation, no run: the message says which layer is missing and how to get it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
