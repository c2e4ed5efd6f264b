"""Run inside a jail by `checks.py`: attempts what must fail, and prints what happened as JSON.

Standard input is a line of JSON: a name to go by, and what of the host must be out of reach. What is tried
does no harm where it succeeds. The program lives until its input ends, so that the host can look at it.
"""

import ctypes
import errno
import http.client
import json
import os
import resource
import signal
import socket
import ssl
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

CLONE_NEWUSER = 0x10000000
NAMESPACES = ("user", "pid", "net", "mnt", "ipc", "uts", "cgroup")
OUTSIDE = {"203.0.113.1": socket.AF_INET, "2001:db8::1": socket.AF_INET6}
READ_ONLY = ("/", "/etc", "/usr", "/usr/lib", "/opt/guest", "/dev", "/proc/sys/kernel")
WRITABLE = ("/home/learner", "/tmp", "/dev/shm")  # noqa: S108  # places inside a jail
OF_THE_FIRST = ("environ", "mem", "maps", "fd", "root", "cwd")
BLOCK_BYTES = 64 * 1024
MOST_THREADS = 200
HUGE_BYTES = 64 * 1024**3


def main() -> None:
    outside = json.loads(sys.stdin.readline())
    Path("/proc/self/comm").write_text(outside["name"])
    facts = {
        "namespaces": {name: os.readlink(f"/proc/self/ns/{name}") for name in NAMESPACES},
        **look_at_rights(),
        **look_at_files(outside),
        **look_at_network(outside),
        **look_at_processes(),
        "threads": start_threads(),
        "huge_allocation": can_allocate(),
    }
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


def look_at_rights() -> dict[str, object]:
    lines = Path("/proc/self/status").read_text().splitlines()
    return {
        "status": {name: value.strip() for name, _, value in (line.partition(":") for line in lines)},
        "uid_map": Path("/proc/self/uid_map").read_text().split(),
        "user_namespace": errno_of(enter_user_namespace),
        "core_limits": read_core_limits(),
        "core_limit_kept": errno_of(lower_core_limit),
        "core_dumped": dumps_core(),
        "set_uid_mounts": list(find_set_uid_mounts()),
        "set_uid_files": list(find_set_uid_files()),
    }


def look_at_files(outside: dict[str, object]) -> dict[str, object]:
    return {
        "written": [folder for folder in READ_ONLY if can_write(folder)],
        "unwritable": [folder for folder in WRITABLE if not can_write(folder)],
        "found": {folder: list_folder(folder) for folder in WRITABLE},
        "host_files": [path for path in _texts(outside["files"]) if os.path.lexists(path)],
        "devices": list_folder("/dev"),
        "bytes_written": fill(int(str(outside["most_bytes"]))),
        "files_made": make_files(int(str(outside["most_files"]))),
    }


def look_at_network(outside: dict[str, object]) -> dict[str, object]:
    return {
        "interfaces": [name for _, name in socket.if_nameindex()],
        "reached": [
            host for host, family in OUTSIDE.items() if not errno_of(partial(connect, (host, 80), family))
        ],
        "resolved": not errno_of(lambda: socket.getaddrinfo("python.org", 443)),
        "host_port": not errno_of(lambda: connect(("127.0.0.1", int(str(outside["port"]))), socket.AF_INET)),
        "host_socket": not errno_of(lambda: connect("\0" + str(outside["socket"]), socket.AF_UNIX)),
        "practice": [fetch(secure=False), fetch(secure=True)],
    }


def look_at_processes() -> dict[str, object]:
    return {
        "pids": [int(name) for name in os.listdir("/proc") if name.isdecimal()],
        "read_of_first": [name for name in OF_THE_FIRST if not errno_of(partial(read_of_first, name))],
        "environment": sorted(os.environ),
        "descriptors": len(os.listdir("/proc/self/fd")) - 1,  # without the one that lists them
        "terminal": not errno_of(lambda: os.close(os.open("/dev/tty", os.O_RDWR))),
    }


