"""Run inside a jail by `checks.py`: attempts what must fail, and prints what happened as JSON.

Standard input is JSON as well: a file and a port of the host that must be out of reach.
"""

import ctypes
import http.client
import json
import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

CLONE_NEWUSER = 0x10000000
ODD_FAMILIES = ("AF_VSOCK", "AF_PACKET", "AF_ALG")
OUTSIDE = {"203.0.113.1": socket.AF_INET, "2001:db8::1": socket.AF_INET6}
READ_ONLY = ("/", "/etc", "/usr", "/usr/lib", "/opt/guest", "/dev", "/proc/sys/kernel")
WRITABLE = ("/home/learner", "/tmp", "/dev/shm")  # noqa: S108  # places inside a jail


def main() -> None:
    outside = json.load(sys.stdin)
    facts = {
        "status": read_status(),
        "uid_map": Path("/proc/self/uid_map").read_text().split(),
        "user_namespace": errno_of(enter_user_namespace),
        "odd_sockets": [name for name in ODD_FAMILIES if not errno_of(partial(open_socket, name))],
        "written": [folder for folder in READ_ONLY if can_write(folder)],
        "unwritable": [folder for folder in WRITABLE if not can_write(folder)],
        "found": {folder: sorted(os.listdir(folder)) for folder in WRITABLE},
        "disk_full_after": {folder: fill(folder) for folder in WRITABLE},
        "interfaces": [name for _, name in socket.if_nameindex()],
        "reached": [
            host for host, family in OUTSIDE.items() if not errno_of(partial(connect, host, family, 80))
        ],
        "resolved": not errno_of(lambda: socket.getaddrinfo("python.org", 443)),
        "host_port": not errno_of(lambda: connect("127.0.0.1", socket.AF_INET, outside["port"])),
        "host_file": os.path.exists(outside["file"]),
        "practice": [fetch(secure=False), fetch(secure=True)],
        "pids": [int(name) for name in os.listdir("/proc") if name.isdecimal()],
        "environment": sorted(os.environ),
        "descriptors": count_descriptors(),
        "terminal": not errno_of(lambda: os.close(os.open("/dev/tty", os.O_RDWR))),
        "threads": start_threads(),
        "huge_allocation": can_allocate(),
    }
    sys.stdout.write(json.dumps(facts))


def open_socket(family: str) -> None:
    kind = socket.SOCK_SEQPACKET if family == "AF_ALG" else socket.SOCK_STREAM
    socket.socket(getattr(socket, family), kind).close()


def read_status() -> dict[str, str]:
    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


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


def can_write(folder: str) -> bool:
    path = Path(folder, "probe")
    if errno_of(path.touch):
        return False
    path.unlink()
    return True


def fill(folder: str) -> int:
    """Bytes that fit into one file there before the disk is full."""
    path = Path(folder, "probe")
    written = 0
    try:
        with path.open("wb", buffering=0) as file:
            while True:
                written += file.write(bytes(65536))
    except OSError:
        return written
    finally:
        path.unlink()


def connect(host: str, family: socket.AddressFamily, port: int) -> None:
    with socket.socket(family) as client:
        client.settimeout(2)
        client.connect((host, port))


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


def count_descriptors() -> int:
    """Open descriptors, without the one that lists them."""
    return len(os.listdir("/proc/self/fd")) - 1


def start_threads() -> int:
    """How many threads can live at once, of 200 tried."""
    enough = threading.Event()
    threads = [threading.Thread(target=enough.wait) for _ in range(200)]
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
        bytearray(64 * 1024**3)
    except MemoryError:
        return False
    return True


if __name__ == "__main__":
    main()
