"""One client's connection: requests in, and one after the other their responses out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from .messages import BODILESS, HTTPError, Request, Response, Stream, format_head
from .reader import RequestReader

MOST_CONNECTIONS = 900
"""So that a few of the usual 1,024 descriptors are left for all else."""

MOST_UNREAD = 64 * 1024
MOST_UNSENT = 16 * 1024
LINGER_S = 2.0
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Handler = Callable[[Request], Awaitable[Response]]


class Connection(asyncio.Protocol):
    """Belongs to `connections` while it is open. The request of a client that hangs up is cancelled."""

    def __init__(self, handler: Handler, connections: set[Connection], scheme: str) -> None:
        self._handler = handler
        self._connections = connections
        self._reader = RequestReader(scheme)
        self._answering: asyncio.Task[None] | None = None
        self._sendable: asyncio.Future[None] | None = None
        self._lingering: asyncio.TimerHandle | None = None
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for the type checker
        self._transport = transport
        if len(self._connections) >= MOST_CONNECTIONS:
            self._closing = True
            transport.abort()
            return
        self._connections.add(self)
        transport.set_write_buffer_limits(MOST_UNSENT)

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._reader.feed(data)
        if self._answering is None:
            self._answer_next()
        elif self._reader.unread_bytes() > MOST_UNREAD:
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        self._sendable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._sendable and not self._sendable.done():
            self._sendable.set_result(None)
        self._sendable = None

    def connection_lost(self, _: Exception | None) -> None:
        self._closing = True
        self._connections.discard(self)
        if self._answering:
            self._answering.cancel()
        if self._lingering:
            self._lingering.cancel()

    def _answer_next(self) -> None:
        try:
            request = self._reader.next_request()
        except HTTPError as error:
            self._refuse(error.response)
            return
        if request:
            self._answering = asyncio.get_running_loop().create_task(self._answer(request))
        elif self._reader.continue_awaited:
            self._reader.continue_awaited = False
            self._transport.write(CONTINUE)

    async def _answer(self, request: Request) -> None:
        await self._send(await self._handle(request), request)
        self._answering = None
        if request.keep_alive:
            self._answer_next()
            if self._reader.unread_bytes() <= MOST_UNREAD:
                self._transport.resume_reading()
        else:
            self._closing = True
            self._transport.close()

    async def _handle(self, request: Request) -> Response:
        try:
            return await self._handler(request)
        except HTTPError as error:
            return error.response
        except Exception:  # whatever is wrong with a page, who asked is answered
            return HTTPError(500, "this page is broken").response

    async def _send(self, response: Response, request: Request) -> None:
        connection = "" if request.keep_alive else "close"
        if request.keep_alive and "Connection" in request.headers:
            connection = "keep-alive"
        head = format_head(response, connection, time.time())
        body = response.body
        if request.method == "HEAD" or response.status in BODILESS:
            body = b""
        if isinstance(body, bytes):
            self._transport.write(head + body)
            await self._sent()
            return
        self._transport.write(head)
        async for piece in body.pieces:
            self._transport.write(piece)
            await self._sent()

    async def _sent(self) -> None:
        """Until the client has taken enough of what was written."""
        if self._sendable:
            await self._sendable

    def _refuse(self, response: Response) -> None:
        """Answers and closes, and until then throws away what comes: else the answer might get lost."""
        self._closing = True
        body = response.body
        assert not isinstance(body, Stream)  # noqa: S101  # for the type checker
        self._transport.write(format_head(response, "close", time.time()) + body)
        if self._transport.can_write_eof():
            self._transport.write_eof()
            self._lingering = asyncio.get_running_loop().call_later(LINGER_S, self._transport.abort)
        else:
            self._transport.close()
