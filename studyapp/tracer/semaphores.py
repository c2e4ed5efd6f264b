"""A watch on the counter of every asyncio.Semaphore: who comes in, who leaves, and how many wait.

asyncio counts with `self._value += 1`. A property takes the place of that attribute, so that no function of
asyncio is wrapped and no frame of ours enters a traceback.
"""

import sys
from asyncio import locks
from types import FrameType
from typing import Any

from .events import RESOURCE_LANE
from .journal import Journal, quietly
from .traces import TaskTrace, here


class SemaphoreWatch:
    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def install(self) -> None:
        locks.Semaphore._value = property(_get_value, self._set_value)  # type: ignore[assignment]

    def uninstall(self) -> None:
        del locks.Semaphore._value

    @quietly
    def count(self, res: int, *, handed_over: bool = False) -> None:
        """Tells the counter's state. `handed_over`: the place is given, but its future not yet done."""
        semaphore: Any = self.journal.resources.thing(res)
        free = max(0, semaphore._value)
        args = {
            "free": free,
            "waiting": _count_waiting(semaphore) - handed_over,
            "held": max(0, self.journal.resources.limit(res) - free),
        }
        self.journal.tell("C", "sem", "sem", RESOURCE_LANE + res, args)

    def _set_value(self, semaphore: Any, value: int) -> None:
        before = vars(semaphore).get("_value")
        vars(semaphore)["_value"] = value
        frame = sys._getframe(1)
        if before is None:
            self._made(semaphore, value, frame)
        else:
            self._changed(semaphore, value - before, frame)

    @quietly
    def _made(self, semaphore: object, value: int, frame: FrameType) -> None:
        site = self.journal.sites.find_origin(frame).site
        self.journal.resources.remember(semaphore, "semaphore", limit=value, site=site)

    @quietly
    def _changed(self, semaphore: Any, by: int, frame: FrameType) -> None:
        handed_over = frame.f_code.co_name == "_wake_up_next"
        res = self.journal.resources.number(semaphore, "semaphore")
        if by > 0:
            self.journal.tell("i", "sem", "release", self.journal.lane(), {"res": res})
        else:
            trace = _find_first_waiter(semaphore) if handed_over else here.task
            if trace is not None:
                self.journal.tell("i", "sem", "acquire", trace.lane, {"res": res})
        self.count(res, handed_over=handed_over)


def _get_value(semaphore: Any) -> int:
    return vars(semaphore)["_value"]  # type: ignore[no-any-return]


def _count_waiting(semaphore: Any) -> int:
    """Those who were woken stand in front until they run; they wait no longer."""
    waiters = semaphore._waiters or ()
    waiting = len(waiters)
    for waiter in waiters:
        if not waiter.done():
            break
        waiting -= 1
    return waiting


def _find_first_waiter(semaphore: Any) -> TaskTrace | None:
    """The task behind the future that is about to be woken: the first one not done."""
    first = next(waiter for waiter in semaphore._waiters if not waiter.done())
    for callback, _ in first._callbacks or ():
        trace = getattr(getattr(callback, "__self__", None), "_trace", None)
        if isinstance(trace, TaskTrace):
            return trace
    return None
