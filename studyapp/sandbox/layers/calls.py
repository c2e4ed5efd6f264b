"""The families of system calls that a jail refuses, each with calls that would do no harm if it did not.

Where it can be had, the arguments are such that the kernel itself would answer something else than the filter
does: an invalid pointer, descriptor or flag is looked at before anybody's rights are.
"""

import errno
import os
import platform
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from studyapp.sandbox.layers.layer import OUR_FAULT, Facts, Kind, Layer
from studyapp.sandbox.system_calls import NUMBERS

Call = tuple[str | int | None, ...]
"""A name or number, and the arguments. A number that this processor does not have is None."""

NOTHING, NOWHERE, NO_FILE = 0, -1, "/no/such/file"
X32 = 0x40000000
NO_CLOCK, NO_FLAGS = 9999, 0xFF
NEW_NAMESPACES = {
    "time": 0x80,
    "mount": 0x20000,
    "cgroup": 0x2000000,
    "host name": 0x4000000,
    "ipc": 0x8000000,
    "user": 0x10000000,
    "process": 0x20000000,
    "network": 0x40000000,
}
PUSH_INPUT, CONSOLE = 0x5412, 0x541C
SET_LOCK, SET_OPEN_FILE_LOCK, SET_LEASE = 6, 37, 1024
SHARED_NOW = 1 | 4
AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK, AF_INET = 16, 17, 38, 40, 2
STREAM, RAW, SEQUENCE, AUDIT, ICMP = 1, 3, 5, 9, 1
SET_FILTER_BY_PRCTL, SET_FILTER = (22, 2), 1

UNKNOWN = (errno.EPERM, errno.ENOSYS)
NO_SUCH_SOCKET = (errno.EPERM, errno.EAFNOSUPPORT, errno.ESOCKTNOSUPPORT, errno.EPROTONOSUPPORT)
KILLED = (-signal.SIGSYS, -signal.SIGSEGV)
"""By the filter; or by a kernel that was built without 32-bit calls."""


@dataclass(frozen=True, slots=True)
class Family:
    """Calls that go together, and the errors that they are refused with."""

    name: str
    what: str
    calls: tuple[Call, ...]
    answers: tuple[int, ...] = UNKNOWN


