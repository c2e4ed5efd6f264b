"""What a runner says of itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class OfferedInterpreter:
    """A Python as learners may choose it. `problem` says why it cannot be used, "" when it can."""

    name: str
    version: str
    gil: bool
    problem: str

    def __post_init__(self) -> None:
        _check_types(self)


@dataclass(frozen=True, slots=True)
class Description:
    """`accounting` says in words how memory and processor time are counted.

    `runs` programs go on at once, `waiting` more may stand in line.
    """

    interpreters: list[OfferedInterpreter]
    accounting: str
    runs: int
    waiting: int

    def __post_init__(self) -> None:
        _check_types(self)

    @classmethod
    def from_wire(cls, raw: Mapping[str, Any]) -> Self:
        """A description from a decoded JSON object. Raises TypeError or ValueError, saying what is wrong."""
        interpreters = [OfferedInterpreter(**each) for each in raw.get("interpreters", [])]
        return cls(**{**raw, "interpreters": interpreters})

    def to_wire(self) -> dict[str, Any]:
        """The same description as a JSON object."""
        return asdict(self)


def _check_types(made: OfferedInterpreter | Description) -> None:
    for field in fields(made):
        value = getattr(made, field.name)
        if field.type in (str, bool, int) and type(value) is not field.type:
            raise TypeError(f"{field.name} must be {field.type.__name__}, not {value!r}")
