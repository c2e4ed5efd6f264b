"""What the hooks tell: tasks made, steps taken, cancels asked for, semaphores changed, text written."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import wraps
from time import monotonic_ns
from types import FrameType
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from .encode import Encoder
from .errors import describe_error
from .events import RESOURCE_LANE, TASK_LANE
from .fields import LONGEST_WORD
from .recorder import Recorder
from .resources import Resources
from .sites import Sites
from .values import show_value
from .waits import look_at

P = ParamSpec("P")
R = TypeVar("R")

OUTSIDE = "outside"
CHORES = ("BaseEventLoop.shutdown_asyncgens", "BaseEventLoop.shutdown_default_executor")


class TaskTrace:
    """What is kept of a task. `asked` is why it was asked to cancel, `delivered` whether it came to know."""

    __slots__ = ("asked", "delivered", "lane", "number", "title")

    def __init__(self, number: int, title: str) -> None:
        self.number = number
        self.lane = TASK_LANE + number
        self.title = title
        self.asked: str | None = None
        self.delivered = False


class Here(threading.local):
    """What runs in this thread now: the task, and `waker`, by which others will be said to be woken."""

    waker: int | str = OUTSIDE
    task: TaskTrace | None = None
    why: str | None = None


class Cancel(NamedTuple):
    """A cancel about to be asked for; `outer` is the word of the one that it is part of."""

    moment: int
    by: int | str
    why: str
    site: int | None
    outer: str | None


def quietly(method: Callable[Concatenate[Observer, P], R]) -> Callable[Concatenate[Observer, P], R | None]:
    """The learner's objects are looked at, and may do anything. What fails is left out of the record."""

    @wraps(method)
    def attempt(self: Observer, *args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self.failed(error)
            return None

    return attempt  # type: ignore[return-value] # wraps() hides that it is a method


class Observer:
    def __init__(self, recorder: Recorder, encoder: Encoder, filename: str) -> None:
        self.here = Here()
        self._recorder = recorder
        self._step = encoder.step
        self._event = encoder.event
        self._filename = filename
        self._sites = Sites(filename, self._announce_site)
        self._resources = Resources(self._announce_resource)
        self._last_task = 0
        self._failures = 0
        self._named_threads: set[int] = set()

    def tell(self, ph: str, cat: str, name: str, lane: int, args: dict[str, Any]) -> None:
        self._recorder.add((self._event, ph, cat, name, lane, monotonic_ns(), args))

    def failed(self, error: Exception) -> None:
        self._failures += 1
        args = {"n": self._failures, "reason": f"the tracer failed: {type(error).__name__}"}
        self.tell("M", "meta", "dropped", 0, args)

    def trace_task(self, coro: object) -> TaskTrace | None:
        """None for asyncio's own chores at the end of a loop, which nobody asked to see."""
        name = _name_coroutine(coro)
        if name in CHORES:
            return None
        self._last_task += 1
        return TaskTrace(self._last_task, name)

    @quietly
    def task_made(self, trace: TaskTrace | None, frame: FrameType, name: object) -> None:
        if trace is None:
            return
        origin = self._sites.find_origin(frame)
        parent = self.here.task
        args = {
            "task": trace.number,
            "parent": None if parent is None else parent.number,
            "site": origin.site,
            "via": origin.api,
        }
        if origin.group is not None:
            args["group"] = self._resources.number(origin.group, "taskgroup")
        self.tell("B", "task", trace.title, trace.lane, args)
        if name is not None:
            self.task_named(trace, name)

    @quietly
    def task_named(self, trace: TaskTrace | None, name: object) -> None:
        if trace is not None:
            self.tell("M", "meta", "thread_name", trace.lane, {"name": str(name)[:LONGEST_WORD]})

    def step_taken(
        self, task: Any, trace: TaskTrace, made: int, began: int, by: int | str, *, cancel: bool | None
    ) -> None:
        ended = monotonic_ns()
        try:
            if task.done():
                word, site, extra = "done", None, None
            else:
                word, site, extra = look_at(task, self._sites, self._resources)
            if cancel:
                extra = {**(extra or {}), "cancel": True}
            self._recorder.add((self._step, trace.number, made, began, ended, by, word, site, extra))
            if word == "done":
                self._tell_end(task, trace)
            elif word == "semaphore" and extra is not None:
                self._count(extra["res"])
        except Exception as error:
            self.failed(error)
        self._recorder.slow_down()

    @quietly
    def delivers_cancel(self, task: Any, trace: TaskTrace, arguments: Sequence[Any]) -> bool:
        """Whether the step about to be taken throws the CancelledError that was asked for into the task."""
        delivers = task._must_cancel or (bool(arguments) and arguments[0].cancelled())
        trace.delivered = trace.delivered or delivers
        return bool(delivers)

    @quietly
    def cancel_begins(self, frame: FrameType) -> Cancel:
        here = self.here
        origin = self._sites.find_origin(frame)
        why = here.why or origin.canceller
        if why == "timeout" and here.task is not None and here.task.asked is not None:
            why = here.task.asked  # Python 3.11: wait_for hands on a cancel, too, and looks the same
        by = OUTSIDE if why == "runner" else here.waker
        cancel = Cancel(monotonic_ns(), by, why, origin.site, here.why)
        here.why = why
        return cancel

    @quietly
    def cancel_asked(self, trace: TaskTrace | None, cancel: Cancel | None, *, ok: bool) -> None:
        if cancel is None:
            return
        self.here.why = cancel.outer
        if trace is None:
            return
        if ok:
            trace.asked = cancel.why
        args = {"by": cancel.by, "why": cancel.why, "site": cancel.site, "ok": ok}
        self._recorder.add((self._event, "i", "cancel", "request", trace.lane, cancel.moment, args))

    @quietly
    def semaphore_made(self, semaphore: object, value: int, frame: FrameType) -> None:
        site = self._sites.find_origin(frame).site
        self._resources.remember(semaphore, "semaphore", limit=value, site=site)

    @quietly
    def semaphore_changed(self, semaphore: Any, *, by: int, handed_over: bool) -> None:
        """`handed_over`: the change is made in a release, for the first that waits."""
        res = self._resources.number(semaphore, "semaphore")
        if by > 0:
            self.tell("i", "sem", "release", self.lane(), {"res": res})
        else:
            trace = _find_waiter(semaphore) if handed_over else self.here.task
            if trace is not None:
                self.tell("i", "sem", "acquire", trace.lane, {"res": res})
        self._count(res, handed_over=handed_over)

    @quietly
    def output(self, stream: str, text: str) -> None:
        lane = self.lane()
        if lane < TASK_LANE and lane not in self._named_threads:
            self._named_threads.add(lane)
            thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
            if thread is not None:
                self.tell("M", "meta", "thread_name", lane, {"name": thread.name[:LONGEST_WORD]})
        self.tell("i", "out", "out", lane, {"stream": stream, "text": text})
        if "\n" in text:
            self._recorder.flush_if_quiet()
        self._recorder.slow_down()

    def lane(self) -> int:
        """The lane of what runs in this thread: the task's, or the thread's own."""
        trace = self.here.task
        return threading.get_native_id() if trace is None else trace.lane

    def _tell_end(self, task: Any, trace: TaskTrace) -> None:
        """Reads the result without fetching it: asyncio must still warn of an error nobody has looked at."""
        error = task._exception
        args: dict[str, Any] = {"outcome": "cancelled" if task.cancelled() else "failed" if error else "done"}
        if args["outcome"] == "failed":
            args["error"] = describe_error(error, self._filename)
        elif args["outcome"] == "done":
            if task._result is not None:
                args["result"] = show_value(task._result)
            if trace.delivered and task.cancelling() > 0:
                args["swallowed"] = True
        self.tell("E", "task", trace.title, trace.lane, args)

    def _count(self, res: int, *, handed_over: bool = False) -> None:
        semaphore: Any = self._resources.thing(res)
        waiting = _count_waiting(semaphore) - handed_over
        free = max(0, semaphore._value)
        held = max(0, self._resources.limit(res) - free)
        args = {"free": free, "waiting": waiting, "held": held}
        self.tell("C", "sem", "sem", RESOURCE_LANE + res, args)

    def _announce_site(self, number: int, stack: list[list[int | str]], via: str | None) -> None:
        args = {"id": number, "stack": stack, "via": via}
        self.tell("M", "meta", "site", threading.get_native_id(), args)

    def _announce_resource(self, number: int, kind: str, limit: int | None, site: int | None) -> None:
        args = {"id": number, "kind": kind, "limit": limit, "site": site}
        self.tell("M", "meta", "res", RESOURCE_LANE + number, args)


def _name_coroutine(coro: object) -> str:
    name = getattr(coro, "__qualname__", None)
    return (name if isinstance(name, str) else type(coro).__name__).rpartition("<locals>.")[2][:LONGEST_WORD]


def _count_waiting(semaphore: Any) -> int:
    """Those who were woken stand in front until they run: they wait no longer."""
    waiters = semaphore._waiters or ()
    waiting = len(waiters)
    for waiter in waiters:
        if not waiter.done():
            break
        waiting -= 1
    return waiting


def _find_waiter(semaphore: Any) -> TaskTrace | None:
    """The task behind the future that is about to be woken: the first one not done."""
    first = next(waiter for waiter in semaphore._waiters if not waiter.done())
    for callback, _ in first._callbacks or ():
        trace = getattr(getattr(callback, "__self__", None), "_trace", None)
        if isinstance(trace, TaskTrace):
            return trace
    return None