def _texts(value: object) -> list[str]:
    assert isinstance(value, list)  # noqa: S101  # from the other side of the same program
    return value


def errno_of(attempt: Callable[[], object]) -> int | None:
    """The error number that the attempt failed with; None means that it succeeded."""
    try:
        attempt()
    except OSError as error:
        return error.errno or -1
    return None


def enter_user_namespace() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        failed = libc.unshare(CLONE_NEWUSER)
        os._exit(ctypes.get_errno() if failed else 0)
    number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if number:
        raise OSError(number, os.strerror(number))


def read_core_limits() -> list[str]:
    """Soft and hard; a jail refuses to tell them in the usual way."""
    limits = Path("/proc/self/limits").read_text()
    return limits.partition("Max core file size")[2].split()[:2]


def lower_core_limit() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except ValueError as error:  # Python's word for a limit that it may not set
        raise OSError(errno.EPERM, str(error)) from None


def dumps_core() -> bool:
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), signal.SIGABRT)
    return os.WCOREDUMP(os.waitpid(child, 0)[1])


def find_set_uid_mounts() -> Iterator[str]:
    """Where a set-uid bit would count, as proc_pid_mountinfo(5) tells it."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        words = line.split()
        if "nosuid" not in words[5].split(","):
            yield words[4]


def find_set_uid_files() -> Iterator[str]:
    """Of the programs on the path, those that would run as somebody else."""
    for folder in os.get_exec_path():
        for name in list_folder(folder):
            path = Path(folder, name)
            if path.is_file() and path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID):
                yield str(path)


def list_folder(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def can_write(folder: str) -> bool:
    path = Path(folder, f"probe-{os.getpid()}")
    if errno_of(path.touch):
        return False
    path.unlink()
    return True


def fill(most: int) -> int:
    """Bytes that fit into all the writable places together, `most` at most."""
    files = [Path(folder, f"probe-{os.getpid()}") for folder in WRITABLE]
    written = 0
    for path in files:
        try:
            with path.open("wb", buffering=0) as file:
                while written < most:
                    written += file.write(bytes(BLOCK_BYTES))
        except OSError:
            continue
    for path in files:
        path.unlink(missing_ok=True)
    return written


def make_files(most: int) -> int:
    """How many files can be made in all the writable places together, `most` at most."""
    made = []
    for number in range(most):
        path = Path(WRITABLE[number % len(WRITABLE)], f"probe-{os.getpid()}-{number}")
        if errno_of(path.touch):
            break
        made.append(path)
    for path in made:
        path.unlink()
    return len(made)


def connect(address: str | tuple[str, int], family: socket.AddressFamily) -> None:
    with socket.socket(family) as client:
        client.settimeout(2)
        client.connect(address)


def fetch(*, secure: bool) -> int | str:
    """The status of a page of the practice internet, or what went wrong."""
    context = ssl.create_default_context()
    page = (
        http.client.HTTPSConnection("example.com", timeout=5, context=context)
        if secure
        else http.client.HTTPConnection("practice.test", timeout=5)
    )
    try:
        page.request("GET", "/get")
        return page.getresponse().status
    except OSError as error:
        return str(error)
    finally:
        page.close()


def read_of_first(name: str) -> None:
    """Something of process 1, which is the practice internet."""
    path = f"/proc/1/{name}"
    if name == "fd":
        os.listdir(path)
    elif name in ("root", "cwd"):
        os.readlink(path)
    else:
        os.close(os.open(path, os.O_RDONLY))


def start_threads() -> int:
    """How many threads can live at once, of MOST_THREADS tried."""
    enough = threading.Event()
    threads = [threading.Thread(target=enough.wait) for _ in range(MOST_THREADS)]
    started = 0
    try:
        for thread in threads:
            thread.start()
            started += 1
    except RuntimeError:
        pass
    enough.set()
    for thread in threads[:started]:
        thread.join()
    return started


def can_allocate() -> bool:
    try:
        bytearray(HUGE_BYTES)
    except MemoryError:
        return False
    return True


if __name__ == "__main__":
    main()
