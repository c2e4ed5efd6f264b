"""G: sockets that lead out of a jail, and those that must not be taken away from it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.programs import BRIEF, with_calls
from tests.sandbox.abuse.raw import exchange, run_request
from tests.sandbox.abuse.trial import Trial

OUTSIDE = (
    "8.8.8.8",
    "203.0.113.1",
    "10.0.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "2001:db8::1",
    "2606:4700::1111",
)


@case("G1")
async def test_the_outside_cannot_be_reached(trial: Trial) -> None:
    code = f"""
        import socket
        def reach(host, port, kind):
            with socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, kind) as end:
                end.settimeout(5)
                end.connect((host, port)); end.send(b'hello')
        tries = [(host, port, kind) for host in {OUTSIDE} for port in (53, 80, 443) for kind in (1, 2)]
        print([words for words in tries if attempt(reach, *words) == 'done'])
    """
    await trial.works(with_calls(code), "[]\n")


@case("G1")
async def test_no_name_of_the_outside_is_known(trial: Trial) -> None:
    code = """
        import socket
        query = bytes.fromhex('1234010000010000000000000670797468 6f6e036f72670000010001')
        def look_up(name): socket.getaddrinfo(name, 443)
        def ask(server):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.settimeout(1); end.connect((server, 53)); end.send(query); end.recv(512)
        names = 'python.org', 'metadata.google.internal', 'host.docker.internal', 'gateway'
        print([name for name in names if attempt(look_up, name) == 'done'])
        print([name for name in ('127.0.0.1', '127.0.0.53', '8.8.8.8') if attempt(ask, name) == 'done'])
        print([name for _, name in socket.if_nameindex()], open('/proc/net/route').read().count('\\n'))
    """
    await trial.works(with_calls(code), "[]\n[]\n['lo'] 1\n")


@contextlib.asynccontextmanager
async def visited(path: Path, abstract: str) -> AsyncIterator[tuple[int, list[str]]]:
    """Servers of the host on every kind of socket: the port they share, and those that were visited."""
    visits: list[str] = []

    def at(name: str) -> "asyncio.streams._ClientConnectedCallback":
        def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            visits.append(name)
            writer.close()

        return note

    async with contextlib.AsyncExitStack() as stack:
        inet = await asyncio.start_server(at("inet"), "0.0.0.0", 0)  # noqa: S104  # every address of the host
        port = inet.sockets[0].getsockname()[1]
        inet6 = await asyncio.start_server(at("inet6"), "::1", port)
        unix = await asyncio.start_unix_server(at("path"), path)
        hidden = await asyncio.start_unix_server(at("abstract"), f"\0{abstract}")
        for server in (inet, inet6, unix, hidden):
            await stack.enter_async_context(server)
        yield port, visits


def own_address() -> str:
    """The address of this host towards the outside; its loopback if it has no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end, contextlib.suppress(OSError):
        end.connect(("203.0.113.1", 9))
        return str(end.getsockname()[0])
    return "127.0.0.1"


@case("G2")
async def test_no_port_of_the_host_can_be_reached(trial: Trial, tmp_path: Path) -> None:
    async with visited(tmp_path / "socket", tmp_path.name) as (port, visits):
        code = f"""
            import socket
            hosts = '127.0.0.1', '127.0.0.2', '0.0.0.0', '::1', '{own_address()}', 'localhost'
            ports = {port}, 22, 5432, 6379, 8000, 11211
            print({{attempt(socket.create_connection, (host, port), 2) for host in hosts for port in ports}})
            print(attempt(socket.socket(socket.AF_UNIX).connect, '{tmp_path}/socket'))
        """
        done = await trial.ends("finished", with_calls(code), limits=BRIEF)
    assert "done" not in done.printed()
    assert visits == []


@case("G3")
async def test_loopback_unix_sockets_and_own_signals_work(trial: Trial) -> None:
    code = """
        import asyncio, os, signal, socket, threading
        async def echo(reader, writer):
            writer.write(await reader.readline()); writer.close()
        async def say(reader, writer):
            writer.write(b'hello\\n')
            print((await reader.readline()).decode(), end='')
            writer.close()
        async def main():
            for host in '127.0.0.1', '::1', 'localhost':
                async with await asyncio.start_server(echo, host, 0) as server:
                    await say(*await asyncio.open_connection(*server.sockets[0].getsockname()[:2]))
            for path in 'socket', '/tmp/socket', '\\0socket':
                async with await asyncio.start_unix_server(echo, path):
                    await say(*await asyncio.open_unix_connection(path))
            told = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, told.set)
            os.kill(os.getpid(), signal.SIGUSR1)
            await told.wait()
        asyncio.run(main())
        one, other = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        one.bind(('127.0.0.1', 0)); other.sendto(b'datagram', one.getsockname()); print(one.recv(100))
        left, right = socket.socketpair(); left.sendall(b'pair'); print(right.recv(10))
        ports = [socket.create_server(('', 0)).getsockname()[1] for _ in range(20)]
        print(all(ports), signal.raise_signal(signal.SIGCHLD))
        for each in one, other, left, right: each.close()
    """
    await trial.works(with_calls(code), "hello\n" * 6 + "b'datagram'\nb'pair'\nTrue None\n")


