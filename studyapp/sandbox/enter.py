"""Gives root up for good: `python -m studyapp.sandbox.enter FIRST COUNT WORD…` runs words as somebody else.

They run as the first user of a new user namespace that holds COUNT ids of the host, from FIRST on, none of
which anybody has. Outside they are FIRST, without any power; inside they can become any of the others, and
have the powers of POWERS over nothing but what is made in there.
"""

import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000
PR_CAPBSET_DROP = 24
POWERS = {
    "CAP_KILL": 5,
    "CAP_SETGID": 6,
    "CAP_SETUID": 7,
    "CAP_SETPCAP": 8,
    "CAP_NET_ADMIN": 12,
    "CAP_SYS_CHROOT": 18,
    "CAP_SYS_PTRACE": 19,
    "CAP_SYS_ADMIN": 21,
}
"""What it takes to make templates (mounts, namespaces, a loopback, ids), to measure jails and to end them."""

LAST_CAPABILITY = "/proc/sys/kernel/cap_last_cap"

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    first, count, *words = arguments
    enter_namespace(int(first), int(count))
    become_first()
    os.execv(words[0], words)  # noqa: S606  # our own words


def enter_namespace(first: int, count: int) -> None:
    """A child that stays outside maps the ids, since root's power to do so ends with entering."""
    entered_reading, entered_writing = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(entered_writing)
        entered = os.read(entered_reading, 1)
        try:
            if entered:
                map_ids(parent, first, count)
                os._exit(0)
        finally:
            os._exit(1)
    _check("unshare", _libc.unshare(CLONE_NEWUSER))
    os.write(entered_writing, b"!")
    os.close(entered_writing)
    os.close(entered_reading)
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit("the ids of a new user namespace could not be mapped")


def map_ids(pid: int, first: int, count: int) -> None:
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{pid}/{name}", "w") as file:
            file.write(f"0 {first} {count}")


def become_first() -> None:
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    with open(LAST_CAPABILITY) as file:
        last = int(file.read())
    for capability in set(range(last + 1)) - set(POWERS.values()):
        _check("prctl", _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0))


def _check(name: str, result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    main(sys.argv[1:])
