"""Which of the interpreters that there are a job gets."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from studyapp.sandbox.errors import Refused


class Choosable(Protocol):
    """What an interpreter must tell to be chosen; `problem` is "" when it can be used."""

    @property
    def name(self) -> str: ...
    @property
    def problem(self) -> str: ...


Chosen = TypeVar("Chosen", bound=Choosable)


def choose(name: str, interpreters: Sequence[Chosen]) -> Chosen:
    """The interpreter of this name, for "" the first that can be used. Raises Refused with what there is."""
    usable = [each for each in interpreters if not each.problem]
    named = next((each for each in interpreters if each.name == name), None) if name else None
    if named and named.problem:
        raise Refused("unknown_interpreter", f"Python {name} cannot be used: {named.problem}", "interpreter")
    if name and not named:
        names = ", ".join(each.name for each in usable) or "none"
        message = f"no interpreter is called {name[:40]!r}; there are {names}"
        raise Refused("unknown_interpreter", message, "interpreter")
    if not named and not usable:
        problem = interpreters[0].problem if interpreters else "no Python was found."
        raise Refused("sandbox_unavailable", f"No program can be run: {problem}")
    return named or usable[0]
