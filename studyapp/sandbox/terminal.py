"""Runs a job and tells it to a terminal: as the program's own output, or as every event in JSON."""

import asyncio
import io
import json
import os
import signal
import sys
from dataclasses import replace
from typing import Any, TextIO

from studyapp.sandbox.client import RunHandle, RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import Refused, RunnerUnavailable
from studyapp.sandbox.forwarding import forward_input
from studyapp.sandbox.jobs import EndReason, Events, Job, Outcome, Queued, Stopping

STDIN = 0
FINISHED, FAILED, BAD_ARGUMENTS, LIMIT, UNAVAILABLE = range(5)


async def run_to_terminal(job: Job, *, jsonl: bool) -> int:
    """Runs the job with a runner of its own and returns the exit code.

    0 finished, 1 the program failed or was stopped, 2 the job or its input was refused, 3 a limit ended it,
    4 there is no sandbox. Standard output gets the program's, or with `jsonl` one event a line and nothing
    else. The program gets our standard input, as it comes.
    """
    _replace_what_cannot_be_written(sys.stdout, sys.stderr)
    runner = EmbeddedRunner()
    try:
        client = RunnerClient(await runner.ensure())
        handle = await client.start(replace(job, interactive=True))
        return await _converse(handle, jsonl=jsonl)
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


async def _converse(handle: RunHandle, *, jsonl: bool) -> int:
    stdin = STDIN if sys.stdin else None
    forwarding = asyncio.create_task(forward_input(stdin, handle))
    try:
        outcome = await _follow(handle, jsonl=jsonl)
        problem = forwarding.result() if forwarding.done() else ""
    finally:
        forwarding.cancel()
    if problem:
        _complain(problem)
        return BAD_ARGUMENTS
    _print_outcome(outcome)
    return exit_code(outcome.reason)


async def _follow(handle: RunHandle, *, jsonl: bool) -> Outcome:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, lambda: loop.create_task(handle.stop()))
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
                return piece
    raise EOFError("the runner told no outcome")


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
    elif event["name"] == "dropped" and event["args"]["reason"].startswith("bytes of "):
        _complain(f"{event['args']['n']:,} {event['args']['reason']} left out")


def _print_outcome(outcome: Outcome) -> None:
    """Says how it ended, unless the program did so itself."""
    if outcome.reason is EndReason.FAILED and outcome.error and outcome.error["type"] == "Killed":
        _complain(outcome.error["msg"])
    elif outcome.reason not in (EndReason.FINISHED, EndReason.FAILED):
        cause = f": {outcome.error['msg']}" if outcome.error else ""
        _complain(f"{outcome.reason} after {outcome.wall_s:.1f} s{cause}")


def _complain(message: str) -> None:
    sys.stderr.write(f"{message}\n")
