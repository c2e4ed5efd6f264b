"""What the reference mode does inside each of its jails: import, start the practice internet, run."""

import asyncio
import os
import select
import socket
import ssl

from aiohttp import web

from studyapp.sandbox.inside.practice.app import make_app
from studyapp.tracer.program import run_program


def main(event_fd: str, identity: str, program: str) -> int:
    """Runs the program traced, its events going to the descriptor. Returns its exit code."""
    listening = _listen(80), _listen(443)
    if os.fork() == 0:
        try:
            os.close(int(event_fd))
            _serve_practice_internet(*listening, identity)
        finally:
            os._exit(1)
    for each in listening:
        each.close()
    return run_program(fd=int(event_fd), filename="lesson.py", source=program)


def _listen(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port), backlog=512)


def _serve_practice_internet(http: socket.socket, https: socket.socket, identity: str) -> None:
    """Serves once somebody connects, until the jail ends."""
    select.select([http, https], [], [])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(identity)
    asyncio.run(_serve(http, https, context))


async def _serve(http: socket.socket, https: socket.socket, context: ssl.SSLContext) -> None:
    runner = web.AppRunner(make_app(), access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.SockSite(runner, http).start()
    await web.SockSite(runner, https, ssl_context=context).start()
    await asyncio.Event().wait()
