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


class Encoder:
    """Knows the run's zero (CLOCK_MONOTONIC, in nanoseconds) and the process."""

    def __init__(self, zero_ns: int = 0) -> None:
        self.begin(zero_ns)

    def begin(self, zero_ns: int) -> None:
        """Anew, and in this process."""
        self._zero_ns = zero_ns
        self._pid = os.getpid()

    def step(self, record: Record) -> str:
        """(step, task, made, began, ended, by, on, site, extra), moments in nanoseconds.

        Both ends are cut to tenths of a microsecond before they are subtracted, so that steps which follow
        each other never overlap.
        """
        _, task, made, began, ended, by, on, site, extra = record
        start = (began - self._zero_ns) // 100
        length = (ended - self._zero_ns) // 100 - start
        ready = max(0, began - made) // 100
        waker = by if isinstance(by, int) else f'"{by}"'
        more = "," + _dump(extra)[1:-1] if extra else ""
        # Whole numbers are written much faster than fractions, and this is done for every step.
        return (
            f'{{"ph":"X","cat":"run","name":"step","pid":{self._pid},"tid":{TASK_LANE + task},'
            f'"ts":{start // 10}.{start % 10},"dur":{length // 10}.{length % 10},'
            f'"args":{{"ready_us":{ready // 10}.{ready % 10},"by":{waker},"on":"{on}",'
            f'"site":{site or "null"}{more}}}}}'
        )

    def event(self, record: Record) -> str:
        """(event, ph, cat, name, lane, moment, args) for everything that is rarer than steps."""
        _, ph, cat, name, lane, moment, args = record
        event = {"ph": ph, "cat": cat, "name": name, "pid": self._pid, "tid": lane}
        if ph == "i":
            event["s"] = "t"
        return _dump({**event, "ts": (moment - self._zero_ns) // 100 / 10, "args": args})

    def output(self, record: Record) -> str:
        """(output, descriptor, None, "out", lane, moment, text) in the short form that a pipe has for it."""
        _, descriptor, _, _, lane, moment, text = record
        ts = (moment - self._zero_ns) // 100
        return f"[{self._pid},{lane},{ts // 10}.{ts % 10},{descriptor},{_dump(text)}]"
