"""The guest's own process: waits, confined, for the job, and only then touches the guest's code."""

import gc
import json
import multiprocessing
import os
import random
import signal
import sys
from typing import Any, NoReturn

# The tracer is `studyapp.tracer` on the host.
from tracer.program import run_program  # type: ignore[import-not-found]
from tracer.rehearsal import rehearse  # type: ignore[import-not-found]

from . import at_fork, confine
from .descriptors import BROKEN, CONTROL, EVENTS, IDENTITY, give_up
from .kernel import set_handler

READ_BYTES = 1 << 20
READY = b'{"ready":true}\n'


def live(furnished: int, filter_: confine.SystemCallFilter, home: str, *, ahead: bool) -> NoReturn:
    """Runs the one job that comes through the control socket, and ends with the program's exit status.

    A byte from `furnished` says that the jail is what it shall be; no job is looked at before that, nor
    before this process has given up every power.
    """
    os.close(IDENTITY)
    set_handler(signal.SIGINT, signal.default_int_handler)
    confine.leave_terminal()
    try:
        confine.show_to_oneself()
        confine.give_up_powers(filter_)
        if ahead:
            rehearse()
        if not os.read(furnished, 1):
            os._exit(BROKEN)
        os.close(furnished)
        os.chdir(home)
        if ahead:
            os.write(CONTROL, READY)
        job = read_job()
        if job is None:
            os._exit(0)
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
    file = os.open(job["filename"], os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    os.write(file, job["code"].encode())
    os.close(file)
    confine.limit_resources(job["limits"])


def run(job: dict[str, Any]) -> int:
    sys.path[0] = os.getcwd()
    gc.enable()
    at_fork.hand_over()
    multiprocessing.current_process().authkey = os.urandom(32)  # not the template's
    random.seed()  # nor this
    filename, source, traced = job["filename"], job["code"], job["traced"]
    status: int = run_program(fd=EVENTS, filename=filename, source=source, traced=traced)
    return status
