"""Serves the practice internet from sockets that listen already."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` makes an enum of each number it returns
import asyncio
import errno
import gc
import os
import select
import signal
import socket
import ssl
from collections.abc import Callable

from .connection import Connection
from .pages import Pages
from .tls import TLSConnection, make_context

HOST = "127.0.0.1"
HTTP, HTTPS = 80, 443
BACKLOG = 512
READ_BYTES = 4096
TRY_AGAIN_AFTER_S = 0.1

CONTEXT = make_context()
"""Made ahead, as that takes long. Forks share it, so a key comes into it only where no guest's code is."""


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

    def take_note(self) -> None:
        os.read(self.reading, READ_BYTES)
        self.reap()


class Site:
    """The pages, on any number of sockets; `connections` are those open now, bounded over all of them."""

    def __init__(self) -> None:
        self._pages = Pages()
        self.connections: set[Connection] = set()

    async def serve_http(self, listening: socket.socket) -> asyncio.Server:
        def connect() -> Connection:
            return Connection(self._pages.answer, self.connections, "http")

        return await asyncio.get_running_loop().create_server(connect, sock=listening, backlog=BACKLOG)

    async def serve_https(self, listening: socket.socket, context: ssl.SSLContext) -> asyncio.Server:
        def connect() -> TLSConnection:
            return TLSConnection(context, Connection(self._pages.answer, self.connections, "https"))

        return await asyncio.get_running_loop().create_server(connect, sock=listening, backlog=BACKLOG)


def serve(http: socket.socket, https: socket.socket, identity_fd: int, deaths: Deaths) -> None:
    """Serves for ever, and makes an event loop only when somebody connects."""
    deaths.reap()  # of who died before deaths were told
    connecting = {http.fileno(), https.fileno()}
    ready: list[int] = []
    while connecting.isdisjoint(ready):
        if ready:
            deaths.take_note()
        ready, _, _ = select.select([*connecting, deaths.reading], [], [])
    gc.enable()
    loop = asyncio.new_event_loop()
    loop.add_reader(deaths.reading, deaths.take_note)
    loop.run_until_complete(_serve(http, https, identity_fd))


async def _serve(http: socket.socket, https: socket.socket, identity_fd: int) -> None:
    site = Site()
    await site.serve_http(http)
    await _readable(https)
    await _load_identity(identity_fd)
    await site.serve_https(https, CONTEXT)
    await asyncio.get_running_loop().create_future()


async def _load_identity(identity_fd: int) -> None:
    """As soon as a descriptor is free for it: clients may hold all others."""
    while True:
        try:
            CONTEXT.load_cert_chain(f"/proc/self/fd/{identity_fd}")
        except OSError as error:
            if error.errno != errno.EMFILE:
                raise
            await asyncio.sleep(TRY_AGAIN_AFTER_S)
        else:
            return os.close(identity_fd)


async def _readable(listening: socket.socket) -> None:
    """Until somebody connects, who may never come: TLS takes long to set up."""
    connected = asyncio.Event()
    asyncio.get_running_loop().add_reader(listening, connected.set)
    await connected.wait()
    asyncio.get_running_loop().remove_reader(listening)
