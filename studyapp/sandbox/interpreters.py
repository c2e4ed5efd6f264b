"""Which Pythons can run learners' programs: each CPython of the host that says itself it is new enough."""

import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from studyapp.sandbox.candidates import find_candidates, find_home
from studyapp.sandbox.guest_folders import GuestFolders
from studyapp.sandbox.project import PROJECT
from studyapp.sandbox.questioning import Answer, NoAnswer, ask

OLDEST = (3, 11)
ANSWER_WITHIN_S = 10.0
ASKED_AT_ONCE = 8
RELEASED = re.compile(r"[0-9.]+\+?")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython: `name` as people choose it ("3.11", "3.13t"), `gil` as the interpreter itself says.

    A jail needs the folder `prefix` to run `path`; both are real paths. `problem` says in a sentence why
    it cannot be used and what to do, "" when it can; of one that did not even answer, `name` is a guess.
    """

    name: str
    version: str
    path: Path
    prefix: Path
    gil: bool
    problem: str = ""

    @classmethod
    def from_wire(cls, raw: object) -> Self:
        """An interpreter from a decoded JSON object. Raises ValueError unless it is what `to_wire` makes."""
        types = {field.name: bool if field.type is bool else str for field in fields(cls)}
        if not isinstance(raw, dict) or {name: type(value) for name, value in raw.items()} != types:
            wanted = ", ".join(f"{name} ({kind.__name__})" for name, kind in types.items())
            raise ValueError(f"an interpreter must be an object of {wanted}, not {str(raw)[:200]}")
        paths = {name: Path(raw[name]) for name in ("path", "prefix")}
        return cls(**{**raw, **paths})

    def to_wire(self) -> dict[str, Any]:
        """The same interpreter as a JSON object."""
        return {**asdict(self), "path": str(self.path), "prefix": str(self.prefix)}


def find_interpreters(
    environment: Mapping[str, str] = os.environ, folders: GuestFolders | None = None
) -> list[Interpreter]:
    """Every interpreter of the host, the default one first, those with a problem among them.

    Looks where `environment` says, asks each candidate, and so may take ANSWER_WITHIN_S.
    """
    folders = folders or GuestFolders()
    return put_default_first(
        each if each.problem else replace(each, problem=folders.find_problem(each.name, each.version))
        for each in search_interpreters(environment)
    )


def put_default_first(interpreters: Iterable[Interpreter]) -> list[Interpreter]:
    """Those that can be used from the newest on, then the others.

    A new Python shows asyncio as it is today, and its forks write to less memory. One without the GIL or one
    that is not released yet is for who asks for it.
    """
    found = list(interpreters)
    usable = [each for each in found if not each.problem]
    return [*sorted(usable, key=_merit_as_default, reverse=True), *(each for each in found if each.problem)]


def search_interpreters(environment: Mapping[str, str] = os.environ) -> list[Interpreter]:
    """Whether or not the packages that programs may import are there; our own first."""
    own, home = own_interpreter(), find_home(environment)
    candidates = find_candidates(environment, PROJECT)
    candidates.pop(own.path, None)
    until = time.monotonic() + ANSWER_WITHIN_S
    with ThreadPoolExecutor(ASKED_AT_ONCE) as threads:
        asked = list(threads.map(lambda path: _ask(path, candidates[path], until, home), candidates))
    own = replace(own, problem=_find_exposure(own.path, own.prefix, home))
    return [own, *(each for each in _choose([each for each in asked if each]) if each.name != own.name)]


def own_interpreter() -> Interpreter:
    """The interpreter below any virtual environment that this process runs in."""
    name = f"{sys.version_info.major}.{sys.version_info.minor}{sys.abiflags}"
    version = sys.version.split()[0]
    path = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    gil: bool = getattr(sys, "_is_gil_enabled", lambda: True)()
    return Interpreter(name, version, path, Path(sys.base_prefix).resolve(), gil)


@dataclass(frozen=True, slots=True)
class _Asked:
    """`rank` orders those of one name: any that answers is before one that does not."""

    interpreter: Interpreter
    rank: int


def _ask(path: Path, called: str, until: float, home: Path) -> _Asked | None:
    """None for what is no CPython, or too old a one."""
    try:
        answer = ask(path, until=until)
    except NoAnswer as reason:
        return _guess(path, called, str(reason))
    if answer.implementation != "cpython" or (answer.major, answer.minor) < OLDEST:
        return None
    name = f"{answer.major}.{answer.minor}{answer.abiflags}"
    python, prefix = Path(answer.path), Path(answer.prefix)
    problem = _find_lack(answer) or _find_exposure(python, prefix, home)
    return _Asked(Interpreter(name, answer.version, python, prefix, answer.gil, problem), answer.hexversion)


def _guess(path: Path, called: str, reason: str) -> _Asked | None:
    found = re.fullmatch(r"python3\.(\d+)(t?)", called)
    if found and int(found[1]) < OLDEST[1]:
        return None
    name = called.removeprefix("python") if found else called
    problem = f"{path} {reason}: repair or remove it."
    return _Asked(Interpreter(name, "", path, path.parent, gil=True, problem=problem), rank=-1)


def _find_lack(answer: Answer) -> str:
    if not answer.missing:
        return ""
    return f"{answer.path} was built without {answer.missing}: install a whole Python {answer.version}."


def _find_exposure(path: Path, prefix: Path, home: Path) -> str:
    """Programs may read all of the prefix, except that only the system's own programs of /usr are shown."""
    if prefix == Path("/usr"):
        return ""
    if not path.is_relative_to(prefix):
        return f"{path} lies outside of {prefix}, where its library is: install Python in one folder."
    exposed = next((each for each in (home.resolve(), PROJECT) if each.is_relative_to(prefix)), None)
    if exposed is None:
        return ""
    return f"Programs could read {exposed}, which lies in {prefix} as {path} does: install Python elsewhere."


def _choose(asked: Iterable[_Asked]) -> list[Interpreter]:
    """One of each name, the usable and highest version; in the order of the names' numbers."""
    best: dict[str, _Asked] = {}
    for each in asked:
        name = each.interpreter.name
        if name not in best or _merit(each) > _merit(best[name]):
            best[name] = each
    return [best[name].interpreter for name in sorted(best, key=_order)]


def _merit_as_default(interpreter: Interpreter) -> tuple[bool, bool, tuple[int, str]]:
    return interpreter.gil, bool(RELEASED.fullmatch(interpreter.version)), _order(interpreter.name)


def _merit(asked: _Asked) -> tuple[bool, int]:
    return not asked.interpreter.problem, asked.rank


def _order(name: str) -> tuple[int, str]:
    """3.9 before 3.13, 3.13 before 3.13t, and what has no version last."""
    found = re.match(r"3\.(\d+)", name)
    return (int(found[1]) if found else sys.maxsize, name)
