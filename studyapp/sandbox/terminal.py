"""Runs a job and tells it to a terminal: as the program's own output, or as every event in JSON."""

import asyncio
import io
import json
import os
import signal
import sys
from typing import Any, TextIO

from studyapp.sandbox.client import RunHandle, RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import Refused, RunnerUnavailable
from studyapp.sandbox.jobs import EndReason, Events, Job, Outcome, Queued, Stopping

FINISHED, FAILED, BAD_ARGUMENTS, LIMIT, UNAVAILABLE = range(5)


async def run_to_terminal(job: Job, *, jsonl: bool) -> int:
    """Runs the job with a runner of its own and returns the exit code.

    0 finished, 1 the program failed or was stopped, 2 the job was refused, 3 a limit ended it, 4 there is
    no sandbox. Standard output gets the program's, or with `jsonl` one event a line and nothing else.
    """
    _replace_what_cannot_be_written(sys.stdout, sys.stderr)
    runner = EmbeddedRunner()
    try:
        handle = await RunnerClient(await runner.ensure()).start(job)
        return await _follow(handle, jsonl=jsonl)
    except Refused as refusal:
        _complain(refusal.message)
        return BAD_ARGUMENTS
    except RunnerUnavailable as problem:
        _complain(problem.message)
        return UNAVAILABLE
    except BrokenPipeError:  # whoever read standard output had enough; nothing may be flushed to it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    finally:
        runner.close()


def _replace_what_cannot_be_written(*streams: TextIO) -> None:
    """A program may print what a terminal's encoding does not have."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


async def _follow(handle: RunHandle, *, jsonl: bool) -> int:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, lambda: loop.create_task(handle.stop()))
    outcome: Outcome | None = None
    async for piece in handle:
        match piece:
            case Events(events):
                for event in events:
                    (_print_event if jsonl else _print_output)(event)
            case Queued(position):
                _complain(f"waiting, {position} in line")
            case Stopping(name):
                _complain(f"stopping with SIG{name}")
            case Outcome():
                outcome = piece
    if outcome is None:
        return UNAVAILABLE
    _print_outcome(outcome)
    return exit_code(outcome.reason)


def exit_code(reason: EndReason) -> int:
    """The command line's exit code for an end reason."""
    if reason.is_limit:
        return LIMIT
    codes = {
        EndReason.FINISHED: FINISHED,
        EndReason.RUNNER_LOST: UNAVAILABLE,
        EndReason.REFUSED: UNAVAILABLE,
    }
    return codes.get(reason, FAILED)


def _print_event(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def _print_output(event: dict[str, Any]) -> None:
    if event["cat"] == "out":
        stream = sys.stdout if event["args"]["stream"] == "stdout" else sys.stderr
        stream.write(event["args"]["text"])
        stream.flush()


def _print_outcome(outcome: Outcome) -> None:
    """Says how it ended, unless the program did so itself."""
    if outcome.reason is EndReason.FAILED and outcome.error and outcome.error["type"] == "Killed":
        _complain(outcome.error["msg"])
    elif outcome.reason not in (EndReason.FINISHED, EndReason.FAILED):
        cause = f": {outcome.error['msg']}" if outcome.error else ""
        _complain(f"{outcome.reason} after {outcome.wall_s:.1f} s{cause}")


def _complain(message: str) -> None:
    sys.stderr.write(f"{message}\n")
