"""Serves the practice internet from sockets that listen already."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` makes an enum of each number it returns
import gc
import os
import signal
import socket
import ssl
from collections.abc import Callable
from typing import NoReturn

from . import connection
from .connection import Connection
from .loop import RECEIVABLE, Loop
from .pages import Pages
from .tls import TLS, make_context

HOST = "127.0.0.1"
HTTP, HTTPS = 80, 443
BACKLOG = 512
READ_BYTES = 4096
TRY_AGAIN_AFTER_S = 0.1

CONTEXT = make_context()
"""The template gives it its key and certificates, as that takes long. So programs can find the key in their
own memory; it is good for nothing but what a program may do to its own practice internet anyway."""


def listen(server: socket.socket, port: int) -> None:
    """Whoever connects before the server runs waits in the backlog."""
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, port))
    server.listen(BACKLOG)


def wake(number: int, frame: object) -> None:
    """A signal that has a handler leaves a byte in the pipe."""


class Deaths:
    """Has `reap` called after every death of a child, from now on, however it falls in with what goes on.

    A signal that comes just before a system call does not cut it short; the byte that it leaves here does.
    """

    def __init__(self, reap: Callable[[], None]) -> None:
        self.reap = reap
        self.reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        _signal.signal(int(_signal.SIGCHLD), wake)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def take_note(self, _: int) -> None:
        os.read(self.reading, READ_BYTES)
        self.reap()


class Site:
    """The pages, on any number of sockets; `connections` are those open now, bounded over all of them."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self._pages = Pages()
        self.connections: set[Connection] = set()

    def serve(self, listening: socket.socket, context: ssl.SSLContext | None = None) -> None:
        """Takes whoever connects; with TLS where there is a context for it."""

        def take(_: int) -> None:
            try:
                client, _address = listening.accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError:  # no descriptor is left, or no memory
                self.loop.change(listening.fileno(), 0)
                self.loop.call_later(
                    TRY_AGAIN_AFTER_S, lambda: self.loop.change(listening.fileno(), RECEIVABLE)
                )
                return
            if len(self.connections) >= connection.MOST_CONNECTIONS:
                client.close()
                return
            try:
                tls = TLS(context) if context else None
                Connection(self._pages.answer, self.connections, self.loop, client, tls).open()
            except OSError:  # no memory, or programs watch all that their user may
                client.close()

        listening.setblocking(False)  # noqa: FBT003  # how sockets are told
        self.loop.watch(listening.fileno(), RECEIVABLE, take)


def serve(http: socket.socket, https: socket.socket, deaths: Deaths) -> NoReturn:
    """Serves for ever."""
    deaths.reap()  # of who died before deaths were told
    gc.enable()
    loop = Loop()
    site = Site(loop)
    loop.watch(deaths.reading, RECEIVABLE, deaths.take_note)
    site.serve(http)
    site.serve(https, CONTEXT)
    while True:
        loop.turn()
