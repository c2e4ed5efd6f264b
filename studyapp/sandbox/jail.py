"""What jails are made of: the bubblewrap of a template, the places in it, and a job's kernel limits."""

import json
import resource
from pathlib import Path

from studyapp.sandbox import policy
from studyapp.sandbox.interpreters import Interpreter
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.layout import AUTHORITY, GUEST, HOME, Layout
from studyapp.sandbox.limits import MIB, Limits

OWN_TASKS = 2
"""Not the guest's: the jail's first process, and the tracer's thread."""

TEMPLATES_POWERS = ("CAP_SETUID", "CAP_SETGID")
"""Of a template that gives each jail an outside id of its own, out of the runner's range."""

NAMESPACES = ("pid", "net", "ipc", "uts")
"""Of a template. Its control group namespace is the runner's: from within another one, no process can be born
in a group beside it. Each jail has one of its own."""

ENTRY = (
    f"import sys; sys.path.insert(0, {str(GUEST / 'lib')!r}); "
    "from inside import at_fork; at_fork.hold_back(); "
    "from inside.template import main; sys.exit(main(sys.argv[1]))"
)
WRITABLE = {HOME: 0o755, Path("/tmp"): 0o1777, Path("/dev/shm"): 0o1777}  # noqa: S108  # places inside a jail
OWN_MEMORY_BYTES = 8 * MIB
"""What a jail holds before its program begins, with the kernel's part of its namespaces: not charged."""

THREAD_STACKS_BYTES = 3 * 1024 * MIB


def template_command(
    layout: Layout,
    interpreter: Interpreter,
    *,
    has_range: bool,
    channel_fd: int,
    filter_fd: int,
    identity_fd: int,
) -> list[str]:
    """bubblewrap's arguments for a template: new namespaces, an allow-list root, and the process in it.

    It talks through `channel_fd`, reads from `filter_fd` the system call filter of its jails, and from
    `identity_fd` the key and certificates of their practice internets. `has_range` says that the runner is
    the first user of a user namespace with many ids, so that this one needs none of its own.
    """
    settings = {
        "channel_fd": channel_fd,
        "filter_fd": filter_fd,
        "identity_fd": identity_fd,
        "places": {str(place): mode for place, mode in WRITABLE.items()},
    }
    powers = ("--cap-drop", "ALL", *(word for name in TEMPLATES_POWERS for word in ("--cap-add", name)))
    return [
        *(str(layout.bwrap), "--die-with-parent", "--new-session", "--as-pid-1"),
        *(powers if has_range else ("--unshare-user",)),
        *(f"--unshare-{name}" for name in NAMESPACES),
        *("--hostname", "practice"),
        *root_mounts(layout, interpreter),
        *policy.make_folders(at for place in WRITABLE for at in (place, *place.parents)),
        *("--remount-ro", "/", "--chdir", str(HOME)),
        *environment(interpreter),
        *("--", *python_command(interpreter), "-c", ENTRY, json.dumps(settings)),
    ]


def python_command(interpreter: Interpreter) -> list[str]:
    """The interpreter with nothing implied on its path and no byte code written."""
    return [str(interpreter.path), "-P", "-s", "-B"]


def root_mounts(layout: Layout, interpreter: Interpreter) -> list[str]:
    """All that a guest can read and not write."""
    ours = {
        layout.packages / interpreter.name: GUEST / "packages",
        layout.source / "tracer": GUEST / "lib" / "tracer",
        layout.source / "sandbox" / "inside": GUEST / "lib" / "inside",
        layout.authority: AUTHORITY,
    }
    return [
        *policy.system_mounts(interpreter.prefix),
        *policy.cover_folders(host_packages(interpreter)),
        *policy.account_mounts(),
        *policy.read_only(ours),
        *("--proc", "/proc"),
        *policy.device_mounts(),
    ]


def host_packages(interpreter: Interpreter) -> list[Path]:
    """Where the host keeps packages beside the interpreter; some run code in every Python that starts."""
    prefix, own = interpreter.prefix, f"python{interpreter.name}"
    return [
        *(prefix / library / own / "site-packages" for library in ("lib", "lib64")),
        *(prefix / "lib" / folder / "dist-packages" for folder in (own, "python3")),
    ]


def environment(interpreter: Interpreter) -> list[str]:
    """An environment built from nothing; subprocesses of the guest find the same packages."""
    variables = {
        "HOME": str(HOME),
        "LANG": "C.UTF-8",
        "LD_BIND_NOW": "1",
        "LOGNAME": "learner",
        "MALLOC_ARENA_MAX": "4",
        "PATH": f"{interpreter.prefix}/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(GUEST / "packages"),
        "PYTHONUNBUFFERED": "1",
        "SSL_CERT_FILE": str(AUTHORITY),
        "TZ": "UTC",
        "USER": "learner",
    }
    return ["--clearenv", *(word for pair in variables.items() for word in ("--setenv", *pair))]


def dump_order(job: Job) -> bytes:
    """The job as the guest's process in a jail reads it: words that each end with a NUL, the code last.

    JSON would have each jail touch much more of its memory.
    """
    limits = " ".join(f"{number} {value}" for number, value in resource_limits(job.limits).items())
    return "".join(f"{word}\0" for word in (job.filename, int(job.traced), limits, job.code)).encode()


def resource_limits(limits: Limits) -> dict[int, int]:
    """Kernel limits by their RLIMIT number: the backstop of what the supervisor measures and enforces.

    None is above what the runner, and so a jail, may have. Address space leaves room for the stacks of many
    threads. One process more than allowed may exist, so that the supervisor can tell a program at its limit
    from one beyond it.
    """
    wanted = {
        resource.RLIMIT_AS: 2 * limits.memory_bytes + THREAD_STACKS_BYTES,
        resource.RLIMIT_CPU: int(limits.cpu_s) + 2,
        resource.RLIMIT_FSIZE: 2 * limits.disk_bytes,
        resource.RLIMIT_MEMLOCK: MIB,
        resource.RLIMIT_MSGQUEUE: MIB,
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_NPROC: limits.processes + OWN_TASKS + 1,
        resource.RLIMIT_STACK: 8 * MIB,
    }
    return {number: _within(value, resource.getrlimit(number)[1]) for number, value in wanted.items()}


def _within(value: int, hard: int) -> int:
    return value if hard == resource.RLIM_INFINITY else min(value, hard)
