"""Whether a program has used up the processes and threads it may have."""

import os
import resource
from contextlib import suppress


def is_crowded() -> bool:
    """True when the kernel would refuse one more process or thread. Only true to the fact inside a jail.

    A refused os.fork and a socket that would block raise the very same exception; this tells them apart.
    """
    most = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    return most != resource.RLIM_INFINITY and _count_threads() >= most - 1


def _count_threads() -> int:
    count = 0
    for name in os.listdir("/proc"):
        with suppress(OSError):  # it ended between the two looks
            count += len(os.listdir(f"/proc/{name}/task")) if name.isdigit() else 0
    return count
