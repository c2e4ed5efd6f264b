"""What a program in a jail can see and touch."""

import asyncio
import os
from pathlib import Path

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.jobs import Limits
from tests.sandbox.helpers import run

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/etc/hostname",
        "/root/.bashrc",
        "/home/probe",
        "/var/lib",
        "/sys/class",
        "/run/systemd",
        "/mnt",
        "/proc/1/root/etc/shadow",
        str(PROJECT / "manage.py"),
        str(PROJECT / "studyapp" / "settings.py"),
        "/opt/guest/lib/identity.pem",
        "/opt/interleave",
    ],
)
async def test_nothing_of_the_host_can_be_read(client: RunnerClient, path: str) -> None:
    code = (
        f"import os\nprint(os.path.exists({path!r}))\ntry: os.listdir({path!r})\nexcept OSError: print('no')"
    )

    assert (await run(client, code, traced=False)).printed() == "False\nno\n"


async def test_there_is_one_user_and_no_other(client: RunnerClient) -> None:
    code = (
        "import os, pwd, getpass\nprint([u.pw_name for u in pwd.getpwall()], getpass.getuser(), os.getuid())"
    )

    assert (await run(client, code)).printed() == "['learner'] learner 1000\n"


async def test_signals_reach_nobody_outside(client: RunnerClient) -> None:
    code = (
        "import os, signal\n"
        "os.kill(1, signal.SIGKILL)\n"
        f"for pid in (-1, {os.getpid()}):\n"
        "  try: os.kill(pid, signal.SIGKILL)\n"
        "  except ProcessLookupError: print('nobody there')"
    )

    done = await run(client, code)

    assert (done.reason, done.printed()) == ("finished", "nobody there\nnobody there\n")


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/proc/sys/user/max_user_namespaces', 'w').write('9')",
        "ctypes.CDLL(None, use_errno=True).unshare(0x10000000) == 0 or os.chroot('/')",
        "os.setuid(0)",
        "os.chroot('/tmp')",
        "os.mknod('/tmp/null', stat.S_IFCHR | 0o666, os.makedev(1, 3))",
        "os.nice(-5)",
        "resource.setrlimit(resource.RLIMIT_NPROC, (-1, -1))",
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
        "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
        "socket.create_server(('127.0.0.1', 81))",
        "socket.sethostname('mine')",
    ],
)
async def test_no_privilege_can_be_used_or_had_back(client: RunnerClient, attempt: str) -> None:
    code = (
        "import ctypes, os, resource, socket, stat\n"
        f"try: {attempt}\n"
        "except (OSError, ValueError): print('refused')"
    )

    assert (await run(client, code)).printed() == "refused\n"


async def test_the_machines_own_name_has_an_address(client: RunnerClient) -> None:
    code = "import socket; print(socket.gethostname(), socket.gethostbyname(socket.gethostname()))"

    assert (await run(client, code)).printed() == "practice 127.0.0.1\n"


async def test_a_program_has_no_child_it_did_not_make(client: RunnerClient) -> None:
    code = "import os\ntry: os.wait()\nexcept ChildProcessError: print('none')"

    assert (await run(client, code)).printed() == "none\n"


@pytest.mark.parametrize(
    "attempt", ["os.listdir('/proc/1/fd')", "open('/proc/1/mem')", "open('/proc/1/environ')"]
)
async def test_the_process_that_holds_the_key_cannot_be_looked_into(
    client: RunnerClient, attempt: str
) -> None:
    code = f"import os\ntry: {attempt}\nexcept PermissionError: print('closed')"

    assert (await run(client, code)).printed() == "closed\n"


