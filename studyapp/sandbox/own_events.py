"""The events that do not come from the guest: raw output, what was dropped, and the end."""

from typing import Any

from studyapp.sandbox.pieces import Outcome

Event = dict[str, Any]


def out_event(stream: str, text: str, ts: float) -> Event:
    """Text that reached `stream` past the tracer: written by a subprocess, by os.write, or untraced."""
    event = _event("i", "out", "out", ts, {"stream": stream, "text": text})
    return {**event, "s": "t"}


def dropped_event(count: int, reason: str, ts: float) -> Event:
    """Says that `count` things (named by `reason`) were cut and will never come."""
    return _event("M", "meta", "dropped", ts, {"n": count, "reason": reason})


def end_event(outcome: Outcome, ts: float) -> Event:
    """The last event of every run."""
    times = {"wall_ms": round(outcome.wall_s * 1e3, 3), "cpu_ms": round(outcome.cpu_s * 1e3, 3)}
    error = {} if outcome.error is None else {"error": outcome.error}
    args = {"reason": outcome.reason.value, "exit": outcome.exit, **error, **times}
    return _event("M", "meta", "end", ts, args)


def _event(ph: str, cat: str, name: str, ts: float, args: Event) -> Event:
    return {"ph": ph, "cat": cat, "name": name, "pid": 0, "tid": 0, "ts": round(ts, 3), "args": args}
