"""A websocket whose browser has gone, as Daphne shows it to an application."""

import asyncio
from typing import Any

import pytest
from asgiref.typing import ASGIReceiveEvent, ASGISendEvent
from autobahn.exception import Disconnected

from studyapp.runs.flow import BoundedFlow

SCOPE: Any = {"type": "websocket"}
FRAME: Any = {"type": "websocket.send", "text": "hello"}


async def never() -> ASGIReceiveEvent:
    return await asyncio.Future()


async def test_what_is_sent_to_a_browser_that_has_gone_is_dropped() -> None:
    async def refuse(event: ASGISendEvent) -> None:
        raise Disconnected("Attempt to send on a closed protocol")

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send(FRAME)

    await BoundedFlow(application)(SCOPE, never, refuse)


async def test_any_other_fault_of_sending_is_not_hidden() -> None:
    async def fail(event: ASGISendEvent) -> None:
        raise RuntimeError("no frame")

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send(FRAME)

    with pytest.raises(RuntimeError, match="no frame"):
        await BoundedFlow(application)(SCOPE, never, fail)
