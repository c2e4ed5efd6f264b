"""The guest's own process: waits, confined, for the job, and only then touches the guest's code."""

import gc
import json
import multiprocessing
import os
import signal
import socket
import sys
from typing import Any, NoReturn

# The tracer is `studyapp.tracer` on the host.
from tracer.program import run_program  # type: ignore[import-not-found]
from tracer.rehearsal import rehearse  # type: ignore[import-not-found]

from . import confine, streams
from .descriptors import CONTROL, EVENTS, IDENTITY, give_up

READ_BYTES = 1 << 20
MOST_DESCRIPTORS = 64
"""More than a jail's first process has open when it forks this one."""


def live(listening: tuple[socket.socket, ...], home: str, *, ahead: bool) -> NoReturn:
    """Runs the one job that comes through the control socket, and ends with the program's exit status.

    Every power that there is to give up was given up before there was this process.
    """
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for each in listening:
        each.close()
    os.closerange(IDENTITY, MOST_DESCRIPTORS)
    confine.show_to_oneself()
    os.chdir(home)
    streams.reopen()
    confine.leave_terminal()
    if ahead:  # of any job: there is time to warm up
        rehearse()
    os.write(CONTROL, b'{"ready":true}\n')
    job = read_job()
    if job is None:
        os._exit(0)
    try:
        settle(job)
    except OSError as error:
        give_up(error)
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


def settle(job: dict[str, Any]) -> None:
    """Writes the program down and takes on its limits."""
    with open(job["filename"], "w", encoding="utf-8") as file:
        file.write(job["code"])
    confine.limit_resources(job["limits"])


def run(job: dict[str, Any]) -> int:
    sys.path[0] = os.getcwd()
    gc.enable()
    multiprocessing.current_process().authkey = os.urandom(32)  # not the template's
    filename, source, traced = job["filename"], job["code"], job["traced"]
    status: int = run_program(fd=EVENTS, filename=filename, source=source, traced=traced)
    return status
