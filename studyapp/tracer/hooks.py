"""Subclasses that take the place of asyncio's own Handle and Task.

The learner's code is not touched: asyncio itself uses these in place of its own. Each hook does all that the
original does. What the observer makes of it may fail without anyone noticing.
"""

import asyncio
import contextvars
import sys
from _thread import get_ident
from asyncio import events, tasks
from asyncio.events import Handle as PlainHandle
from asyncio.events import TimerHandle as PlainTimerHandle
from asyncio.tasks import Task as PlainTask
from collections.abc import Callable
from time import monotonic_ns
from types import MethodType
from typing import Any

from .observer import Observer
from .traces import IO, OUTSIDE, THREAD, TIMER, Cause, TaskTrace, here

_IO_MODULES = ("asyncio.selector_events", "asyncio.unix_events")
_run_plain = PlainHandle._run
_make_plain = PlainHandle.__init__
_plain_eager_factory = getattr(tasks, "eager_task_factory", None)
_observer: Observer


class _Watched(PlainHandle):
    """`made` is when the callback became ready, in nanoseconds, and `cause` what made it so."""

    __slots__ = ()
    made: int
    cause: Cause

    def _run(self) -> None:
        """Lets go of everything at its end, as asyncio's own does: an exception keeps this frame, and the
        frame would keep the task that keeps the exception.
        """
        callback: Any = self._callback  # type: ignore[attr-defined] # a slot unknown to typeshed
        task = None if type(callback) is MethodType else getattr(callback, "__self__", None)
        trace = getattr(task, "_trace", None)
        outer = here.now
        if type(trace) is not TaskTrace:
            here.now = self._find_cause(callback)
            try:
                _run_plain(self)
            finally:
                here.now = outer
                del self, task, callback
            return
        here.now = trace
        cancel = trace.asked is not None and _observer.delivers_cancel(task, trace, self._args)
        began = monotonic_ns()
        try:
            _run_plain(self)
        finally:
            ended = monotonic_ns()
            here.now = outer
            _observer.step_taken(task, trace, self.made, began, ended, self.cause, cancel)
            del self, task, callback

    def _find_cause(self, callback: Any) -> Cause:
        """A callback hands on what woke it, so that a task woken through it is woken by its cause."""
        if isinstance(self, PlainTimerHandle):
            return TIMER
        if type(callback) is MethodType and getattr(callback, "__module__", None) in _IO_MODULES:
            return IO
        return self.cause.cause if isinstance(self.cause, TaskTrace) else self.cause


class Handle(_Watched):
    __slots__ = ("cause", "made")

    def __init__(
        self,
        callback: Callable[..., object],
        args: Any,
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context | None = None,
    ) -> None:
        self.made = monotonic_ns()
        self.cause = here.now
        if self.cause is OUTSIDE:
            self.cause = _find_outside(loop)
        _make_plain(self, callback, args, loop, context)


class TimerHandle(_Watched, PlainTimerHandle):
    __slots__ = ("cause", "made")

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: Any,
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context | None = None,
    ) -> None:
        self.made = monotonic_ns()
        self.cause = here.now
        PlainTimerHandle.__init__(self, when, callback, args, loop, context)


def _find_outside(loop: Any) -> Cause:
    """Another thread, if the loop is running in one; otherwise whoever starts or stops the loop."""
    return OUTSIDE if getattr(loop, "_thread_id", None) in (None, get_ident()) else THREAD


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
        outer = here.now
        here.now = trace
        began = monotonic_ns()
        try:
            super().__init__(coro, **options)
        finally:
            ended = monotonic_ns()
            here.now = outer
            _observer.step_taken(self, trace, began, began, ended, outer, cancel=False)
            del self  # as in _run


def install(observer: Observer) -> None:
    """From now on every loop in this process is watched. Must be called before one is made."""
    global _observer
    _observer = observer
    events.Handle, events.TimerHandle = Handle, TimerHandle  # type: ignore[misc]
    asyncio.Task = tasks.Task = Task  # type: ignore[misc]
    if sys.version_info >= (3, 12):
        asyncio.eager_task_factory = tasks.eager_task_factory = tasks.create_eager_task_factory(Task)


def uninstall() -> None:
    events.Handle, events.TimerHandle = PlainHandle, PlainTimerHandle  # type: ignore[misc]
    asyncio.Task = tasks.Task = PlainTask  # type: ignore[misc]
    if sys.version_info >= (3, 12):
        asyncio.eager_task_factory = tasks.eager_task_factory = _plain_eager_factory
