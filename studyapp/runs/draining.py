"""Lets requests end before the server does.

A view runs in a thread, and its middleware may wait there for the event loop. A server that stops cancels
what it runs and then its loop; such a thread would wait for ever, and the process with it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

LONGEST_DRAIN_S = 5.0


class Draining:
    """ASGI middleware, to be the outermost: who is cancelled ends when no request is under way any more."""

    def __init__(
        self, application: Callable[..., Awaitable[Any]], longest_drain_s: float = LONGEST_DRAIN_S
    ) -> None:
        self._application = application
        self._longest_drain_s = longest_drain_s
        self._requests: set[asyncio.Future[Any]] = set()

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        answer = asyncio.ensure_future(self._application(scope, receive, send))
        if scope["type"] == "http":
            self._requests.add(answer)
            answer.add_done_callback(self._requests.discard)
        try:
            await asyncio.shield(answer)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                answer.cancel()
            await asyncio.wait({answer, *self._requests}, timeout=self._longest_drain_s)
            answer.cancel()
            raise
