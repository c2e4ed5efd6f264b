"""The guest's own process: waits for the job, confines itself, and only then touches the guest's code."""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from tracer.program import run_program  # type: ignore[import-not-found]  # it is `studyapp.tracer` on the host

from . import confine, namespaces
from .descriptors import CONTROL, EVENTS, IDENTITY

if TYPE_CHECKING:
    from .first import Design

READ_BYTES = 1 << 20
BROKEN = 1


def live(listening: tuple[socket.socket, ...], design: "Design") -> NoReturn:
    """Runs the one job that comes through the control socket, and ends with the program's exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for each in listening:
        each.close()
    os.close(IDENTITY)
    confine.leave_terminal()
    os.write(CONTROL, b'{"ready":true}\n')
    job = read_job()
    if job is None:
        os._exit(0)
    try:
        settle(job, design)
    except OSError as error:
        os.write(CONTROL, json.dumps({"broken": str(error)}).encode() + b"\n")
        os._exit(BROKEN)
    os.close(CONTROL)
    os._exit(run(job))


def read_job() -> dict[str, Any] | None:
    """The job, a line of JSON; None if the runner does not want this jail any more."""
    text = bytearray()
    while not text.endswith(b"\n"):
        chunk = os.read(CONTROL, READ_BYTES)
        if not chunk:
            return None
        text += chunk
    job: dict[str, Any] = json.loads(text)
    return job


def settle(job: dict[str, Any], design: "Design") -> None:
    """Writes the program down, then gives up every power there is to give up."""
    home = next(iter(design.places))
    size, inodes = job["disk_bytes"], job["disk_inodes"]
    if (size, inodes) != (design.disk_bytes, design.disk_inodes):
        namespaces.resize_private(home, size, inodes, len(design.places))
    os.chdir(home)
    with open(job["filename"], "w", encoding="utf-8") as file:
        file.write(job["code"])
    confine.limit_resources(job["limits"])
    confine.drop_capabilities()
    confine.lock_system_calls(design.instructions)


def run(job: dict[str, Any]) -> int:
    sys.path[0] = os.getcwd()
    gc.enable()
    filename, source, traced = job["filename"], job["code"], job["traced"]
    status: int = run_program(fd=EVENTS, filename=filename, source=source, traced=traced)
    forget_program()
    return status


def forget_program() -> None:
    """What Python does when it ends: the program's objects go, and those with a `__del__` may speak."""
    with contextlib.suppress(BaseException):
        sys.modules["__main__"].__dict__.clear()
        gc.collect()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
