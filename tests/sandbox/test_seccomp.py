"""What the system call filter refuses, and what it leaves alone."""

import errno

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.seccomp import system_call_filter
from tests.sandbox.helpers import run

REFUSED = {"vsock": 40, "packet": 17, "alg": 38, "can": 29, "bluetooth": 31, "tipc": 30}


@pytest.mark.parametrize("family", REFUSED.values(), ids=REFUSED)
async def test_a_socket_that_could_lead_out_of_the_jail_is_refused(client: RunnerClient, family: int) -> None:
    code = f"import socket\ntry: socket.socket({family}, 1)\nexcept OSError as error: print(error.errno)"

    assert (await run(client, code)).printed() == f"{errno.EAFNOSUPPORT}\n"


async def test_io_uring_is_no_way_round_it(client: RunnerClient) -> None:
    code = (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.syscall(425, 1, 0), ctypes.get_errno())"
    )

    assert (await run(client, code)).printed() == f"-1 {errno.EPERM}\n"


async def test_the_filter_holds_for_every_process_of_a_jail(client: RunnerClient) -> None:
    code = (
        "import os, pathlib\n"
        "for pid in filter(str.isdigit, os.listdir('/proc')):\n"
        "    status = pathlib.Path(f'/proc/{pid}/status').read_text()\n"
        "    print([line for line in status.splitlines() if line.startswith('Seccomp:')])"
    )

    assert set((await run(client, code)).printed().splitlines()) == {"['Seccomp:\\t2']"}


async def test_ordinary_sockets_work(client: RunnerClient) -> None:
    code = (
        "import socket\n"
        "for family in socket.AF_UNIX, socket.AF_INET, socket.AF_INET6:\n"
        "    socket.socket(family, socket.SOCK_STREAM).close()\n"
        "left, right = socket.socketpair()\nleft.sendall(b'ok')\nprint(right.recv(2).decode())"
    )

    assert (await run(client, code)).printed() == "ok\n"


def test_on_an_unknown_processor_no_jail_is_made() -> None:
    with pytest.raises(RunnerUnavailable, match="for pdp11"):
        system_call_filter("pdp11")
