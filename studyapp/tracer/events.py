"""The words a traced run is told in: one table of events, and the check that every untrusted event passes.

An event is a JSON object in the shape of Chrome's Trace Event format: `ph cat name pid tid ts args`, with
`dur` on slices (`X`) and `s: "t"` on instants (`i`). `ts` and `dur` are microseconds, counted from the
start of the run. docs/events.md shows every event with an example.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from .fields import (
    LONGEST_OUTPUT,
    Check,
    FieldError,
    either,
    error,
    flag,
    number,
    one_of,
    optional,
    stack,
    text,
    whole,
)

Event = dict[str, Any]
Maker = Literal["guest", "supervisor"]

TASK_LANE = 1_000_000
RESOURCE_LANE = 2_000_000
LOOP_LANE = 3_000_000
LANES = MappingProxyType(
    {
        "any": whole(),
        "thread": whole(0, 2**31),
        "task": whole(TASK_LANE, RESOURCE_LANE - 1),
        "resource": whole(RESOURCE_LANE, LOOP_LANE - 1),
    }
)

WAKERS = ("io", "timer", "thread", "outside")
WAITS = (
    "sleep",
    "yield",
    "semaphore",
    "lock",
    "event",
    "condition",
    "barrier",
    "queue.get",
    "queue.put",
    "queue.join",
    "taskgroup",
    "gather",
    "wait",
    "task",
    "thread",
    "process",
    "http.pool",
    "http.connect",
    "http.headers",
    "http.body",
    "io.connect",
    "io.read",
    "io.write",
    "future",
    "done",
)
RESOURCES = ("semaphore", "lock", "event", "condition", "barrier", "queue", "taskgroup")
CANCELLERS = ("user", "timeout", "TaskGroup", "gather", "runner", "library")
END_REASONS = (
    "finished",
    "failed",
    "wall_limit",
    "cpu_limit",
    "memory_limit",
    "process_limit",
    "disk_limit",
    "output_limit",
    "event_limit",
    "stopped",
    "abandoned",
    "runner_lost",
    "refused",
)
ANY_NAME = "*"
LONGEST_RUN_US = 1e12


class EventError(ValueError):
    """An event outside the vocabulary; the message names the field and what it must be."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the vocabulary. `name` may be ANY_NAME where the event carries a coroutine's name."""

    ph: str
    cat: str
    name: str
    lane: str
    required: Mapping[str, Check]
    optional: Mapping[str, Check] = field(default_factory=dict)
    makers: tuple[Maker, ...] = ("guest",)

    @property
    def head(self) -> Mapping[str, Check]:
        """The checks of every key beside `args`."""
        extra: Mapping[str, Mapping[str, Check]] = {"X": {"dur": _moment}, "i": {"s": one_of("t")}}
        keys = {"ph": _text, "cat": _text, "name": _text, "pid": whole(0, 2**31), "ts": _moment}
        return {**keys, "tid": LANES[self.lane], **extra.get(self.ph, {})}


_moment = number(0, LONGEST_RUN_US)
_id = whole(1)
_text = text()
_task_or_waker = either(_id, one_of(*WAKERS))
_wait_argument = either(number(-LONGEST_RUN_US, LONGEST_RUN_US), _text)
_error_fields: Mapping[str, Check] = {
    "type": _text,
    "msg": text(1000),
    "line": optional(whole(0, 1_000_000)),
    "sub": lambda value: error({"type": "", "msg": "", "line": None, "sub": value})["sub"],
}

