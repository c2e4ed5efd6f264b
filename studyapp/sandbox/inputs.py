"""What a program gets to read while it runs: the same bound on it at both ends of the wire."""

import asyncio

from studyapp.sandbox.errors import Refused
from studyapp.sandbox.jobs import Job


class InputAllowance:
    """How much of a job's standard input may still be sent. A job that is not interactive takes none."""

    def __init__(self, job: Job) -> None:
        self._most_bytes = job.limits.stdin_bytes
        self._left_bytes = self._most_bytes - len(job.stdin.encode())
        self.is_open = job.interactive

    def take(self, text: str) -> bytes:
        """The bytes of `text`, counted. Raises Refused with code input_ended, bad_field or too_large."""
        if not self.is_open:
            raise Refused("input_ended", "The program takes no more input.", "input")
        try:
            data = text.encode()
        except UnicodeEncodeError:
            raise Refused("bad_field", "Input must be text without lone surrogates.", "input") from None
        if len(data) > self._left_bytes:
            most, left = f"{self._most_bytes:,}", f"{self._left_bytes:,}"
            message = f"A program can be given at most {most} bytes of input; {left} of them are left."
            raise Refused("too_large", message, "input")
        self._left_bytes -= len(data)
        return data


class InputBuffer:
    """Holds what has come for a program until it can be passed on, never more than the job may have."""

    def __init__(self, job: Job) -> None:
        self._allowance = InputAllowance(job)
        self._waiting = bytearray()
        self._news = asyncio.Event()

    def add(self, text: str) -> None:
        """Raises Refused for more than the allowance."""
        self._waiting += self._allowance.take(text)
        self._news.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._allowance.is_open = False
        self._news.set()

    async def next(self) -> bytes | None:
        """Everything that waits, at least a byte of it; None, then and ever after, at the end of input."""
        while self._allowance.is_open and not self._waiting:
            self._news.clear()
            await self._news.wait()
        data = bytes(self._waiting)
        self._waiting.clear()
        return data or None