@case("G4")
async def test_a_network_cannot_be_asked_for(trial: Trial) -> None:
    async with trial.attempt(BRIEF):
        for name in ("network", "share_net", "enable_network", "net", "host"):
            (answer,) = await exchange(trial.socket_path, run_request(**{name: "on"}))
            assert (answer["code"], answer["field"]) == ("bad_field", name)
            (answer,) = await exchange(trial.socket_path, run_request(limits={name: 1}))
            assert (answer["code"], answer["field"]) == ("bad_field", f"limits.{name}")


@case("G5")
async def test_abstract_sockets_of_the_host_cannot_be_reached(trial: Trial, tmp_path: Path) -> None:
    name = tmp_path.name
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(0)
        datagrams.bind(f"\0{name}-datagrams")
        async with visited(tmp_path / "socket", name) as (_, visits):
            code = f"""
                import socket
                stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                print(attempt(stream.connect, '\\0{name}'))
                print(attempt(datagram.sendto, b'hello', '\\0{name}-datagrams'))
                print(open('/proc/net/unix').read().count('{name}'))
                stream.bind('\\0{name}')
            """
            await trial.works(with_calls(code), "ECONNREFUSED\nECONNREFUSED\n0\n")
        with pytest.raises(BlockingIOError):
            datagrams.recv(10)
    assert visits == []


@case("G6")
async def test_only_sockets_that_stay_in_the_jail_can_be_opened(trial: Trial) -> None:
    code = """
        import socket
        kept = 1, 2, 10, 16  # unix, internet 4 and 6, netlink
        def pair(family, kind): socket.socketpair(family, kind)
        odd = [family for family in range(64) if family not in kept]
        kinds = 1, 2, 3, 5
        print([(family, kind) for family in odd for kind in kinds
               if attempt(socket.socket, family, kind) == 'done' or attempt(pair, family, kind) == 'done'])
        protocols = 0, 1, 6, 17, 58, 255
        print([(family, kind, protocol) for family in (2, 10) for kind in (3, 10) for protocol in protocols
               if attempt(socket.socket, family, kind, protocol) == 'done'])
        print([protocol for protocol in range(1, 23) if attempt(socket.socket, 16, 3, protocol) == 'done'])
    """
    await trial.works(with_calls(code), "[]\n[]\n[]\n")


@case("G6")
async def test_nothing_can_be_changed_through_netlink(trial: Trial) -> None:
    code = """
        import socket, struct
        REQUEST_AND_ACKNOWLEDGE, ERROR = 5, 2
        def change(kind, body):
            with socket.socket(16, socket.SOCK_RAW, 0) as link:
                link.settimeout(2)
                link.send(struct.pack('=IHHII', 16 + len(body), kind, REQUEST_AND_ACKNOWLEDGE, 1, 0) + body)
                answer = link.recv(4096)
            assert struct.unpack_from('=H', answer, 4)[0] == ERROR
            number = -struct.unpack_from('=i', answer, 16)[0]
            if number: raise OSError(number, '')
        address = struct.pack('=HH4s', 8, 2, bytes([10, 0, 0, 1]))
        changes = {
            16: struct.pack('=BxHiII', 0, 1, 0, 0, 0),  # a new interface
            17: struct.pack('=BxHiII', 0, 1, 1, 0, 0),  # no interface 1
            19: struct.pack('=BxHiII', 0, 1, 1, 0, 1),  # interface 1 down
            20: struct.pack('=BBBBI', 2, 8, 0, 0, 1) + address,
            24: struct.pack('=BBBBBBBBI', 2, 8, 0, 0, 254, 3, 0, 1, 0) + address,
            32: struct.pack('=BBBBBBBBI', 2, 0, 0, 0, 0, 0, 0, 1, 0),
        }
        print({attempt(change, kind, body) for kind, body in changes.items()} <= {'EPERM', 'EAFNOSUPPORT'})
        server = socket.create_server(('127.0.0.1', 0))
        socket.create_connection(server.getsockname()).close()
    """
    await trial.works(with_calls(code), "True\n")
