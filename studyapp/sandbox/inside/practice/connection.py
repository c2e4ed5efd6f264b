"""One client's connection: requests in, and one after the other their responses out."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Literal

from .loop import RECEIVABLE, SENDABLE, Loop, Timer
from .messages import BODILESS, Answering, HTTPError, Request, Response, Stream, format_head
from .reader import RequestReader
from .tls import TLS

MOST_CONNECTIONS = 900
"""So that a few of the usual 1,024 descriptors are left for all else."""

READ_BYTES = 64 * 1024
MOST_UNREAD = 64 * 1024
MOST_UNSENT = 16 * 1024
LINGER_S = 2.0
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Handler = Callable[[Request], Answering]
Conversation = Generator[float | Literal["received", "sent"]]
"""Yields what it waits for: so many seconds, until more has been received, or until enough has been sent."""


class Connection:
    """Belongs to `connections` while it is open. The answer to a client that hangs up is given up."""

    def __init__(
        self,
        handler: Handler,
        connections: set[Connection],
        loop: Loop,
        client: socket.socket,
        tls: TLS | None = None,
    ) -> None:
        self._handler = handler
        self._connections = connections
        self._loop = loop
        self._client = client
        self._tls = tls
        self._reader = RequestReader("https" if tls else "http")
        self._conversation = self._converse()
        self._awaited: float | str = "received"
        self._timer: Timer | None = None
        self._unsent = bytearray()
        self._events = RECEIVABLE
        self._over = self._refused = False

    def open(self) -> None:
        self._client.setblocking(False)  # noqa: FBT003  # the standard library's way to say it
        self._loop.watch(self._client.fileno(), self._events, self._when_ready)
        self._connections.add(self)
        next(self._conversation)

    def is_reading(self) -> bool:
        return bool(self._events & RECEIVABLE)

    def unsent_bytes(self) -> int:
        return len(self._unsent)

    def close(self) -> None:
        self._connections.discard(self)
        self._loop.forget(self._client.fileno())
        self._client.close()
        self._give_up_answer()

    def _when_ready(self, events: int) -> None:
        if events & SENDABLE:
            self._send_rest()
        if self._client.fileno() < 0:
            return
        if events & RECEIVABLE:
            self._receive()
        elif events & ~SENDABLE:
            self.close()

    def _receive(self) -> None:
        try:
            data = self._client.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if not data:
            self._hang_up()
        elif not self._over:
            self._take(data)

    def _take(self, data: bytes) -> None:
        if self._tls:
            try:
                plain = self._tls.decrypt(data)
            except OSError:  # what it says is no TLS
                plain = None
            self._send_raw(self._tls.take())  # a part of the handshake, or what is wrong
            if plain is None:
                self._hang_up()
                return
            data = plain
        self._reader.feed(data)
        if self._awaited == "received":
            self._go_on()
        elif self._reader.unread_bytes() > MOST_UNREAD:
            self._watch(self._events & ~RECEIVABLE)

    def _go_on(self) -> None:
        self._timer = None
        try:
            self._awaited = awaited = next(self._conversation)
        except Exception:  # its end, or a body that breaks while it is sent
            self._hang_up()
            return
        if isinstance(awaited, float):
            self._timer = self._loop.call_later(awaited, self._go_on)

    def _converse(self) -> Conversation:
        """Answers until the client shall be hung up on."""
        yield "received"
        keep_alive = True
        while keep_alive:
            try:
                request = self._reader.next_request()
            except HTTPError as error:
                self._refused = True
                self._send(format_whole(error.response, "close"))
                return
            if self._reader.unread_bytes() <= MOST_UNREAD:
                self._watch(self._events | RECEIVABLE)
            if request:
                yield from self._answer(request)
                keep_alive = request.keep_alive
                if self._reader.unread_bytes():
                    yield 0.0  # others have their turn
            else:
                if self._reader.continue_awaited:
                    self._reader.continue_awaited = False
                    self._send(CONTINUE)
                yield "received"

    def _answer(self, request: Request) -> Conversation:
        try:
            response = yield from self._handler(request)
        except HTTPError as error:
            response = error.response
        except Exception:  # whatever is wrong with a page, who asked is answered
            response = HTTPError(500, "this page is broken").response
        connection = "" if request.keep_alive else "close"
        if request.keep_alive and "Connection" in request.headers:
            connection = "keep-alive"
        if request.method == "HEAD" or response.status in BODILESS:
            self._send(format_head(response, connection, time.time()))
        elif isinstance(response.body, bytes):
            self._send(format_whole(response, connection))
        else:
            self._send(format_head(response, connection, time.time()))
            yield from self._stream(response.body)
        if len(self._unsent) > MOST_UNSENT:
            yield "sent"

    def _stream(self, body: Stream) -> Conversation:
        for piece in body.pieces:
            if isinstance(piece, float):
                yield piece
                continue
            self._send(piece)
            if len(self._unsent) > MOST_UNSENT:
                yield "sent"

    def _send(self, data: bytes) -> None:
        self._send_raw(self._tls.encrypt(data) if self._tls else data)

    def _send_raw(self, data: bytes) -> None:
        if data and not self._unsent:
            try:
                data = data[self._client.send(data) :]
            except BlockingIOError:
                pass
            except OSError:
                return  # the client has gone, which its descriptor is about to tell
        if data:
            self._unsent += data
            self._watch(self._events | SENDABLE)

    def _send_rest(self) -> None:
        try:
            del self._unsent[: self._client.send(self._unsent)]
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if self._unsent:
            return
        self._watch(self._events & ~SENDABLE)
        if self._over:
            self._end()
        elif self._awaited == "sent":
            self._go_on()

    def _hang_up(self) -> None:
        """Once all is sent."""
        if self._over:
            self.close()
            return
        self._over = True
        self._give_up_answer()
        if self._tls:
            self._send_raw(self._tls.close())
        self._watch(self._events | RECEIVABLE if self._refused else self._events & ~RECEIVABLE)
        if not self._unsent:
            self._end()

    def _end(self) -> None:
        """What a refused client goes on sending is thrown away for a while: else the answer may get lost."""
        if self._refused and not self._tls and self._timer is None:
            with suppress(OSError):  # the client may have gone
                self._client.shutdown(socket.SHUT_WR)
            self._timer = self._loop.call_later(LINGER_S, self.close)
        else:
            self.close()

    def _give_up_answer(self) -> None:
        if self._timer:
            self._loop.cancel(self._timer)
            self._timer = None
        self._conversation.close()

    def _watch(self, events: int) -> None:
        if events != self._events:
            self._events = events
            self._loop.change(self._client.fileno(), events)


def format_whole(response: Response, connection: str) -> bytes:
    assert not isinstance(response.body, Stream)  # noqa: S101  # for the type checker
    return format_head(response, connection, time.time()) + response.body
