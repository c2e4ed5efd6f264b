"""What the bootstrap of a jail does to itself before a guest's code runs.

Each step raises OSError rather than leave a layer out: no isolation, no run.
"""

import ctypes
import os
import resource

PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITY_VERSION_3 = 0x20080522
MS_NOSUID, MS_NODEV, MS_REMOUNT = 2, 4, 32
FIRST_PROCESS = 1

_libc = ctypes.CDLL(None, use_errno=True)


def close_user_namespaces() -> None:
    """Allows no user namespace below this one, so that no capability can be had back."""
    with open("/proc/sys/user/max_user_namespaces", "w") as limit:
        limit.write("0")


def limit_inodes(places: list[str], count: int) -> None:
    """Caps how many files each of these memory-backed folders may hold."""
    for place in places:
        flags = MS_REMOUNT | MS_NOSUID | MS_NODEV
        _call("mount", b"tmpfs", place.encode(), None, flags, b"nr_inodes=%d" % count)


def limit_resources(limits: dict[str, int]) -> None:
    """Lowers soft and hard kernel limits by name, and offers this jail first if memory runs out.

    The jail's first process gets the same, since a guest may trace it and have it do what it likes.
    """
    for pid in (FIRST_PROCESS, os.getpid()):
        for name, value in limits.items():
            number = getattr(resource, f"RLIMIT_{name}")
            hard = resource.prlimit(pid, number)[1]
            lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.prlimit(pid, number, (lowest, lowest))
        with open(f"/proc/{pid}/oom_score_adj", "w") as score:
            score.write("1000")


def drop_capabilities() -> None:
    """Empties the bounding, ambient, permitted, effective and inheritable sets for good."""
    with open("/proc/sys/kernel/cap_last_cap") as last:
        count = int(last.read()) + 1
    for capability in range(count):
        _call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
    _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def hide_from_tracing() -> None:
    """Keeps other processes of the same user from reading this one's memory and descriptors."""
    _call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)


def _call(name: str, *arguments: object) -> None:
    words = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    if getattr(_libc, name)(*words) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