FAMILIES = (
    Family(
        "keyrings",
        "reading and adding keys that the kernel keeps for users",
        (
            ("add_key", NOTHING, NOTHING, NOTHING, 0, -3),
            ("request_key", NOTHING, NOTHING, 0, 0),
            ("keyctl", 0, -3, 0, 0, 0),
        ),
    ),
    Family(
        "io_uring",
        "queueing work for the kernel past the filter",
        (
            ("io_uring_setup", 0, NOTHING),
            ("io_uring_enter", NOWHERE, 0, 0, 0, NOTHING, 0),
            ("io_uring_register", NOWHERE, 0, NOTHING, 0),
        ),
    ),
    Family("ptrace", "tracing another process", (("ptrace", 16, 0, 0, 0), ("kcmp", 1, 1, 0, 0, 0))),
    Family(
        "memory of other processes",
        "reading, writing and advising on another's memory, taking its descriptors",
        (
            ("process_vm_readv", 0, NOTHING, 0, NOTHING, 0, 0),
            ("process_vm_writev", 0, NOTHING, 0, NOTHING, 0, 0),
            ("process_madvise", NOWHERE, NOTHING, 0, 0, 0),
            ("pidfd_getfd", NOWHERE, 0, 0),
        ),
    ),
    Family(
        "programs in the kernel",
        "loading eBPF and filters of one's own",
        (
            ("bpf", 0, NOTHING, 0),
            ("seccomp", SET_FILTER, 0, NOTHING),
            ("prctl", *SET_FILTER_BY_PRCTL, NOTHING),
        ),
    ),
    Family("perf", "measuring the processor", (("perf_event_open", NOTHING, 0, -1, -1, 0),)),
    Family("userfaultfd", "holding up the kernel at a page", (("userfaultfd", NO_FLAGS),)),
    Family(
        "mounts",
        "mounting, unmounting and changing the root, the old way and the new",
        (
            ("mount", NOTHING, NOTHING, NOTHING, 0, NOTHING),
            ("umount2", NO_FILE, 0),
            ("pivot_root", NO_FILE, NO_FILE),
            ("chroot", NO_FILE),
            ("fsopen", NO_FILE, NO_FLAGS),
            ("fsconfig", NOWHERE, NO_FLAGS, NOTHING, NOTHING, 0),
            ("fsmount", NOWHERE, 0, 0),
            ("move_mount", NOWHERE, NO_FILE, NOWHERE, NO_FILE, 0),
            ("open_tree", NOWHERE, NO_FILE, 0),
            ("mount_setattr", NOWHERE, NO_FILE, 0, NOTHING, 0),
            ("open_by_handle_at", NOWHERE, NOTHING, 0),
        ),
    ),
    Family(
        "new namespaces",
        f"unshare and clone for {', '.join(NEW_NAMESPACES)}; clone3; setns",
        (
            *(("unshare", flag) for flag in NEW_NAMESPACES.values()),
            *(("clone", flag | signal.SIGCHLD, 0, 0, 0, 0) for flag in NEW_NAMESPACES.values()),
            ("unshare", 0),
            ("clone3", NOTHING, 0),
            ("setns", NOWHERE, 0),
        ),
    ),
    Family(
        "kernel modules",
        "loading and unloading",
        (
            ("init_module", NOTHING, 0, NOTHING),
            ("finit_module", NOWHERE, NOTHING, 0),
            ("delete_module", "no-such-module", 0),
        ),
    ),
    Family(
        "kexec and the machine",
        "another kernel, restart, swap, process accounts, the kernel's log, the host's name",
        (
            ("kexec_load", 0, 0xFFFF, NOTHING, NO_FLAGS),
            ("kexec_file_load", NOWHERE, NOWHERE, 0, NOTHING, NO_FLAGS),
            ("reboot", 0, 0, 0, NOTHING),
            ("swapon", NO_FILE, 0),
            ("swapoff", NO_FILE),
            ("acct", NO_FILE),
            ("syslog", NO_CLOCK, NOTHING, 0),
            ("sethostname", NOTHING, -1),
        ),
    ),
    Family(
        "the clock",
        "setting and bending it",
        (
            ("clock_settime", NO_CLOCK, NOTHING),
            ("clock_adjtime", NO_CLOCK, NOTHING),
            ("settimeofday", 1, NOTHING),
            ("adjtimex", NOTHING),
        ),
    ),
    Family(
        "no sockets that lead out",
        "VSOCK, packet, ALG, raw, and netlink to anything but routes",
        (
            ("socket", AF_VSOCK, STREAM, 0),
            ("socket", AF_PACKET, RAW, 0),
            ("socket", AF_ALG, SEQUENCE, 0),
            ("socket", AF_INET, RAW, ICMP),
            ("socket", AF_NETLINK, RAW, AUDIT),
        ),
        NO_SUCH_SOCKET,
    ),
    Family(
        "calls of other processors",
        "calls in the x32 way, other personalities, and on x86 calls in the 32-bit way",
        ((X32 | 39,), (X32 | 512, 0, 0, 0, 0), ("personality", 8)),
        (*UNKNOWN, *KILLED),
    ),
    Family(
        "typing into terminals",
        "TIOCSTI and TIOCLINUX, plain and with bits set above the 32nd",
        tuple(
            ("ioctl", 0, request | high, "x")
            for request in (PUSH_INPUT, CONSOLE)
            for high in (0, 0xDEAD << 32, -(1 << 32))
        ),
    ),
    Family(
        "memory that nothing counts",
        "files without a name, System V memory, semaphores and messages",
        (
            ("memfd_create", "probe", 0),
            ("memfd_secret", NO_FLAGS),
            ("shmget", 0, 0, 0),
            ("semget", 0, -1, 0),
            ("msgget", 0x7FFFFFFF, 0),
        ),
    ),
    Family(
        "file locks",
        "locks and leases, by which runs could signal to each other",
        (
            ("flock", 0, SHARED_NOW),
            *(("fcntl", 0, command, NOTHING) for command in (SET_LOCK, SET_OPEN_FILE_LOCK, SET_LEASE)),
        ),
        (errno.ENOLCK,),
    ),
    Family(
        "file watches",
        "inotify, by which a run could see what others open",
        (("inotify_init", NOTHING), ("inotify_init1", NO_FLAGS), ("inotify_add_watch", NOWHERE, NO_FILE, 0)),
    ),
)


def request_for_probe(machine: str = "") -> dict[str, Any]:
    """What `probes/system_calls.py` is asked, by default for this processor."""
    machine = machine or platform.machine()
    numbers = NUMBERS.get(machine, {})
    return {
        "calls": {family.name: _in_numbers(family, numbers) for family in FAMILIES},
        "has_old_calls": machine == "x86_64",
    }


def _in_numbers(family: Family, numbers: Mapping[str, int]) -> list[list[int | str | None]]:
    """Newer processors lack calls that others replaced."""
    return [
        [numbers[name] if isinstance(name, str) else name, *arguments]
        for name, *arguments in family.calls
        if isinstance(name, int) or name in numbers
    ]


def _is_refused(family: Family, facts: Facts) -> bool:
    answers = facts["calls"][family.name]
    return bool(answers) and set(answers) <= set(family.answers)


def _tell(family: Family, facts: Facts) -> str:
    answers = facts["calls"][family.name]
    odd = [answer for answer in answers if answer not in family.answers]
    if odd:
        return f"{len(odd)} of {len(answers)} not refused: {', '.join(map(_in_words, odd))}"
    return "refused" if len(answers) == 1 else f"all {len(answers)} refused"


def _in_words(answer: int) -> str:
    if answer < 0:
        return f"ended by {signal.Signals(-answer).name}"
    return os.strerror(answer) if answer else "carried out"


CALLS = (
    Layer(
        "system call filter",
        Kind.SYSTEM_CALLS,
        "asking the kernel whether it filters this program's calls",
        lambda facts: facts["status"]["Seccomp"] == "2",
        lambda facts: "in force" if facts["status"]["Seccomp"] == "2" else "not in force",
        OUR_FAULT,
    ),
    *(
        Layer(
            family.name,
            Kind.SYSTEM_CALLS,
            family.what,
            partial(_is_refused, family),
            partial(_tell, family),
            OUR_FAULT,
        )
        for family in FAMILIES
    ),
)
