"""asyncio, and the sockets of a machine that is alone."""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import Callable


def asyncio_tasks_threads_and_timeouts() -> None:
    async def main() -> int:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            return sum(await asyncio.gather(*(asyncio.to_thread(pow, n, 1) for n in range(32))))
        return 0

    assert asyncio.run(main()) == 496


def asyncio_subprocess() -> None:
    async def main() -> bytes:
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(sys.executable, "-Ic", "print(1)", stdout=pipe)
        return (await child.communicate())[0]

    assert asyncio.run(main()) == b"1\n"


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readline())
    await writer.drain()
    writer.close()


def asyncio_server_on_loopback() -> None:
    async def main() -> bytes:
        server = await asyncio.start_server(_echo, "localhost", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            return line

    assert asyncio.run(main()) == b"hello\n"


def asyncio_server_on_a_unix_socket() -> None:
    async def main(path: str) -> bytes:
        async with await asyncio.start_unix_server(_echo, path):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            return line

    with tempfile.TemporaryDirectory() as folder:
        assert asyncio.run(main(f"{folder}/socket")) == b"hello\n"


def datagrams_on_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"hello", server.getsockname())
        assert server.recv(10) == b"hello"


def descriptors_over_a_socketpair() -> None:
    left, right = socket.socketpair()
    with left, right, tempfile.TemporaryFile() as file:
        socket.send_fds(left, [b"x"], [file.fileno()])
        os.close(socket.recv_fds(right, 1, 1)[1][0])


def names_and_interfaces() -> None:
    assert socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
    assert (1, "lo") in socket.if_nameindex()


PROGRAMS: tuple[Callable[[], None], ...] = (
    asyncio_tasks_threads_and_timeouts,
    asyncio_subprocess,
    asyncio_server_on_loopback,
    asyncio_server_on_a_unix_socket,
    datagrams_on_loopback,
    descriptors_over_a_socketpair,
    names_and_interfaces,
)
