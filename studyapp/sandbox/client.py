"""Talks to a runner through its unix socket, from any asyncio program."""

import asyncio
from collections import deque
from pathlib import Path
from typing import Self

from studyapp.sandbox import wire
from studyapp.sandbox.description import Description
from studyapp.sandbox.errors import Refused, RunnerUnavailable
from studyapp.sandbox.inputs import InputAllowance
from studyapp.sandbox.jobs import EndReason, Events, Job, Outcome, Piece
from studyapp.sandbox.own_events import end_event
from studyapp.sandbox.pieces import ErrorInfo

ANSWER_WITHIN_S = 30.0


class RunnerClient:
    """Starts runs at the runner that listens on `socket_path`. Holds no connection of its own."""

    def __init__(self, socket_path: Path) -> None:
        self.socket_path = socket_path

    async def start(self, job: Job) -> "RunHandle":
        """Hands in a job and returns once it is accepted, running or queued.

        Raises Refused (the job is wrong, or the runner is busy) or RunnerUnavailable (no runner, no jail).
        """
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await self._start(job)
        except (OSError, wire.WireError, EOFError) as error:
            raise RunnerUnavailable(f"the runner does not answer on {self.socket_path}: {error}") from None

    async def describe(self) -> Description:
        """What the runner offers. Raises RunnerUnavailable."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await self._describe()
        except (OSError, wire.WireError, EOFError, Refused) as error:
            raise RunnerUnavailable(f"the runner does not answer on {self.socket_path}: {error}") from None

    async def _describe(self) -> Description:
        reader, writer = await self._connect()
        try:
            writer.write(wire.dump_request(wire.Describe()))
            return wire.parse_description(await _read_line(reader))
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(self.socket_path, limit=wire.LONGEST_ANSWER)

    async def _start(self, job: Job) -> "RunHandle":
        reader, writer = await self._connect()
        try:
            writer.write(wire.dump_request(job))
            first = await _read_answer(reader)
        except Refused as refusal:
            writer.close()
            if refusal.code == "sandbox_unavailable":
                raise RunnerUnavailable(refusal.message) from None
            raise
        except BaseException:
            writer.close()
            raise
        return RunHandle(reader, writer, first, InputAllowance(job))


class RunHandle:
    """One run: iterate for its pieces, the last of which is an Outcome.

    Closing it abandons the run; who still iterates is told so.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        first: Piece,
        allowance: InputAllowance,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._allowance = allowance
        self._ready: deque[Piece] = deque([first])
        self._last_q = 0
        self._last_ts = 0.0
        self._abandoned = False
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Piece:
        if self._ended:
            raise StopAsyncIteration
        piece = self._ready.popleft() if self._ready else await self._read()
        if isinstance(piece, Events) and piece.events:
            self._last_q, self._last_ts = piece.events[-1]["q"], piece.events[-1]["ts"]
        if isinstance(piece, Outcome):
            self._ended = True
            self._allowance.is_open = False
            self._writer.close()
        return piece

    async def stop(self) -> None:
        """Asks for the end: INT, then TERM, then KILL, each of which comes as a Stopping piece."""
        if not self._writer.is_closing():
            self._writer.write(wire.dump_request(wire.Stop()))

    async def send_input(self, text: str) -> None:
        """Text for the program to read. Raises Refused, with field `input`, and sends nothing then.

        Its code is too_large past the job's `stdin_bytes`, its own `stdin` included; input_ended when the
        run is over, the input has ended or the job is not interactive; bad_field for lone surrogates.
        """
        self._allowance.take(text)
        if not self._writer.is_closing():
            self._writer.write(wire.dump_request(wire.Input(text)))

    async def end_input(self) -> None:
        """The program finds the end of its input after what it was sent. Nothing happens the second time."""
        if self._allowance.is_open and not self._writer.is_closing():
            self._allowance.is_open = False
            self._writer.write(wire.dump_request(wire.InputEnd()))

    async def aclose(self) -> None:
        """Abandons the run if it still lives: the runner kills it at once."""
        self._abandoned = True
        self._allowance.is_open = False
        self._writer.close()

    async def _read(self) -> Piece:
        try:
            return await _read_answer(self._reader)
        except Refused as refusal:
            return self._end(EndReason.REFUSED, _error("Refused", refusal.message))
        except (OSError, EOFError, wire.WireError):
            if self._abandoned:
                return self._end(EndReason.ABANDONED, None)
            lost = _error("RunnerLost", "The runner is gone, and the run with it.")
            return self._end(EndReason.RUNNER_LOST, lost)

    def _end(self, reason: EndReason, error: ErrorInfo | None) -> Piece:
        outcome = Outcome(reason, exit=None, error=error, wall_s=0.0, cpu_s=0.0)
        self._ready.append(outcome)
        return Events([{**end_event(outcome, self._last_ts), "q": self._last_q + 1}])


def _error(kind: str, message: str) -> ErrorInfo:
    return {"type": kind, "msg": message, "line": None, "sub": []}


async def _read_answer(reader: asyncio.StreamReader) -> Piece:
    return wire.parse_answer(await _read_line(reader))


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        raise wire.WireError(str(error)) from None
