"""A jail's first process: furnishes it, starts the guest's process, then reaps and is the practice internet.

When the guest's process ends, so does this one, with the same exit status, and the kernel with it ends
every process that is left in the jail.
"""

import os
import signal
import socket
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from . import confine, guest, namespaces
from .descriptors import BROKEN, CONTROL, EVENTS, HIGHEST, NAMED, give_up
from .kernel import DEFAULT, SIGINT, set_handler
from .practice import server

GUEST_PID = 2
DISK = "/tmp"  # noqa: S108  # any of the writable places: they share one disk
FIRST_OTHER = NAMED + 1
"""Descriptors from here on are closed before anything else happens."""


@dataclass(frozen=True, slots=True)
class Design:
    """What all jails of a template have in common.

    `places` are the writable folders with their modes; in the first, programs are at home.
    """

    filter: confine.SystemCallFilter
    places: dict[str, int]


class Wish(NamedTuple):
    """What one jail shall be like.

    One that is made `ahead` of any job says when it is ready; another has its job by then.
    """

    disk: namespaces.Disk
    ahead: bool


def live(design: Design, wish: Wish, streams: list[int], named: int) -> NoReturn:
    """Turns this process, already alone in new namespaces, into a jail that waits for its job.

    `streams` are standard input, output and error, the event pipe and the control socket. A byte from
    `named` says that its user has a name outside.
    """
    arrange([*streams, named])
    try:
        confine.leave_terminal()
        confine.leave_no_core()
        confine.offer_first_when_memory_runs_out()
        confine.bound_capabilities()
        if not os.read(NAMED, 1):
            os._exit(BROKEN)
        namespaces.begin_groups_here()  # may fail, and who has ended cannot be named
        os.close(NAMED)
        namespaces.become_learner()
        confine.show_to_oneself()
        namespaces.mount_processes()
        namespaces.mount_private(wish.disk)
        confine.close_user_namespaces()
        os.chdir(wish.disk.home)
        listening = socket.socket(), socket.socket()
        namespaces.bring_up_loopback(listening[0])
        server.listen(listening[0], server.HTTP)
        server.listen(listening[1], server.HTTPS)
        confine.give_up_powers(design.filter)
        confine.hide_from_others()
        set_handler(SIGINT, DEFAULT)  # which means nothing to a first process
        if os.fork() == 0:
            guest.live(wish.disk.home, ahead=wish.ahead)
        keep_to_oneself()
        os.sched_yield()  # to the guest's process, which somebody may be waiting for
        deaths = server.Deaths(reap)
    except OSError as error:
        give_up(error)
    server.serve(*listening, deaths)


def arrange(descriptors: list[int]) -> None:
    """Copies the descriptors, none of which is below FIRST_OTHER, to 0, 1, 2 … and closes all others."""
    for place, each in enumerate(descriptors):
        os.dup2(each, place, place < EVENTS)
    os.closerange(FIRST_OTHER, HIGHEST)


def keep_places_free() -> None:
    """Has no descriptor that is opened from now on take a place that `arrange` needs. Closes none."""
    while (taken := os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)) < FIRST_OTHER:
        pass
    os.close(taken)


def keep_to_oneself() -> None:
    """Keeps nothing of the guest's."""
    os.close(CONTROL)
    os.close(EVENTS)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def reap() -> None:
    """Takes the dead off the process table; the guest's own process takes the jail with it."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid == GUEST_PID:
            os._exit(read_exit(os.waitstatus_to_exitcode(status)))


def read_exit(code: int) -> int:
    """Of a program that a signal ended, 128 and the signal's number.

    Memory that is a file cannot grow when the disk is full: the signal for that is told as what it means.
    """
    if code == -signal.SIGBUS and os.statvfs(DISK).f_bavail == 0:
        code = -signal.SIGXFSZ
    return code if code >= 0 else 128 - code
