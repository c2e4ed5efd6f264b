"""Two subclasses that take the place of asyncio's own Handle and Task, and a watch on semaphores.

The learner's code is not touched: asyncio itself uses these in place of its own. Each hook does all that the
original does. What the observer makes of it may fail without anyone noticing.
"""

import asyncio
import contextvars
import sys
from _thread import get_ident
from asyncio import events, locks, tasks
from asyncio.events import Handle as PlainHandle
from asyncio.events import TimerHandle as PlainTimerHandle
from asyncio.tasks import Task as PlainTask
from collections.abc import Callable
from time import monotonic_ns
from types import MethodType
from typing import Any

from .observer import OUTSIDE, Observer, TaskTrace

_IO_MODULES = ("asyncio.selector_events", "asyncio.unix_events")
_run_plain = PlainHandle._run
_plain_eager_factory = getattr(tasks, "eager_task_factory", None)
_observer: Observer


class _Watched(PlainHandle):
    __slots__ = ()
    made: int
    waker: int | str

    def _run(self) -> None:
        callback: Any = self._callback  # type: ignore[attr-defined] # a slot unknown to typeshed
        task = None if type(callback) is MethodType else getattr(callback, "__self__", None)
        trace = getattr(task, "_trace", None)
        if type(trace) is not TaskTrace:
            self._run_callback(callback)
            return
        here = _observer.here
        outer = here.waker, here.task
        here.waker, here.task = trace.number, trace
        cancel = trace.asked is not None and _observer.delivers_cancel(task, trace, self._args)
        began = monotonic_ns()
        try:
            _run_plain(self)
        finally:
            here.waker, here.task = outer
            _observer.step_taken(task, trace, self.made, began, self.waker, cancel=cancel)

    def _run_callback(self, callback: Any) -> None:
        """A callback hands on what woke it, so that a task woken through it is woken by its cause."""
        here = _observer.here
        outer = here.waker, here.task
        here.waker, here.task = self._find_cause(callback), None
        try:
            _run_plain(self)
        finally:
            here.waker, here.task = outer

    def _find_cause(self, callback: Any) -> int | str:
        if isinstance(self, PlainTimerHandle):
            return "timer"
        if type(callback) is MethodType and getattr(callback, "__module__", None) in _IO_MODULES:
            return "io"
        return self.waker


class Handle(_Watched):
    __slots__ = ("made", "waker")

    def __init__(
        self,
        callback: Callable[..., object],
        args: Any,
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context | None = None,
    ) -> None:
        self.made = monotonic_ns()
        self.waker = _find_waker(loop)
        PlainHandle.__init__(self, callback, args, loop, context)


class TimerHandle(_Watched, PlainTimerHandle):
    __slots__ = ("made", "waker")

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: Any,
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context | None = None,
    ) -> None:
        self.made = monotonic_ns()
        self.waker = _find_waker(loop)
        PlainTimerHandle.__init__(self, when, callback, args, loop, context)


def _find_waker(loop: Any) -> int | str:
    waker = _observer.here.waker
    if waker == OUTSIDE and getattr(loop, "_thread_id", None) not in (None, get_ident()):
        return "thread"
    return waker


class Task(PlainTask[Any]):
    __slots__ = ("_trace",)
    __module__ = PlainTask.__module__

    def __init__(self, coro: Any, **options: Any) -> None:
        self._trace = _observer.trace_task(coro)
        if self._trace and options.get("eager_start") and events._get_running_loop() is not None:
            _observer.task_made(self._trace, sys._getframe(1), options.get("name"))
            self._start_eagerly(self._trace, coro, options)
        else:
            super().__init__(coro, **options)
            _observer.task_made(self._trace, sys._getframe(1), options.get("name"))

    def cancel(self, msg: Any | None = None) -> bool:
        asked = _observer.cancel_begins(sys._getframe(1))
        ok = False
        try:
            ok = super().cancel(msg)
        finally:
            _observer.cancel_asked(self._trace, asked, ok=ok)
        return ok

    def set_name(self, value: object, /) -> None:
        super().set_name(value)
        _observer.task_named(self._trace, value)

    def _start_eagerly(self, trace: TaskTrace, coro: Any, options: dict[str, Any]) -> None:
        """An eager task takes its first step as it is made, inside the step of the task that makes it."""
        here = _observer.here
        outer = here.waker, here.task
        here.waker, here.task = trace.number, trace
        began = monotonic_ns()
        try:
            super().__init__(coro, **options)
        finally:
            here.waker, here.task = outer
            _observer.step_taken(self, trace, began, began, outer[0], cancel=False)


def _get_value(semaphore: Any) -> int:
    return vars(semaphore)["_value"]  # type: ignore[no-any-return]


def _set_value(semaphore: Any, value: int) -> None:
    """asyncio counts with `self._value += 1`, which comes here: no frame of ours enters any traceback."""
    before = vars(semaphore).get("_value")
    vars(semaphore)["_value"] = value
    frame = sys._getframe(1)
    if before is None:
        _observer.semaphore_made(semaphore, value, frame)
    else:
        handed_over = frame.f_code.co_name == "_wake_up_next"
        _observer.semaphore_changed(semaphore, by=value - before, handed_over=handed_over)


def install(observer: Observer) -> None:
    """From now on every loop in this process is watched. Must be called before one is made."""
    global _observer
    _observer = observer
    events.Handle, events.TimerHandle = Handle, TimerHandle  # type: ignore[misc]
    asyncio.Task = tasks.Task = Task  # type: ignore[misc]
    if sys.version_info >= (3, 12):
        asyncio.eager_task_factory = tasks.eager_task_factory = tasks.create_eager_task_factory(Task)
    locks.Semaphore._value = property(_get_value, _set_value)  # type: ignore[assignment]


def uninstall() -> None:
    events.Handle, events.TimerHandle = PlainHandle, PlainTimerHandle  # type: ignore[misc]
    asyncio.Task = tasks.Task = PlainTask  # type: ignore[misc]
    if sys.version_info >= (3, 12):
        asyncio.eager_task_factory = tasks.eager_task_factory = _plain_eager_factory
    del locks.Semaphore._value
