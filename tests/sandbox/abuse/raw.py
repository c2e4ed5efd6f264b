"""The runner's socket, spoken to in bytes that no honest client would send."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studyapp.sandbox import wire

Message = dict[str, Any]
ANSWER_WITHIN_S = 5.0


@dataclass(frozen=True)
class RawSocket:
    """One connection. Waiting for what does not come fails the test."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *lines: bytes | Message) -> None:
        """Bytes as they are, objects as lines of JSON. The other side may have hung up by now."""
        for line in lines:
            self.writer.write(line if isinstance(line, bytes) else wire.dump_json(line) + b"\n")
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def receive(self) -> Message:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            message: Message = json.loads(await self.reader.readuntil(b"\n"))
        return message

    async def rest(self) -> list[Message]:
        """Whatever comes until the runner closes the connection, which it has to do."""
        messages = []
        async with asyncio.timeout(ANSWER_WITHIN_S):
            with contextlib.suppress(ConnectionError):  # it hung up on more than it had read
                while line := await self.reader.readline():
                    messages.append(json.loads(line))
        return messages


@contextlib.asynccontextmanager
async def connected(socket_path: Path) -> AsyncIterator[RawSocket]:
    reader, writer = await asyncio.open_unix_connection(socket_path, limit=wire.LONGEST_ANSWER)
    yield RawSocket(reader, writer)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def exchange(socket_path: Path, *lines: bytes | Message) -> list[Message]:
    """All that the runner says to these until it hangs up."""
    async with connected(socket_path) as raw:
        await raw.send(*lines)
        return await raw.rest()


def run_request(code: object = "", **fields: object) -> Message:
    """A request to run, with whatever is in its job."""
    return {"type": "run", "job": {"code": code, **fields}}
