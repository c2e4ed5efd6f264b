"""What the reference mode does inside each of its jails: import, start the practice internet, run."""

import os
import select
import socket
from typing import NoReturn

import aiohttp.web  # noqa: F401  # imported before programs run, as a template does

from studyapp.sandbox.inside.practice.loop import Loop
from studyapp.sandbox.inside.practice.server import Site
from studyapp.sandbox.inside.practice.tls import make_context
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


def _serve_practice_internet(http: socket.socket, https: socket.socket, identity: str) -> NoReturn:
    """Serves once somebody connects, until the jail ends."""
    select.select([http, https], [], [])
    context = make_context()
    context.load_cert_chain(identity)
    loop = Loop()
    site = Site(loop)
    site.serve(http)
    site.serve(https, context)
    while True:
        loop.turn()
