"""Which sockets the system call filter lets a jail make, and what may be set on them."""

import errno
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.filter_answers import HALVES, HIGH_BITS, MACHINES, WORDS, ask_on


@pytest.mark.parametrize("call", ["socket", "socketpair"])
@given(machine=MACHINES, family=HALVES, kind=WORDS, protocol=WORDS)
def test_no_other_family_of_sockets_exists(
    call: str, machine: str, family: int, kind: int, protocol: int
) -> None:
    known = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)

    assert family in known or ask_on(machine, call, family, kind, protocol) == errno.EAFNOSUPPORT


@given(MACHINES, WORDS, WORDS)
def test_unix_sockets_are_of_any_type(machine: str, kind: int, protocol: int) -> None:
    assert ask_on(machine, "socket", socket.AF_UNIX, kind, protocol) == 0


@given(MACHINES, HALVES, st.sampled_from([socket.SOCK_RAW, socket.SOCK_DGRAM]), HIGH_BITS)
def test_netlink_has_routes_only(machine: str, protocol: int, kind: int, high: int) -> None:
    wanted = errno.EAFNOSUPPORT if protocol else 0

    assert ask_on(machine, "socket", socket.AF_NETLINK, kind | socket.SOCK_CLOEXEC, high | protocol) == wanted


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@given(machine=MACHINES, flags=st.integers(0, 2**60 - 1), protocol=WORDS)
def test_a_raw_socket_is_refused_whatever_its_flags(
    family: int, machine: str, flags: int, protocol: int
) -> None:
    for kind in (socket.SOCK_RAW, 10):
        assert ask_on(machine, "socket", family, flags << 4 | kind, protocol) == errno.EPERM


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@given(machine=MACHINES, kind=st.integers(0, 15), protocol=st.integers(0, 300))
def test_the_internet_has_tcp_and_udp_only(family: int, machine: str, kind: int, protocol: int) -> None:
    allowed = kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM) and protocol in (0, 6, 17)
    flags = socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK

    assert (ask_on(machine, "socket", family, kind | flags, protocol) == 0) is allowed


@pytest.mark.parametrize("option", [26, 50, 51, 52], ids=["filter", "bpf", "group filter", "group bpf"])
@given(machine=MACHINES)
def test_no_program_is_attached_to_a_socket(machine: str, option: int) -> None:
    assert ask_on(machine, "setsockopt", 3, socket.SOL_SOCKET, option) == errno.EPERM


@given(MACHINES)
def test_tls_stays_out_of_the_kernel(machine: str) -> None:
    assert ask_on(machine, "setsockopt", 3, socket.IPPROTO_TCP, 31) == errno.ENOPROTOOPT


@given(MACHINES)
def test_ordinary_socket_options_pass(machine: str) -> None:
    assert ask_on(machine, "setsockopt", 3, socket.SOL_SOCKET, socket.SO_REUSEADDR) == 0
    assert ask_on(machine, "setsockopt", 3, socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
    assert ask_on(machine, "setsockopt", 3, socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 0
