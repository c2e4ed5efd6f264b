"""Where everything that is seen gets written down: shared by those who watch tasks, semaphores and output."""

import threading
from collections.abc import Callable
from functools import wraps
from time import monotonic_ns
from typing import Any, Concatenate, ParamSpec, TypeVar

from .encode import Encoder
from .errors import is_from_handler
from .events import RESOURCE_LANE, TASK_LANE
from .fields import LONGEST_WORD
from .recorder import Recorder
from .resources import Resources
from .sites import Sites
from .traces import here

P = ParamSpec("P")
R = TypeVar("R")


def quietly(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R | None]:
    """For methods that look at the learner's objects, which may do anything: what fails is left out.

    What a signal handler of the learner's raises meanwhile is not ours, and goes where it is expected.
    """

    @wraps(method)
    def attempt(self: Any, *args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            if is_from_handler(error):
                raise
            self.journal.failed(error)
            return None

    return attempt  # type: ignore[return-value] # wraps() hides that it is a method


class Journal:
    """`filename` is the learner's own file, once it is known."""

    def __init__(self, recorder: Recorder, encoder: Encoder) -> None:
        self.filename = ""
        self.recorder = recorder
        self.sites = Sites(self._announce_site)
        self.resources = Resources(self._announce_resource)
        self.encode_step = encoder.step
        self._encode_event = encoder.event
        self._encode_output = encoder.output
        self._failures = 0
        self._named_threads: set[int] = set()

    def begin(self, filename: str) -> None:
        self.filename = self.sites.filename = filename

    @property
    def journal(self) -> "Journal":
        return self

    def tell(
        self, ph: str, cat: str, name: str, lane: int, args: dict[str, Any], moment: int | None = None
    ) -> None:
        """`moment` is in nanoseconds of CLOCK_MONOTONIC; without it, now."""
        self.recorder.add((self._encode_event, ph, cat, name, lane, moment or monotonic_ns(), args))
        self.recorder.slow_down()

    def tell_now(self, ph: str, cat: str, name: str, lane: int, args: dict[str, Any]) -> bool:
        """Returns when it is in the pipe, after all that was told before; False if the pipe is closed."""
        return self.recorder.say((self._encode_event, ph, cat, name, lane, monotonic_ns(), args))

    def failed(self, error: Exception) -> None:
        self._failures += 1
        args = {"n": self._failures, "reason": f"the tracer failed: {type(error).__name__}"}
        self.tell("M", "meta", "dropped", 0, args)

    def output(self, descriptor: int, text: str) -> bool:
        """Returns when the text is in the pipe; False if that is closed."""
        lane = self.lane()
        if lane < TASK_LANE and lane not in self._named_threads:
            self._named_threads.add(lane)
            self._name_thread(lane)
        return self.recorder.say((self._encode_output, descriptor, None, "out", lane, monotonic_ns(), text))

    def lane(self) -> int:
        """The lane of what runs in this thread: the task's, or the thread's own."""
        trace = here.task
        return threading.get_native_id() if trace is None else trace.lane

    @quietly
    def _name_thread(self, lane: int) -> None:
        """Never asks current_thread(), which makes up a Thread, for all to see, where there is none."""
        thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
        if thread is not None:
            args = {"name": thread.name[:LONGEST_WORD]}
            self.tell_now("M", "meta", "thread_name", lane, args)

    def _announce_site(self, number: int, stack: list[list[int | str]], via: str | None) -> None:
        args = {"id": number, "stack": stack, "via": via}
        self.recorder.weigh(len(stack))
        self.tell("M", "meta", "site", threading.get_native_id(), args)

    def _announce_resource(self, number: int, kind: str, limit: int | None, site: int | None) -> None:
        args = {"id": number, "kind": kind, "limit": limit, "site": site}
        self.tell("M", "meta", "res", RESOURCE_LANE + number, args)
