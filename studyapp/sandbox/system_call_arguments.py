"""The system calls that are allowed or refused by an argument. Data only.

All that is told apart here is in the lower half of an argument. Most arguments are an `int` to the kernel,
which ignores what the upper half holds.
"""

import errno
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ByValue:
    """Allowed if argument `place`, counted from 0, is one of `allowed`; else refused with an errno.

    That is the one under which `refused` lists the value, or `otherwise`. Where `otherwise` is 0, all values
    are allowed but those in `refused`.
    """

    place: int
    otherwise: int
    allowed: Sequence[int] = ()
    refused: Mapping[int, Sequence[int]] = field(default_factory=dict)


# Duplicates, flags, owners and signals, pipe size (read only), seals.
_DESCRIPTOR_COMMANDS = (0, 1030, 1027, 1, 2, 3, 4, 8, 9, 10, 11, 15, 16, 1032, 1033, 1034)
# GETLK SETLK SETLKW, OFD_GETLK OFD_SETLK OFD_SETLKW, SETLEASE GETLEASE NOTIFY, GETDELEG SETDELEG: a lock
# or a lease on a file that all jails see, if only /dev/null, would let one signal to another.
_LOCK_COMMANDS = (5, 6, 7, 36, 37, 38, 1024, 1025, 1026, 1039, 1040)
# Memory of pipes is counted nowhere.
_SET_PIPE_SIZE = 1031

# asm-generic/ioctls.h: TCGETS TCSETS TCSETSW TCSETSF TCSBRK TCXONC TCFLSH, their successors with "2",
# TIOCSCTTY TIOCGPGRP TIOCSPGRP TIOCOUTQ TIOCGWINSZ TIOCSWINSZ FIONREAD TIOCNOTTY TIOCGSID TIOCGPTN TIOCSPTLCK
# TIOCGPTPEER.
_TERMINAL_REQUESTS = (
    *(0x5401, 0x5402, 0x5403, 0x5404, 0x5409, 0x540A, 0x540B),
    *(0x802C542A, 0x402C542B, 0x402C542C, 0x402C542D),
    *(0x540E, 0x540F, 0x5410, 0x5411, 0x5413, 0x5414, 0x541B, 0x5422, 0x5429, 0x80045430, 0x40045431, 0x5441),
)
# FIONBIO FIONCLEX FIOCLEX FIOASYNC, and FICLONE, which copying files tries first.
_FILE_REQUESTS = (0x5421, 0x5450, 0x5451, 0x5452, 0x40049409)
# SIOCATMARK, SIOCGIF: NAME CONF FLAGS ADDR BRDADDR NETMASK MTU HWADDR INDEX.
_NETWORK_REQUESTS = (0x8905, 0x8910, 0x8912, 0x8913, 0x8915, 0x8919, 0x891B, 0x8921, 0x8927, 0x8933)
# TIOCSTI and TIOCLINUX type into a terminal.
_TERMINAL_INPUT = (0x5412, 0x541C)

# PDEATHSIG, DUMPABLE, KEEPCAPS (read), NAME, SECCOMP (read), CAPBSET, SECUREBITS (read), TIMERSLACK,
# CHILD_SUBREAPER, NO_NEW_PRIVS, THP_DISABLE, CAP_AMBIENT, SET_VMA.
_PROCESS_OPTIONS = (1, 2, 3, 4, 7, 15, 16, 21, 23, 24, 27, 29, 30, 36, 37, 38, 39, 41, 42, 47, 0x53564D41)
_SET_SECCOMP = 22

# Pages that the kernel shares between processes that hold the same show by their timing who does.
_MADV_MERGEABLE = 12

# RLIMIT_CORE is 1 in a jail, which alone keeps crashes from a host's program that takes core dumps.
_CORE_LIMIT = 4

_QUERY_PERSONALITY = 0xFFFFFFFF

# Of the first process, whose end is the end of a jail, by processes of the same user.
_FIRST_PROCESS = 1
_SCHEDULING = ("sched_setscheduler", "sched_setparam", "sched_setattr", "sched_setaffinity")

BY_VALUE = {
    "fcntl": ByValue(
        1,
        errno.EINVAL,
        _DESCRIPTOR_COMMANDS,
        {errno.ENOLCK: _LOCK_COMMANDS, errno.EPERM: [_SET_PIPE_SIZE]},
    ),
    "ioctl": ByValue(
        1,
        errno.ENOTTY,
        (*_FILE_REQUESTS, *_TERMINAL_REQUESTS, *_NETWORK_REQUESTS),
        {errno.EPERM: _TERMINAL_INPUT},
    ),
    "madvise": ByValue(2, 0, refused={errno.EINVAL: [_MADV_MERGEABLE]}),
    "prctl": ByValue(0, errno.EINVAL, _PROCESS_OPTIONS, {errno.EPERM: [_SET_SECCOMP]}),
    "prlimit64": ByValue(1, 0, refused={errno.EPERM: [_CORE_LIMIT]}),
    "setrlimit": ByValue(0, 0, refused={errno.EPERM: [_CORE_LIMIT]}),
    **dict.fromkeys(_SCHEDULING, ByValue(0, 0, refused={errno.EPERM: [_FIRST_PROCESS]})),
    "personality": ByValue(0, errno.EPERM, (0, _QUERY_PERSONALITY)),
}
"""Call to the rule for the value of one of its arguments."""


@dataclass(frozen=True, slots=True)
class ByBits:
    """Refused with an errno if argument `place`, counted from 0, has any bit of `refused`; else allowed."""

    place: int
    refused: int
    error: int


# CLONE_NEW of TIME, NS, CGROUP, UTS, IPC, USER, PID, NET.
_NEW_NAMESPACES = 0x7E020080
# Huge pages are the host's, set aside for something else, and count as no process's memory.
_MAP_HUGETLB = 0x40000

BY_BITS = {
    "clone": ByBits(0, _NEW_NAMESPACES, errno.EPERM),
    "mmap": ByBits(3, _MAP_HUGETLB, errno.ENOMEM),
}
"""Call to the rule for the flags in one of its arguments."""

SOCKET_CALLS = ("socket", "socketpair")
LOCAL_FAMILIES = (int(socket.AF_UNIX),)
INTERNET_FAMILIES = (int(socket.AF_INET), int(socket.AF_INET6))
KERNEL_FAMILIES = (int(socket.AF_NETLINK),)
KERNEL_PROTOCOLS = (0,)
"""Only NETLINK_ROUTE, from which the C library reads addresses and interfaces."""
TYPE_BITS = 0xF
"""What of a socket's type is the type; the rest are flags."""
INTERNET_TYPES = (int(socket.SOCK_STREAM), int(socket.SOCK_DGRAM))
RAW_TYPES = (int(socket.SOCK_RAW), 10)
"""SOCK_RAW, and SOCK_PACKET, which the kernel takes for AF_PACKET."""
INTERNET_PROTOCOLS = (0, socket.IPPROTO_TCP, socket.IPPROTO_UDP)

SOCKET_OPTIONS = {
    socket.SOL_SOCKET: (errno.EPERM, (26, 50, 51, 52)),
    socket.IPPROTO_TCP: (errno.ENOPROTOOPT, (31,)),
}
"""Level of `setsockopt` to its refused options and their error: SO_ATTACH_ of FILTER, BPF, REUSEPORT_CBPF and
REUSEPORT_EBPF, which are programs in the kernel; TCP_ULP, which is TLS in the kernel."""
