"""Makes the namespaces of one jail round a copy of this process, and furnishes them.

Each step raises OSError rather than leave a layer out: no isolation, no run.
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct
from typing import NamedTuple

from .kernel import clone, mount, unshare, write

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
CLONE_INTO_CGROUP = 0x200000000
SIX_NEW = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
CLONE_WORDS = struct.Struct("=11Q")
"""The kernel's struct clone_args: flags first, the signal at the end fifth, the control group last."""

SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40
LOOPBACK_UP = bytearray(struct.pack("16sH14x", b"lo", IFF_UP | IFF_RUNNING))
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND = 2, 4, 8, 4096

LEARNER_ID = 1000

_before_fork = ctypes.pythonapi.PyOS_BeforeFork
_after_fork_in_parent = ctypes.pythonapi.PyOS_AfterFork_Parent
_after_fork_in_child = ctypes.pythonapi.PyOS_AfterFork_Child
"""Looked up once, here: each first look at a name of `pythonapi` writes to many pages of memory."""


def fork_into_new(birthplace: int | None) -> int:
    """Like os.fork, but the child is the first process of six new namespaces, and nobody in them yet.

    Unlike unshare, this needs no process in between that would live as long as the jail does. `birthplace`
    is the folder of the control group to be born in, a descriptor; None is this process's own.
    """
    flags = SIX_NEW if birthplace is None else SIX_NEW | CLONE_INTO_CGROUP
    words = CLONE_WORDS.pack(flags, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, birthplace or 0)
    _before_fork()
    try:
        pid = clone(words)
    except OSError:
        _after_fork_in_parent()
        raise
    if pid == 0:
        _after_fork_in_child()
    else:
        _after_fork_in_parent()
    return pid


def enter_groups(entries: list[int]) -> None:
    """Moves this process into control groups, and with it those that it will fork."""
    for entry in entries:
        os.write(entry, b"0")


def begin_groups_here() -> None:
    """A seventh namespace, of control groups: what this process is in now is all that it sees of them."""
    unshare(CLONE_NEWCGROUP)


def name_user(pid: int, outside_id: int) -> None:
    """Lets the learner in the new namespaces be `outside_id` here, and nobody else exist in them."""
    ids = f"{LEARNER_ID} {outside_id} 1".encode()
    for name, text in (("setgroups", b"deny"), ("uid_map", ids), ("gid_map", ids)):
        write(f"/proc/{pid}/{name}", text)


def become_learner() -> None:
    """Takes the id that `name_user` gave; all capabilities in the own user namespace stay."""
    os.setresgid(LEARNER_ID, LEARNER_ID, LEARNER_ID)
    os.setresuid(LEARNER_ID, LEARNER_ID, LEARNER_ID)


def bring_up_loopback(any_socket: socket.socket) -> None:
    """A new network namespace has one interface, and that is down."""
    fcntl.ioctl(any_socket.fileno(), SIOCSIFFLAGS, LOOPBACK_UP)


def mount_processes() -> None:
    """A /proc that shows the processes of this pid namespace and no others."""
    mount(b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


class Disk(NamedTuple):
    """One memory-backed file system at `home`, and the folders of it that become writable places.

    Of each: its path, its mode, and the bytes of its path and of the place.
    """

    home: str
    options: bytes
    folders: list[tuple[str, int, bytes, bytes]]


def plan_disk(places: dict[str, int], size_bytes: int, inodes: int) -> Disk:
    """With the writable places, each with its mode. The first is home, and where all of it is mounted.

    That place's own folder is mounted over it at last, which hides the others.
    """
    first, *others = places
    options = f"size={size_bytes},nr_inodes={inodes + len(places) + 1},mode=755"
    named = [(f"{first}/{number}", place) for number, place in enumerate([*others, first])]
    folders = [(path, places[place], path.encode(), place.encode()) for path, place in named]
    return Disk(first, options.encode(), folders)


def mount_private(disk: Disk) -> None:
    """What a guest can write to, together."""
    mount(b"private", disk.home.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, disk.options)
    for path, mode, source, place in disk.folders:
        os.mkdir(path)
        os.chmod(path, mode)
        mount(source, place, None, MS_BIND)
