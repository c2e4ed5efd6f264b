"""Places in the learner's program, numbered: each is announced once and then named by its number."""

from collections.abc import Callable
from types import CodeType, FrameType
from typing import NamedTuple

from .fields import DEEPEST_STACK, LONGEST_WORD
from .traces import Numbers
from .words import Facts

MOST_KNOWN = 10_000

Announce = Callable[[int, list[list[int | str]], str | None], None]


class Origin(NamedTuple):
    """Where something was asked for: the learner's line, and the library calls between it and the hook."""

    site: int | None
    api: str | None
    canceller: str
    group: object


class Sites:
    """`filename` is the learner's own file, once it is known; `announce` is told of each new site."""

    def __init__(self, announce: Announce) -> None:
        self.filename = ""
        self._announce = announce
        self.known: dict[int, Facts] = {}
        self._sites: dict[tuple[object, ...], int] = {}
        self._numbers = Numbers()

    def facts(self, code: CodeType) -> Facts:
        """Kept under the code's id: hashing a code object costs more than a whole step."""
        known = self.known.get(id(code))
        if known is None:
            known = self.known[id(code)] = Facts(code, learners=code.co_filename == self.filename)
        return known

    def number(self, key: tuple[int, ...], via: str | None = None) -> int:
        """`key` is id(code), instruction, id(code), instruction …, outermost first."""
        return self._sites.get(key if via is None else (*key, via)) or self._add(key, via)

    def find_origin(self, frame: FrameType | None) -> Origin:
        """Walks out from `frame` to the learner's nearest line, but never past the running callback."""
        site = api = canceller = group = None
        while frame is not None:
            facts = self.known.get(id(frame.f_code)) or self.facts(frame.f_code)
            if facts.learners:
                site = self.number((id(frame.f_code), frame.f_lasti), api)
            if facts.learners or facts.callback:
                break
            if facts.api == "TaskGroup":
                group = frame.f_locals.get("self")
            canceller = canceller or facts.cancels
            api = facts.api or api
            frame = frame.f_back
        return Origin(site, api, canceller or ("library" if api else "user"), group)

    def _add(self, key: tuple[int, ...], via: str | None) -> int:
        number = self._numbers.next()
        self._sites[key if via is None else (*key, via)] = number
        pairs = [(self.known[key[n]].code, key[n + 1]) for n in range(0, len(key), 2)]
        stack: list[list[int | str]] = [
            [_find_line(code, instruction), code.co_name[:LONGEST_WORD]] for code, instruction in pairs
        ]
        self._announce(number, stack[-DEEPEST_STACK:], via)
        if len(self.known) > MOST_KNOWN:  # a program that makes code as it runs
            self.known.clear()
            self._sites.clear()
        return number


def _find_line(code: CodeType, instruction: int) -> int:
    for start, end, line in code.co_lines():
        if start <= instruction < end and line is not None:
            return line
    return code.co_firstlineno
