"""Stored runs as tests make them."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from studyapp.runs.models import Run

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NewRun = Callable[..., Run]


def event_lines(first: int, last: int) -> list[bytes]:
    """Output events numbered `first` to `last`, as they are stored."""
    args = {"stream": "stdout", "text": "x"}
    fields = {"ph": "i", "cat": "out", "name": "out", "pid": 0, "tid": 0, "ts": 1.0, "s": "t", "args": args}
    return [msgspec.json.encode({"q": q, **fields}) for q in range(first, last + 1)]
