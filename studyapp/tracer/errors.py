"""An exception as data for an event, and as the text that Python itself would print, without our frames."""

import signal
import sys
import traceback
from itertools import pairwise
from types import TracebackType
from typing import Any

from .fields import DEEPEST_ERROR, LONGEST_WORD, MOST_ERRORS
from .words import is_ours

LONGEST_MESSAGE = 1000


def describe_error(error: BaseException, filename: str) -> dict[str, Any]:
    """`{type, msg, line, sub}`: `line` is the innermost in the learner's file, `sub` a group's members."""
    return _describe(error, filename, DEEPEST_ERROR, [MOST_ERRORS - 1])


def count_errors(described: dict[str, Any]) -> int:
    return 1 + sum(map(count_errors, described["sub"]))


def is_from_handler(error: BaseException) -> bool:
    """Whether it was raised by a handler of the learner's, for a signal that came in between."""
    handlers = {getattr(signal.getsignal(number), "__code__", None) for number in signal.valid_signals()}
    return any(frame.f_code in handlers for frame, _ in traceback.walk_tb(error.__traceback__))


def _describe(error: BaseException, filename: str, depth: int, left: list[int]) -> dict[str, Any]:
    members: list[dict[str, Any]] = []
    if isinstance(error, BaseExceptionGroup) and depth > 1:
        for member in error.exceptions:
            if left[0] > 0:
                left[0] -= 1
                members.append(_describe(member, filename, depth - 1, left))
    return {
        "type": type(error).__name__[:LONGEST_WORD],
        "msg": _read_message(error)[:LONGEST_MESSAGE],
        "line": _find_line(error, filename),
        "sub": members,
    }


def _read_message(error: BaseException) -> str:
    """Calls the learner's own __str__, as the traceback does, which may do anything but return."""
    try:
        if isinstance(error, SyntaxError):
            return str(error.msg)
        return str(error)
    except Exception:
        return "<exception str() failed>"


def _find_line(error: BaseException, filename: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == filename:
        return error.lineno
    line = None
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            line = step.tb_lineno
        step = step.tb_next
    return line


def print_error(error: BaseException) -> None:
    """What Python does with an uncaught exception: sys.excepthook, or the traceback on sys.stderr."""
    _hide_ours(error, set())
    if sys.excepthook is sys.__excepthook__:
        traceback.print_exception(error)
    else:
        sys.excepthook(type(error), error, error.__traceback__)


def _hide_ours(error: BaseException | None, seen: set[int]) -> None:
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = _skip_ours(error.__traceback__)
    _hide_ours(error.__cause__, seen)
    _hide_ours(error.__context__, seen)
    for member in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        _hide_ours(member, seen)


def _skip_ours(first: TracebackType | None) -> TracebackType | None:
    kept: list[TracebackType] = []
    step = first
    while step is not None:
        if not is_ours(step.tb_frame.f_code):
            kept.append(step)
        step = step.tb_next
    for step, following in pairwise(kept):
        step.tb_next = following
    if kept:
        kept[-1].tb_next = None
    return kept[0] if kept else None