async def test_the_practice_internet_answers_over_http_and_https(client: RunnerClient) -> None:
    code = (
        "import asyncio, aiohttp\n"
        "urls = 'http://practice.test/get', 'https://practice.test/get', 'https://example.com', "
        "'http://www.example.com/status/204', 'https://www.example.com/bytes/10'\n"
        "async def main():\n"
        "  async with aiohttp.ClientSession() as session:\n"
        "    for url in urls:\n"
        "      async with session.get(url) as response: print(response.status)\n"
        "asyncio.run(main())"
    )

    done = await run(client, code)

    assert (done.reason, done.printed()) == ("finished", "200\n200\n200\n204\n200\n")


async def test_a_program_that_never_says_http_reaches_it_too(client: RunnerClient) -> None:
    code = (
        "import socket\ns = socket.create_connection(('practice.test', 80))\n"
        "s.sendall(b'GET /status/204 HT' + b'TP/1.0\\r\\n\\r\\n')\nprint(s.recv(100)[8:13])"
    )

    assert (await run(client, code)).printed() == "b' 204 '\n"


@pytest.mark.parametrize("host", ["python.org", "203.0.113.1", "2001:db8::1", "169.254.169.254", "10.0.0.1"])
async def test_nothing_else_can_be_reached(client: RunnerClient, host: str) -> None:
    code = (
        "import socket\n"
        f"try: socket.create_connection(({host!r}, 443), timeout=5)\n"
        "except OSError as error: print('no')"
    )

    assert (await run(client, code)).printed() == "no\n"


async def test_abstract_sockets_of_the_host_cannot_be_reached(client: RunnerClient) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_unix_server(greet, "\0sandbox-probe")
    code = (
        "import socket\ns = socket.socket(socket.AF_UNIX)\n"
        "try: s.connect('\\0sandbox-' + 'probe')\nexcept ConnectionRefusedError: print('no')"
    )
    async with server:
        assert (await run(client, code)).printed() == "no\n"


async def test_one_run_leaves_nothing_for_the_next(client: RunnerClient) -> None:
    code = (
        "import os\nplaces = '.', '/tmp', '/dev/shm'\n"
        "print([sorted(os.listdir(place)) for place in places])\n"
        "for place in places: open(f'{place}/left', 'w').write('behind')"
    )

    for _ in range(2):
        assert (await run(client, code)).printed() == "[['lesson.py'], [], []]\n"


async def test_ordinary_concurrency_works(client: RunnerClient) -> None:
    code = """
import asyncio, socket, subprocess, sys, threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import Pool, get_context
from multiprocessing.shared_memory import SharedMemory

def square(n): return n * n

async def loopback():
    async def echo(reader, writer):
        writer.write(await reader.readline()); writer.close()
    async with await asyncio.start_server(echo, '127.0.0.1', 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b'hello\\n')
        line = await reader.readline()
        writer.close()
        return line

if __name__ == '__main__':
    barrier = threading.Barrier(65)
    threads = [threading.Thread(target=barrier.wait) for _ in range(64)]
    for thread in threads: thread.start()
    barrier.wait()
    for thread in threads: thread.join()
    print('threads')
    with ThreadPoolExecutor(32) as pool: print(sum(pool.map(square, range(100))))
    for method in 'fork', 'spawn', 'forkserver':
        with ProcessPoolExecutor(2, mp_context=get_context(method)) as pool:
            print(method, list(pool.map(square, range(3))))
    with Pool(2) as pool: print(pool.map(square, [4]))
    memory = SharedMemory(create=True, size=100); memory.close(); memory.unlink()
    print(subprocess.check_output([sys.executable, '-c', 'import aiohttp; print(1)']))
    print(asyncio.run(loopback()))
"""
    done = await run(client, code, limits=Limits(wall_s=60, cpu_s=60))

    assert (done.reason, done.printed("stderr")) == ("finished", "")
    assert done.printed().splitlines() == [
        "threads",
        "328350",
        "fork [0, 1, 4]",
        "spawn [0, 1, 4]",
        "forkserver [0, 1, 4]",
        "[16]",
        "b'1\\n'",
        "b'hello\\n'",
    ]
