"""Turns what the hooks recorded into events.

A record is a tuple whose first item is the encoder's method for it. The hooks only append such tuples: all
text is made here, later, in the thread that sends it.
"""

import json
import os
from typing import Any

from .events import TASK_LANE

Record = tuple[Any, ...]

_dump = json.JSONEncoder(separators=(",", ":")).encode
_STEP = (
    '{"ph":"X","cat":"run","name":"step","pid":%d,"tid":%d,"ts":%.1f,"dur":%.1f,'
    '"args":{"ready_us":%.1f,"by":%s,"on":"%s","site":%s%s}}'
)


class Encoder:
    """Knows the run's zero (CLOCK_MONOTONIC, in nanoseconds) and the process."""

    def __init__(self, zero_ns: int) -> None:
        self._zero_ns = zero_ns
        self._pid = os.getpid()

    def step(self, record: Record) -> str:
        """(step, task, made, began, ended, by, on, site, extra), moments in nanoseconds.

        Both ends are cut to tenths of a microsecond before they are subtracted, so that steps which follow
        each other never overlap.
        """
        _, task, made, began, ended, by, on, site, extra = record
        start, stop = (began - self._zero_ns) // 100, (ended - self._zero_ns) // 100
        return _STEP % (
            self._pid,
            TASK_LANE + task,
            start / 10,
            (stop - start) / 10,
            max(0, began - made) / 1000,
            by if isinstance(by, int) else f'"{by}"',
            on,
            "null" if site is None else site,
            "," + _dump(extra)[1:-1] if extra else "",
        )

    def event(self, record: Record) -> str:
        """(event, ph, cat, name, lane, moment, args) for everything that is rarer than steps."""
        _, ph, cat, name, lane, moment, args = record
        event = {"ph": ph, "cat": cat, "name": name, "pid": self._pid, "tid": lane}
        if ph == "i":
            event["s"] = "t"
        return _dump({**event, "ts": (moment - self._zero_ns) // 100 / 10, "args": args})
