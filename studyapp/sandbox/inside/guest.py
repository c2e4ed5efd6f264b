"""The guest's own process: waits, confined, for the job, and only then touches the guest's code."""

import errno
import gc
import multiprocessing
import os
import random
import resource
import signal
import sys
import threading
from functools import partial
from typing import NamedTuple, NoReturn

# The tracer is `studyapp.tracer` on the host.
from tracer.program import run_program  # type: ignore[import-not-found]
from tracer.rehearsal import rehearse  # type: ignore[import-not-found]

from . import at_fork, confine
from .descriptors import CONTROL, EVENTS, HIGHEST, give_up
from .kernel import SIGINT, set_handler

READ_BYTES = 64 * 1024
READY = b'{"ready":true}\n'


def live(home: str, *, ahead: bool) -> NoReturn:
    """Runs the one job that comes through the control socket, and ends with the program's exit status.

    This process is a copy of the jail's first one, which had given up every power before. A jail that is
    made `ahead` gets ready for any job, and says so.
    """
    try:
        os.closerange(CONTROL + 1, HIGHEST)  # what is the practice internet's
        set_handler(SIGINT, signal.default_int_handler)
        confine.lead_processes()
        confine.show_to_oneself()
        if ahead:
            rehearse()
            os.write(CONTROL, READY)
        job = read_job()
        if job is None:
            os._exit(0)
        settle(job)
    except (OSError, ValueError) as error:  # the latter from a limit that may not be set
        give_up(error)
    os._exit(run(job, home))


class Job(NamedTuple):
    """Of the runner's: words of bytes. `limits` are numbers of kernel limits, each before its value."""

    filename: bytes
    traced: bytes
    limits: bytes
    code: bytes


def read_job() -> Job | None:
    """The job, each word ended by a NUL; None if the runner does not want this jail any more."""
    text = b""
    while text.count(b"\0") < len(Job._fields):
        chunk = os.read(CONTROL, READ_BYTES)
        if not chunk:
            return None
        text += chunk
    return Job(*text.split(b"\0", len(Job._fields))[:-1])


def settle(job: Job) -> None:
    """Writes the program down and takes on its limits."""
    file = os.open(job.filename, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    if os.write(file, job.code) < len(job.code):
        raise OSError(errno.ENOSPC, "the disk of a jail holds less than its program")
    os.close(file)
    limits = map(int, job.limits.split())
    for number in limits:
        value = next(limits)
        resource.setrlimit(number, (value, value))


def run(job: Job, home: str) -> int:
    sys.path[0] = home
    gc.enable()
    at_fork.hand_over()
    multiprocessing.current_process().authkey = os.urandom(32)  # not the template's
    random.seed()  # nor this
    threading.main_thread()._set_native_id()  # type: ignore[attr-defined]  # Python leaves it as it was
    status: int = run_program(
        fd=EVENTS,
        filename=job.filename.decode(),
        source=job.code.decode(),
        traced=job.traced == b"1",
        begins=partial(os.close, CONTROL),
    )
    return status