VOCABULARY = (
    Kind("M", "meta", "run", "any", {"python": _text, "gil": flag, "cpus": _id, "file_sha": _text}),
    Kind("M", "meta", "site", "any", {"id": _id, "stack": stack, "via": optional(_text)}),
    Kind(
        "M",
        "meta",
        "res",
        "resource",
        {"id": _id, "kind": one_of(*RESOURCES), "limit": optional(whole()), "site": optional(_id)},
    ),
    Kind("M", "meta", "thread_name", "any", {"name": _text}),
    Kind("M", "meta", "failed", "any", _error_fields, {"crowded": flag}),
    Kind("M", "meta", "dropped", "any", {"n": whole(), "reason": _text}, {}, ("guest", "supervisor")),
    Kind(
        "M",
        "meta",
        "end",
        "any",
        {"reason": one_of(*END_REASONS), "exit": optional(whole(-255, 255))},
        {"error": optional(error), "wall_ms": number(0, 1e9), "cpu_ms": number(0, 1e9)},
        ("supervisor",),
    ),
    Kind(
        "B",
        "task",
        ANY_NAME,
        "task",
        {"task": _id, "parent": optional(_id), "site": optional(_id), "via": optional(_text)},
        {"group": _id},
    ),
    Kind(
        "X",
        "run",
        "step",
        "task",
        {
            "ready_us": number(0, LONGEST_RUN_US),
            "by": _task_or_waker,
            "on": one_of(*WAITS),
            "site": optional(_id),
        },
        {"res": _id, "arg": _wait_argument, "cancel": flag},
    ),
    Kind(
        "E",
        "task",
        ANY_NAME,
        "task",
        {"outcome": one_of("done", "failed", "cancelled")},
        {"result": _text, "error": error, "swallowed": flag},
    ),
    Kind(
        "i",
        "cancel",
        "request",
        "task",
        {"by": _task_or_waker, "why": one_of(*CANCELLERS), "site": optional(_id), "ok": flag},
    ),
    Kind("i", "sem", "acquire", "task", {"res": _id}),
    Kind("i", "sem", "release", "any", {"res": _id}),
    Kind("C", "sem", "sem", "resource", {"free": whole(), "waiting": whole(), "held": whole()}),
    Kind(
        "i",
        "out",
        "out",
        "any",
        {"stream": one_of("stdout", "stderr"), "text": text(LONGEST_OUTPUT)},
        {},
        ("guest", "supervisor"),
    ),
)

_KINDS = {(kind.ph, kind.cat, kind.name): kind for kind in VOCABULARY}
_SHORT_OUTPUT = ("pid", "tid", "ts", "descriptor", "text")
_STREAMS = {1: "stdout", 2: "stderr"}
_HEADS = {key: kind.head for key, kind in _KINDS.items()}
_ARGS = {key: {**kind.required, **kind.optional} for key, kind in _KINDS.items()}


def check_event(raw: object, *, maker: Maker = "guest") -> Event:
    """A clean copy of `raw`, which may be anything that JSON can say.

    Raises EventError for an unknown event, a missing, unknown or ill-typed field, and for an event that
    `maker` may not make: only the supervisor says `end`.
    """
    if not isinstance(raw, dict):
        raise EventError("an event must be a JSON object")
    key = _find_key(raw)
    kind, head = _KINDS[key], _HEADS[key]
    said = f"{kind.ph} {kind.name}"
    if maker not in kind.makers:
        raise EventError(f"{said}: is never made by the {maker}")
    args = raw.get("args")
    if not isinstance(args, dict) or len(raw) != len(head) + 1:
        raise EventError(f"{said}: must have exactly the keys {', '.join([*head, 'args'])}, args an object")
    if not kind.required.keys() <= args.keys():
        raise EventError(f"{said}: args must have {', '.join(kind.required)}")
    event: Event = {name: _clean(said, name, head.get(name), raw[name]) for name in raw if name != "args"}
    checks = _ARGS[key]
    event["args"] = {name: _clean(said, name, checks.get(name), value) for name, value in args.items()}
    return event


def _find_key(raw: dict[Any, Any]) -> tuple[str, str, str]:
    ph, cat, name = raw.get("ph"), raw.get("cat"), raw.get("name")
    if not (isinstance(ph, str) and isinstance(cat, str) and isinstance(name, str)):
        raise EventError("ph, cat and name must be text")
    for key in ((ph, cat, name), (ph, cat, ANY_NAME)):
        if key in _KINDS:
            return key
    raise EventError(f"{ph[:20]} {cat[:20]}/{name[:20]}: no such event")


def _clean(said: str, name: object, check: Check | None, value: object) -> Any:
    if check is None:
        raise EventError(f"{said}: has no field {str(name)[:40]}")
    try:
        return check(value)
    except FieldError as problem:
        raise EventError(f"{said}: {name} {problem}") from None


def expand_output(short: list[Any]) -> Event:
    """The event `out` that a pipe tells as `[pid, tid, ts, descriptor, text]`; check it as any other.

    Raises EventError if `short` is anything else.
    """
    if len(short) != len(_SHORT_OUTPUT) or short[3] not in (1, 2):
        raise EventError(f"short output: must be [{', '.join(_SHORT_OUTPUT)}], the descriptor 1 or 2")
    pid, tid, ts, descriptor, said = short
    args = {"stream": _STREAMS[descriptor], "text": said}
    return {"ph": "i", "cat": "out", "name": "out", "pid": pid, "tid": tid, "ts": ts, "s": "t", "args": args}
