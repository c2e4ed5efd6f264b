"""Serves the practice internet from sockets that listen already."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

HOST = "127.0.0.1"
HTTP, HTTPS = 80, 443
READ_BYTES = 4096


def listen(port: int) -> socket.socket:
    """A listening socket; whoever connects before the server runs waits in its backlog."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, port))
    server.listen(512)
    return server


class Deaths:
    """Has `reap` called after every death of a child, from now on, however it falls in with what goes on.

    A signal that comes just before a system call does not cut it short; the byte that it leaves here does.
    """

    def __init__(self, reap: Callable[[], None]) -> None:
        self.reap = reap
        self.reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def take_note(self) -> None:
        os.read(self.reading, READ_BYTES)
        self.reap()


def serve(http: socket.socket, https: socket.socket, identity_fd: int, deaths: Deaths) -> None:
    """Serves for ever. Imports what it needs when somebody connects, unless that was done before."""
    connecting = {http.fileno(), https.fileno()}
    ready: list[int] = []
    while connecting.isdisjoint(ready):
        if ready:
            deaths.take_note()
        ready, _, _ = select.select([*connecting, deaths.reading], [], [])
    import asyncio

    asyncio.run(_serve(http, https, identity_fd, deaths))


async def _serve(http: socket.socket, https: socket.socket, identity_fd: int, deaths: Deaths) -> None:
    import asyncio

    from aiohttp import web

    from .app import make_app

    asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, deaths.reap)
    deaths.reap()
    runner = web.AppRunner(make_app(), access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.SockSite(runner, http).start()
    await _readable(https)
    await web.SockSite(runner, https, ssl_context=_make_context(identity_fd)).start()
    await asyncio.Event().wait()


async def _readable(listening: socket.socket) -> None:
    """Until somebody connects, who may never come: TLS takes long to set up."""
    import asyncio

    connected = asyncio.Event()
    asyncio.get_running_loop().add_reader(listening, connected.set)
    await connected.wait()
    asyncio.get_running_loop().remove_reader(listening)


def _make_context(identity_fd: int) -> ssl.SSLContext:
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(f"/proc/self/fd/{identity_fd}")
    os.close(identity_fd)
    return context
