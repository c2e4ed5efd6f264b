"""The first code of ours in a jail: confines itself, starts the practice internet, then runs the program.

This folder is mounted into the jail as the package `inside`, the tracer beside it; nothing here is imported
on the host. A step that fails ends the jail before the guest's code runs.
"""

import gc
import json
import os
import sys

from tracer.program import run_program  # type: ignore[import-not-found]  # it is `studyapp.tracer` on the host

from . import confine
from .practice import server


def main(text: str) -> int:
    """Runs the program that the settings, JSON from `jail.py`, name. Returns its exit code."""
    settings = json.loads(text)
    filename, event_fd = settings["filename"], settings["event_fd"]
    with open(filename, encoding="utf-8") as file:
        source = file.read()
    confine.close_user_namespaces()
    confine.limit_inodes(settings["writable"], settings["disk_inodes"])
    confine.limit_resources(settings["limits"])
    start_practice_internet(settings["identity_fd"], event_fd, soon="http" in source)
    confine.drop_capabilities()
    os.set_inheritable(event_fd, False)  # noqa: FBT003  # its only spelling
    os.write(event_fd, b'{"ready":true}\n')
    sys.path[0] = os.getcwd()
    gc.freeze()  # what is imported by now need not be searched for cycles when the program ends
    code: int = run_program(fd=event_fd, filename=filename, source=source, traced=settings["traced"])
    return code


def start_practice_internet(identity_fd: int, event_fd: int, *, soon: bool) -> None:
    """Leaves a process behind that is nobody's child here. `soon`: its imports are done before the fork."""
    listening = server.listen(server.HTTP), server.listen(server.HTTPS)
    if soon:
        import aiohttp.web  # noqa: F401  # for both sides of the fork
    child = os.fork()
    if child == 0:
        try:
            become_practice_internet(event_fd)
            server.serve(*listening, identity_fd)
        finally:
            os._exit(1)
    os.close(identity_fd)
    for each in listening:
        each.close()
    if os.waitpid(child, 0)[1] != 0:
        raise OSError("the practice internet did not start")


def become_practice_internet(event_fd: int) -> None:
    """A second fork, so that the guest has no child that it did not make, and nothing shared with it.

    The parent goes on once that is done: the key must be out of the guest's sight before.
    """
    confine.hide_from_tracing()
    confine.drop_capabilities()
    os.setsid()
    if os.fork():
        os._exit(0)
    os.close(event_fd)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
