"""A client's connection to the runner: one request in, lines out, and word of what the client wants."""

import asyncio
import contextlib

from studyapp.sandbox import wire
from studyapp.sandbox.errors import Refused
from studyapp.sandbox.inputs import InputBuffer
from studyapp.sandbox.jobs import Job

REQUEST_WITHIN_S = 10.0
LINGER_S = 2.0
READ_BYTES = 64 * 1024


class Connection:
    """`stop_asked` and `gone` are set once: the client wants the run to end, or wants nothing any more."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.stop_asked = asyncio.Event()
        self.gone = asyncio.Event()
        self._input = InputBuffer(Job(""))

    async def read_request(self) -> Job | wire.Describe:
        """What the client came for. Raises Refused for anything else, and EOFError if nothing comes."""
        try:
            async with asyncio.timeout(REQUEST_WITHIN_S):
                request = wire.parse_request(await self._reader.readuntil(b"\n"))
        except asyncio.LimitOverrunError:
            raise Refused("too_large", f"a request must be at most {wire.LONGEST_REQUEST} bytes") from None
        except TimeoutError:
            raise Refused("bad_json", f"no request came within {REQUEST_WITHIN_S:g} s") from None
        if isinstance(request, Job):
            self._input = InputBuffer(request)
        elif not isinstance(request, wire.Describe):
            raise Refused("unknown_type", "there is no run yet for which this could be meant", "type")
        return request

    async def listen(self) -> None:
        """Takes further requests until the client goes away, or says what is no protocol."""
        try:
            while True:
                self._take(wire.parse_request(await self._reader.readuntil(b"\n")))
        except (OSError, EOFError, Refused, asyncio.LimitOverrunError):
            pass
        finally:
            self.gone.set()

    async def next_input(self) -> bytes | None:
        """Waits for input that the program has not got yet, beyond the job's own `stdin`; None at its end.

        Only while `listen` runs does any come. At once None for a job that is not interactive.
        """
        return await self._input.next()

    def _take(self, request: wire.Request) -> None:
        match request:
            case wire.Stop():
                self.stop_asked.set()
            case wire.Input(text):
                self._input.add(text)
            case wire.InputEnd():
                self._input.end()
            case _:
                raise Refused("unknown_type", "this connection has its run already", "type")

    def post(self, line: bytes) -> None:
        """Writes a short line without waiting for the client to read it."""
        if not self._writer.is_closing():
            self._writer.write(line)

    async def send(self, line: bytes) -> None:
        """Writes a line and waits while the client is slow. A client that is gone gets nothing."""
        self.post(line)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def close(self) -> None:
        """Ends what is said here, and then hears the client out for a while.

        If nobody read what it still says before it knows, it would lose what was written to it last.
        """
        with contextlib.suppress(OSError):
            self._writer.write_eof()
            async with asyncio.timeout(LINGER_S):
                while await self._reader.read(READ_BYTES):
                    pass
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
