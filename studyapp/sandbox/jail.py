"""The command line of one jail: bubblewrap, an allow-list root, and the bootstrap inside."""

import json
from pathlib import Path

from studyapp.sandbox import policy
from studyapp.sandbox.interpreters import Interpreter
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.layout import AUTHORITY, GUEST, HOME, Layout
from studyapp.sandbox.limits import MIB, Limits

LEARNER_ID = 1000
OWN_TASKS = 3
"""Not the guest's: the jail's first process, which reaps, the practice internet, and the tracer's thread."""

SET_UP_CAPABILITIES = ("CAP_NET_BIND_SERVICE", "CAP_SETPCAP", "CAP_SYS_ADMIN", "CAP_SYS_RESOURCE")
"""Held in the jail's own user namespace by the bootstrap, which drops them before the guest's code."""

NAMESPACES = ("user", "pid", "net", "ipc", "uts", "cgroup-try")
ENTRY = (
    f"import sys; sys.path.insert(0, {str(GUEST / 'lib')!r}); "
    "from inside.bootstrap import main; sys.exit(main(sys.argv[1]))"
)
WRITABLE = (HOME, Path("/tmp"), Path("/dev/shm"))  # noqa: S108  # places inside a jail
THREAD_STACKS_BYTES = 3 * 1024 * MIB


def jail_command(
    layout: Layout, job: Job, *, info_fd: int, filter_fd: int, code_fd: int, event_fd: int, identity_fd: int
) -> list[str]:
    """bubblewrap's arguments for one run.

    Through `info_fd` it tells the pid of the jail's first process, from `filter_fd` it reads the system call
    filter for all of the jail's processes, from `code_fd` the program. The
    bootstrap writes to `event_fd` and hands `identity_fd` to the practice internet only.
    """
    settings = {
        "filename": job.filename,
        "traced": job.traced,
        "event_fd": event_fd,
        "identity_fd": identity_fd,
        "limits": resource_limits(job.limits),
        "writable": [str(place) for place in WRITABLE],
        "disk_inodes": job.limits.disk_inodes,
    }
    return [
        *(
            str(layout.bwrap),
            "--info-fd",
            str(info_fd),
            "--seccomp",
            str(filter_fd),
            "--die-with-parent",
            "--new-session",
        ),
        *(f"--unshare-{name}" for name in NAMESPACES),
        *("--uid", str(LEARNER_ID), "--gid", str(LEARNER_ID), "--hostname", "practice"),
        *root_mounts(layout),
        *writable_mounts(job.limits),
        *("--perms", "0644", "--file", str(code_fd), str(HOME / job.filename)),
        *("--remount-ro", "/", "--chdir", str(HOME)),
        *environment(layout),
        *(word for name in SET_UP_CAPABILITIES for word in ("--cap-add", name)),
        *("--", *python_command(layout.interpreter), "-c", ENTRY, json.dumps(settings)),
    ]


def python_command(interpreter: Interpreter) -> list[str]:
    """The interpreter with nothing implied on its path and no byte code written."""
    return [str(interpreter.path), "-P", "-s", "-B"]


def root_mounts(layout: Layout) -> list[str]:
    """All that a guest can read and not write."""
    ours = {
        layout.packages: GUEST / "packages",
        layout.source / "tracer": GUEST / "lib" / "tracer",
        layout.source / "sandbox" / "inside": GUEST / "lib" / "inside",
        layout.authority: AUTHORITY,
    }
    return [
        *policy.system_mounts(layout.prefix),
        *policy.account_mounts(),
        *policy.read_only(ours),
        *("--proc", "/proc"),
        *policy.device_mounts(),
    ]


def writable_mounts(limits: Limits) -> list[str]:
    """Private memory-backed folders that vanish with the jail."""
    words = policy.make_folders(parent for place in WRITABLE for parent in place.parents)
    for place in WRITABLE:
        mode = "0755" if place == HOME else "1777"
        words += ["--size", str(limits.disk_bytes), "--perms", mode, "--tmpfs", str(place)]
    return words


def environment(layout: Layout) -> list[str]:
    """An environment built from nothing; subprocesses of the guest find the same packages."""
    variables = {
        "HOME": str(HOME),
        "LANG": "C.UTF-8",
        "LOGNAME": "learner",
        "MALLOC_ARENA_MAX": "4",
        "PATH": f"{layout.prefix}/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(GUEST / "packages"),
        "PYTHONUNBUFFERED": "1",
        "SSL_CERT_FILE": str(AUTHORITY),
        "TZ": "UTC",
        "USER": "learner",
    }
    return ["--clearenv", *(word for pair in variables.items() for word in ("--setenv", *pair))]


def resource_limits(limits: Limits) -> dict[str, int]:
    """Kernel limits by their RLIMIT name: the backstop of what the supervisor measures and enforces.

    Address space leaves room for the stacks of many threads. One process more than allowed may exist,
    so that the supervisor can tell a program at its limit from one beyond it.
    """
    return {
        "AS": 2 * limits.memory_bytes + THREAD_STACKS_BYTES,
        "CORE": 0,
        "CPU": int(limits.cpu_s) + 2,
        "FSIZE": 2 * limits.disk_bytes,
        "MEMLOCK": MIB,
        "MSGQUEUE": MIB,
        "NOFILE": 1024,
        "NPROC": limits.processes + OWN_TASKS + 1,
        "STACK": 8 * MIB,
    }
