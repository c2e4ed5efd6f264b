"""What a suspended task waits for, found by looking at it from outside.

The chain of awaits is followed from the task's coroutine inwards. The learner's frames on the way become the
site; the first frame of a library that says what it waits for gives the word.
"""

import asyncio
import gc
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any

from .resources import Resources
from .sites import Sites
from .words import Wait

DEEPEST_CHAIN = 200
_FRAMES = (CoroutineType, GeneratorType, AsyncGeneratorType)
_Extra = dict[str, Any] | None


def look_at(task: Any, sites: Sites, resources: Resources) -> tuple[str, int | None, _Extra]:
    """The word, the site, and what else an event may say (`res`, `arg`) of a task that is not running."""
    known = sites.known
    key: tuple[int, ...] = ()
    found: Wait | None = None
    holder = None
    link = task.get_coro()
    for _ in range(DEEPEST_CHAIN):
        plain = type(link) is CoroutineType  # nearly all are, and this is done for every step
        # The code is asked for, and not the frame, which would have to be made first.
        code = link.cr_code if plain else _code_of(link)
        if code is None:
            link = see_through(link)
            if link is None:
                break
            continue
        facts = known.get(id(code)) or sites.facts(code)
        if facts.learners:
            key += (id(code), (link.cr_frame if plain else _frame_of(link)).f_lasti)
        elif facts.wait is not None and (found is None or facts.wait.refines):
            found, holder = facts.wait, link
            if found.final:
                break
        link = link.cr_await if plain else _next_of(link)
    site = sites.number(key) if key else None
    waiter = task._fut_waiter
    if waiter is None:
        return "yield", site, None
    if found is None:
        word, extra = _name_future(waiter)
        return word, site, extra
    return found.word, site, _tell_more(found, _frame_of(holder), resources)


def _code_of(link: Any) -> CodeType | None:
    if type(link) is GeneratorType:
        return link.gi_code
    return link.ag_code if type(link) is AsyncGeneratorType else None


def _frame_of(link: Any) -> Any:
    if type(link) is CoroutineType:
        return link.cr_frame
    return link.gi_frame if type(link) is GeneratorType else link.ag_frame


def _next_of(link: Any) -> Any:
    return link.gi_yieldfrom if type(link) is GeneratorType else link.ag_await


def see_through(link: object) -> Any:
    """The frame behind an object that hides it, like those that `async for` and `__await__` give."""
    if link is None or isinstance(link, asyncio.Future):
        return None
    return next((inner for inner in gc.get_referents(link) if isinstance(inner, _FRAMES)), None)


def _tell_more(wait: Wait, frame: FrameType, resources: Resources) -> _Extra:
    if wait.resource:
        return {"res": resources.number(frame.f_locals["self"], wait.resource)}
    amount = frame.f_locals.get(wait.amount) if wait.amount else None
    return None if amount is None else _measure(amount)


def _name_future(future: Any) -> tuple[str, _Extra]:
    if isinstance(future, asyncio.Task):
        return "task", _measure(future)
    if type(future).__name__ == "_GatheringFuture":
        return "gather", _measure(future._children)
    return "future", None


def _measure(amount: Any) -> _Extra:
    """A number for a number, a task's number for a task, and how many there are for anything countable."""
    if isinstance(amount, int | float):
        return {"arg": amount}
    if isinstance(amount, asyncio.Task):
        trace = getattr(amount, "_trace", None)
        return {"arg": trace.number} if trace else None
    return {"arg": len(amount)} if hasattr(amount, "__len__") else None
