"""The system call filter of a jail: only sockets that its network namespace holds, and no way round that.

A socket of another family, such as AF_VSOCK, can lead out of the jail, since the kernel does not count it
to the network namespace. Format: the kernel's classic BPF, as in its seccomp_filter page.
"""

import errno
import platform
import socket
import struct
from dataclasses import dataclass

from studyapp.sandbox.errors import RunnerUnavailable

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, FAIL_WITH = 0x7FFF0000, 0x00050000
CALL_NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
X32_CALLS = 0x40000000
IO_URING_SETUP = 425
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor's name for the filter (AUDIT_ARCH_…), and its number of the call `socket`."""

    architecture: int
    socket_call: int


MACHINES = {"x86_64": Machine(0xC000003E, 41), "aarch64": Machine(0xC00000B7, 198)}


def socket_filter(machine: str = "") -> bytes:
    """The filter as bubblewrap reads it, by default for this machine. Raises RunnerUnavailable."""
    name = machine or platform.machine()
    if name not in MACHINES:
        raise RunnerUnavailable(f"No system call filter is known for {name}, only for {', '.join(MACHINES)}.")
    known = MACHINES[name]
    # Jumps count the instructions to skip: if the comparison holds, if it does not.
    families = [
        _jump(JUMP_EQUAL, family, len(FAMILIES) + 1 - place, 0) for place, family in enumerate(FAMILIES)
    ]
    return b"".join(
        (
            _plain(LOAD, ARCHITECTURE),
            _jump(JUMP_EQUAL, known.architecture, 0, len(FAMILIES) + 6),
            _plain(LOAD, CALL_NUMBER),
            _jump(JUMP_AT_LEAST, X32_CALLS, len(FAMILIES) + 4, 0),
            _jump(JUMP_EQUAL, IO_URING_SETUP, len(FAMILIES) + 3, 0),
            _jump(JUMP_EQUAL, known.socket_call, 0, len(FAMILIES) + 3),
            _plain(LOAD, FIRST_ARGUMENT),
            *families,
            _plain(RETURN, FAIL_WITH | errno.EAFNOSUPPORT),
            _plain(RETURN, FAIL_WITH | errno.ENOSYS),
            _plain(RETURN, ALLOW),
        )
    )


def _plain(code: int, value: int) -> bytes:
    return _jump(code, value, 0, 0)


def _jump(code: int, value: int, if_so: int, if_not: int) -> bytes:
    return struct.pack("=HBBI", code, if_so, if_not, value)
