"""A practice internet on the loopback, and a client that says what it wants byte by byte."""

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from studyapp.sandbox.inside.practice.connection import Connection, Handler
from studyapp.sandbox.inside.practice.loop import Loop
from studyapp.sandbox.inside.practice.server import Site

DEADLINE_S = 20


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))

    async def answer(self, *, has_body: bool = True) -> Answer:
        """The next one; of a response to HEAD only the head comes."""
        async with asyncio.timeout(DEADLINE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status_line, *lines = head.strip().split("\r\n")
            found = re.fullmatch(r"HTTP/1\.1 (\d{3}) .*", status_line)
            assert found
            headers = dict(line.split(": ", 1) for line in lines)
            length = int(headers.get("Content-Length", "0")) if has_body else 0
            return Answer(int(found[1]), headers, await self.reader.readexactly(length))

    async def everything(self) -> bytes:
        """Until the server closes."""
        async with asyncio.timeout(DEADLINE_S):
            return await self.reader.read()


@contextlib.asynccontextmanager
async def turning(loop: Loop) -> AsyncIterator[None]:
    """The server's loop goes on in turns with the test's own."""

    async def turn() -> None:
        while True:
            loop.turn(0)
            await asyncio.sleep(0.0005)

    turns = asyncio.create_task(turn())
    try:
        yield
    finally:
        turns.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await turns  # raises what went wrong in there


@contextlib.asynccontextmanager
async def serving(site: Site, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Its port, with TLS where there is a context for it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        site.serve(listening, context)
        async with turning(site.loop):
            yield listening.getsockname()[1]
            await all_gone(site)


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield client
    finally:
        client.writer.close()


@contextlib.asynccontextmanager
async def served_by(handler: Handler) -> AsyncIterator[tuple[Connection, Client]]:
    """The server's end of a connection, and the client."""
    ours, theirs = socket.socketpair()
    loop, connections = Loop(), set[Connection]()
    connection = Connection(handler, connections, loop, ours)
    connection.open()
    async with turning(loop):
        client = Client(*await asyncio.open_connection(sock=theirs))
        yield connection, client
        client.writer.transport.abort()
        await until(lambda: not connections)


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not happened():  # noqa: ASYNC110  # what ends the wait has no event
            await asyncio.sleep(0.001)


async def all_gone(site: Site) -> None:
    await until(lambda: not site.connections)


def request(line: str = "GET /status/200", *fields: str, body: bytes = b"", version: str = "1.1") -> bytes:
    """One that asks for the page without a body, unless told otherwise."""
    lines = [f"{line} HTTP/{version}", "Host: practice.test", *fields, "\r\n"]
    return "\r\n".join(lines).encode() + body
