"""What the hooks on tasks tell: tasks made, steps taken, cancels asked for."""

from collections.abc import Sequence
from time import monotonic_ns
from types import CoroutineType, FrameType, GeneratorType
from typing import Any, NamedTuple

from .errors import count_errors, describe_error
from .fields import LONGEST_WORD
from .journal import Journal, quietly
from .semaphores import SemaphoreWatch
from .traces import OUTSIDE, Cause, Numbers, TaskTrace, here
from .values import show_value
from .waits import look_at, see_through

WEIGHT_OF_ERROR = 4
CHORES = ("BaseEventLoop.shutdown_asyncgens", "BaseEventLoop.shutdown_default_executor")


class Cancel(NamedTuple):
    """A cancel about to be asked for. `outer` is the word of the one that it is part of; `own` says that a
    TaskGroup asks its parent, and will catch the CancelledError itself.
    """

    moment: int
    by: int | str
    why: str
    site: int | None
    outer: str | None
    own: bool


class Observer:
    def __init__(self, journal: Journal, semaphores: SemaphoreWatch) -> None:
        self.journal = journal
        self._semaphores = semaphores
        self._numbers = Numbers()

    def trace_task(self, coro: object) -> TaskTrace | None:
        """None for asyncio's own chores at the end of a loop, which nobody asked to see."""
        name = _name_coroutine(coro)
        if name in CHORES:
            return None
        return TaskTrace(self._numbers.next(), name)

    @quietly
    def task_made(self, trace: TaskTrace | None, frame: FrameType, name: object) -> None:
        if trace is None:
            return
        origin = self.journal.sites.find_origin(frame)
        parent = here.task
        args = {
            "task": trace.number,
            "parent": None if parent is None else parent.number,
            "site": origin.site,
            "via": origin.api,
        }
        if origin.group is not None:
            args["group"] = self.journal.resources.number(origin.group, "taskgroup")
        self.journal.tell("B", "task", trace.title, trace.lane, args)
        if name is not None:
            self.task_named(trace, name)

    @quietly
    def task_named(self, trace: TaskTrace | None, name: object) -> None:
        if trace is not None:
            args = {"name": str(name)[:LONGEST_WORD]}
            self.journal.tell("M", "meta", "thread_name", trace.lane, args)

    def step_taken(
        self,
        task: Any,
        trace: TaskTrace,
        made: int,
        began: int,
        ended: int,
        cause: Cause,
        cancel: bool | None,  # noqa: FBT001 # called once a step, where a keyword costs
    ) -> None:
        """Moments in nanoseconds; `cancel`: the step threw a CancelledError into the task."""
        journal = self.journal
        try:
            if task.done():
                word, site, extra = "done", None, None
            else:
                word, site, extra = look_at(task, journal.sites, journal.resources)
            if cancel:
                extra = {**(extra or {}), "cancel": True}
            step = (journal.encode_step, trace.number, made, began, ended, cause.waker, word, site, extra)
            journal.recorder.add(step)
            if word == "done":
                self._tell_end(task, trace)
            elif word == "semaphore" and extra is not None:
                self._semaphores.count(extra["res"])
        except Exception as error:
            journal.failed(error)
        journal.recorder.slow_down()

    @quietly
    def delivers_cancel(self, task: Any, trace: TaskTrace, arguments: Sequence[Any]) -> bool:
        """Whether the step about to be taken throws the CancelledError that was asked for into the task."""
        delivers = bool(task._must_cancel or (arguments and arguments[0].cancelled()))
        trace.delivered = trace.delivered or delivers
        return delivers

    @quietly
    def cancel_begins(self, frame: FrameType) -> Cancel:
        origin = self.journal.sites.find_origin(frame)
        why = here.why or origin.canceller
        if why == "timeout" and here.task is not None and here.task.asked is not None:
            why = here.task.asked  # Python 3.11: wait_for hands on a cancel, too, and looks the same
        own = frame.f_code.co_qualname == "TaskGroup._on_task_done"
        cause = OUTSIDE if why == "runner" else here.now
        cancel = Cancel(monotonic_ns(), cause.waker, why, origin.site, here.why, own)
        here.why = why
        return cancel

    @quietly
    def cancel_asked(self, trace: TaskTrace | None, cancel: Cancel | None, *, ok: bool) -> None:
        if cancel is None:
            return
        here.why = cancel.outer
        if trace is None:
            return
        if ok:
            trace.asked = cancel.why
            trace.absorbed += cancel.own
        args = {"by": cancel.by, "why": cancel.why, "site": cancel.site, "ok": ok}
        self.journal.tell("i", "cancel", "request", trace.lane, args, cancel.moment)

    def _tell_end(self, task: Any, trace: TaskTrace) -> None:
        """Reads the result without fetching it: asyncio must still warn of an error nobody has looked at."""
        error = task._exception
        args: dict[str, Any] = {"outcome": "cancelled" if task.cancelled() else "failed" if error else "done"}
        if args["outcome"] == "failed":
            args["error"] = describe_error(error, self.journal.filename)
            self.journal.recorder.weigh(WEIGHT_OF_ERROR * count_errors(args["error"]))
        elif args["outcome"] == "done":
            if task._result is not None:
                args["result"] = show_value(task._result)
            if trace.delivered and task.cancelling() > trace.absorbed:
                args["swallowed"] = True
        self.journal.tell("E", "task", trace.title, trace.lane, args)


def _name_coroutine(coro: object) -> str:
    """Its function's name, or its class's if it hides no function. No attribute of it is read: that may be
    code of the learner's.
    """
    plain = coro if isinstance(coro, CoroutineType | GeneratorType) else see_through(coro)
    name: str = type(coro).__name__ if plain is None else plain.__qualname__
    return name.rpartition("<locals>.")[2][:LONGEST_WORD]
