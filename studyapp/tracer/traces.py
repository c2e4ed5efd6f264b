"""What is kept of each task, what runs in each thread at this moment, and the numbers things are given."""

import threading

from .events import TASK_LANE


class Numbers:
    """1, 2, 3 …, each given once however many threads ask. Reentrant, as a finalizer may run in between."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.RLock()

    def next(self) -> int:
        with self._lock:
            self._last += 1
            return self._last


class Cause:
    """Whatever makes a callback ready: `waker` is a task's number, or io, timer, thread or outside."""

    __slots__ = ("waker",)

    def __init__(self, waker: int | str) -> None:
        self.waker = waker


class TaskTrace(Cause):
    """`cause` stands for the task in what it sets off, `asked` is why it was asked to cancel, `delivered`
    whether the CancelledError has reached it, and `absorbed` how many cancels a TaskGroup it is the parent of
    has asked for: those are the group's to catch.
    """

    __slots__ = ("absorbed", "asked", "cause", "delivered", "lane", "number", "title")

    def __init__(self, number: int, title: str) -> None:
        super().__init__(number)
        self.cause = Cause(number)
        self.number = number
        self.lane = TASK_LANE + number
        self.title = title
        self.asked: str | None = None
        self.delivered = False
        self.absorbed = 0


IO, TIMER, THREAD, OUTSIDE = Cause("io"), Cause("timer"), Cause("thread"), Cause("outside")


class Here(threading.local):
    """One of these per thread. `why` is the word of the cancel that is being asked for."""

    now: Cause = OUTSIDE
    why: str | None = None

    @property
    def task(self) -> TaskTrace | None:
        return self.now if isinstance(self.now, TaskTrace) else None


here = Here()
