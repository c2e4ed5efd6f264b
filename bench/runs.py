"""Runs asked for at a runner's socket, as any client asks, and timed."""

import time
from dataclasses import dataclass
from typing import Any

from studyapp.sandbox.client import RunHandle, RunnerClient
from studyapp.sandbox.jobs import Events, Job, Outcome, Piece


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds from asking for a run to the first event that the program caused, and to its end."""

    first_event_ms: float
    end_ms: float


async def time_run(client: RunnerClient, job: Job) -> Timed:
    """Follows a run that must finish. Raises RuntimeError if it does not, or nothing comes of its program."""
    began = time.perf_counter()
    first: float | None = None
    async for piece in await client.start(job):
        if first is None and shows_program(piece):
            first = time.perf_counter()
    ended = time.perf_counter()
    if not isinstance(piece, Outcome) or piece.reason != "finished" or first is None:
        raise RuntimeError(f"the run ended with {piece}")
    return Timed((first - began) * 1e3, (ended - began) * 1e3)


def shows_program(piece: Piece) -> bool:
    return isinstance(piece, Events) and any(map(is_of_program, piece.events))


def is_of_program(event: dict[str, Any]) -> bool:
    """Whether the program caused the event: a task, a wait, a print. Metadata are the tracer's own."""
    return bool(event["ph"] != "M")


async def until_printed(handle: RunHandle, text: str) -> None:
    """Reads on until the program has printed `text`. Raises RuntimeError if it ends before."""
    said = ""
    async for piece in handle:
        said += printed(piece)
        if text in said:
            return
    raise RuntimeError(f"the run ended before it printed {text!r}: {piece}")


def printed(piece: Piece) -> str:
    if not isinstance(piece, Events):
        return ""
    return "".join(event["args"]["text"] for event in piece.events if event["cat"] == "out")


async def end_of(handle: RunHandle) -> Outcome:
    """The outcome of a run, whatever it is."""
    pieces = [piece async for piece in handle if isinstance(piece, Outcome)]
    return pieces[-1]
