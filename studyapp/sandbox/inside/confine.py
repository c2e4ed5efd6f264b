"""What a jail's processes do to themselves before a guest's code runs.

Each step raises OSError rather than leave a layer out: no isolation, no run.
"""

import ctypes
import os
import resource
import struct
from typing import Self

from .kernel import control_process, control_process_often, set_capabilities, write

PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
CAPABILITIES_OF_ONESELF = struct.pack("=Ii", 0x20080522, 0)
"""The header of capset: version 3, and this process."""
NO_CAPABILITIES = bytes(6 * 4)
INSTRUCTION_BYTES = 8


def _last_capability() -> int:
    with open("/proc/sys/kernel/cap_last_cap") as last:
        return int(last.read())


LAST_CAPABILITY = _last_capability()


class SystemCallFilter(ctypes.Structure):
    """The kernel's struct sock_fprog. Use `of`."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    @classmethod
    def of(cls, instructions: bytes) -> Self:
        return cls(len(instructions) // INSTRUCTION_BYTES, instructions)


def close_user_namespaces() -> None:
    """Allows no user namespace below this one, so that no capability can be had back."""
    write("/proc/sys/user/max_user_namespaces", b"0")


def give_up_powers(filter_: SystemCallFilter) -> None:
    """What is left to this process and its descendants after this is what guests may do.

    Their bounding set of capabilities is empty by now. Another thread would keep its powers: there is none.
    """
    if len(os.listdir("/proc/self/task")) != 1:
        raise OSError("a thread is left that would keep its powers")
    drop_capabilities()
    lock_system_calls(filter_)


def leave_no_core() -> None:
    """No core dump into a file, nor to a program of the host: 1 is what the kernel takes as no to both."""
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def offer_first_when_memory_runs_out() -> None:
    """Of all processes of the host the kernel shall end this one, and those that it will fork."""
    write("/proc/self/oom_score_adj", b"1000")


def bound_capabilities() -> None:
    """Empties the bounding set, so that no program that is started has more than its starter."""
    control_process_often(PR_CAPBSET_DROP, range(LAST_CAPABILITY + 1))


def drop_capabilities() -> None:
    """Empties the permitted, effective and inheritable sets for good, and by that the ambient one."""
    set_capabilities(CAPABILITIES_OF_ONESELF, NO_CAPABILITIES)


def lock_system_calls(filter_: SystemCallFilter) -> None:
    """Puts this process, its threads to come and its children under a filter of the kernel's, for good."""
    control_process(PR_SET_NO_NEW_PRIVS, 1)
    control_process(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(filter_))


def hide_from_others() -> None:
    """Keeps other processes of the same user from reading this one's memory and descriptors."""
    control_process(PR_SET_DUMPABLE, 0)


def show_to_oneself() -> None:
    """Gives back the files in /proc of this process to the user that it has become."""
    control_process(PR_SET_DUMPABLE, 1)


def leave_terminal() -> None:
    """A session of its own, so that no terminal is at hand."""
    os.setsid()


def lead_processes() -> None:
    """A group of processes of its own, as a shell gives it to a program: signals to the group stay in it."""
    os.setpgid(0, 0)
