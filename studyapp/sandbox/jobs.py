"""The face of the sandbox: a job goes in, pieces come out, the last piece is the outcome."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from studyapp.sandbox.limits import JobError, Limits
from studyapp.sandbox.pieces import EndReason, ErrorInfo, Events, Outcome, Piece, Queued, Started, Stopping

__all__ = [
    "EndReason",
    "ErrorInfo",
    "Events",
    "Job",
    "JobError",
    "Limits",
    "Outcome",
    "Piece",
    "Queued",
    "Started",
    "Stopping",
]

LONGEST_OWNER = 64
_FILENAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}\.py")


@dataclass(frozen=True, slots=True)
class Job:
    """One program to run once. Raises JobError, naming the field, for anything that cannot be run.

    `interpreter` is a name that the runner offers, "" its default one. `stdin` is the first that the program
    gets to read, and all of it unless the job is `interactive`: then more may come while it runs. With
    `traced` off there are no events but output and end, for honest times. `owner` says whose run it is, in
    any words, so that nobody's runs crowd out the others'; "" is nobody.
    """

    code: str
    filename: str = "lesson.py"
    interpreter: str = ""
    traced: bool = True
    stdin: str = ""
    interactive: bool = False
    owner: str = ""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        _check_text("code", self.code, self.limits.code_bytes)
        _check_text("stdin", self.stdin, self.limits.stdin_bytes)
        if "\0" in self.code:
            raise JobError("code", "must not contain NUL characters")
        _check_text("owner", self.owner, LONGEST_OWNER)
        if not _FILENAME.fullmatch(self.filename):
            raise JobError("filename", "must be a plain file name of letters, digits, _ . - that ends in .py")

    @classmethod
    def from_wire(cls, raw: object) -> Self:
        """A job from a decoded JSON object; only `code` is needed, unknown fields are refused."""
        if not isinstance(raw, dict):
            raise JobError("job", "must be an object")
        for name in raw:
            if name not in _READERS:
                raise JobError(str(name)[:40], f"unknown; known are {', '.join(_READERS)}")
        if "code" not in raw:
            raise JobError("code", "is missing")
        return cls(**{name: _READERS[name](name, value) for name, value in raw.items()})

    def to_wire(self) -> dict[str, Any]:
        """The same job as a JSON object."""
        return asdict(self)


def _check_text(name: str, text: str, most_bytes: int) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise JobError(name, "must be text that UTF-8 can write, without lone surrogates") from None
    if size > most_bytes:
        raise JobError(name, f"must be at most {most_bytes} bytes, not {size}")


def _read_text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise JobError(name, "must be text")
    return value


def _read_flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise JobError(name, "must be true or false")
    return value


_READERS: Mapping[str, Callable[[str, object], Any]] = {
    "code": _read_text,
    "filename": _read_text,
    "interpreter": _read_text,
    "traced": _read_flag,
    "stdin": _read_text,
    "interactive": _read_flag,
    "owner": _read_text,
    "limits": lambda _, value: Limits.from_wire(value),
}
