"""Keeps what waits for a websocket, in either direction, small: who reads or asks too fast has to wait.

ASGI has no word for this, and Daphne holds whatever it is given. So this looks at Daphne's own connection;
under a server that has none it changes nothing but the length of the queue.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, ASGISendEvent, Scope
from autobahn.exception import Disconnected

MOST_WAITING_FRAMES = 8
MOST_UNSENT_BYTES = 512 * 1024
LOOK_EVERY_S = 0.02


class BoundedFlow:
    """ASGI middleware for websockets, to be the outermost."""

    def __init__(self, application: Callable[..., Awaitable[Any]]) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        connection = _Connection(send)
        inbox: asyncio.Queue[ASGIReceiveEvent] = asyncio.Queue(MOST_WAITING_FRAMES)

        async def send_when_read(event: ASGISendEvent) -> None:
            while connection.unsent_bytes > MOST_UNSENT_BYTES:  # noqa: ASYNC110  # the server sends no event
                await asyncio.sleep(LOOK_EVERY_S)
            with suppress(Disconnected):  # the browser has gone, which `receive` is about to tell
                await send(event)

        pump = asyncio.create_task(_pump(receive, inbox, connection))
        try:
            await self._application(scope, inbox.get, send_when_read)
        finally:
            pump.cancel()


async def _pump(
    receive: ASGIReceiveCallable, inbox: "asyncio.Queue[ASGIReceiveEvent]", connection: "_Connection"
) -> None:
    while True:
        event = await receive()
        if inbox.full():
            connection.pause_reading()
        await inbox.put(event)
        connection.resume_reading()


class _Connection:
    """Twisted's transport below the `send` that Daphne gives to an application, if there is one."""

    def __init__(self, send: ASGISendCallable) -> None:
        protocol: Any = next(iter(getattr(send, "args", ())), None)
        transport: Any = getattr(protocol, "transport", None)
        self._transport = transport if hasattr(transport, "dataBuffer") else None

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the kernel did not take yet; 0 once the connection is lost."""
        transport = self._transport
        if transport is None or not transport.connected:
            return 0
        unsent: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        return unsent

    def pause_reading(self) -> None:
        if self._transport:
            self._transport.pauseProducing()

    def resume_reading(self) -> None:
        if self._transport:
            self._transport.resumeProducing()
