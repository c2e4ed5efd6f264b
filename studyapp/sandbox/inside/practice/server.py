"""Serves the practice internet from sockets that listen already."""

from __future__ import annotations

import os
import select
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

HOST = "127.0.0.1"
HTTP, HTTPS = 80, 443


def listen(port: int) -> socket.socket:
    """A listening socket; whoever connects before the server runs waits in its backlog."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, port))
    server.listen(512)
    return server


def serve(http: socket.socket, https: socket.socket, identity_fd: int) -> None:
    """Serves for ever. Imports what it needs when somebody connects, unless that was done before."""
    select.select([http, https], [], [])
    import asyncio
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(f"/proc/self/fd/{identity_fd}")
    os.close(identity_fd)
    asyncio.run(_serve(http, https, context))


async def _serve(http: socket.socket, https: socket.socket, context: ssl.SSLContext) -> None:
    import asyncio

    from aiohttp import web

    from .app import make_app

    runner = web.AppRunner(make_app(), access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.SockSite(runner, http).start()
    await web.SockSite(runner, https, ssl_context=context).start()
    await asyncio.Event().wait()
