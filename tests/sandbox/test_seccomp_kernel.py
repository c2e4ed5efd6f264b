"""The real kernel, under the filter: what is refused fails, with the error that the policy says."""

import errno
import json
import platform
import signal
import sys

import pytest

from studyapp.sandbox.system_call_arguments import BY_BITS, BY_VALUE, SOCKET_CALLS
from studyapp.sandbox.system_call_policy import ALLOWED, REFUSED
from studyapp.sandbox.system_calls import NUMBERS
from tests.sandbox.filtered import result_of, run_filtered

NATIVE = NUMBERS[platform.machine()]
ERRORS = {call: error for error, calls in REFUSED.items() for call in calls if call in NATIVE}
LEFT_TO_THE_KERNEL = {*ALLOWED, *BY_BITS, *BY_VALUE, *SOCKET_CALLS, "setsockopt"}
WANTED = {call: ERRORS.get(call, errno.ENOSYS) for call in NATIVE if call not in LEFT_TO_THE_KERNEL}
# Arguments that make no sense: without a filter these calls fail too, harmlessly, with another error.
CALL_EACH = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
minus_one = [ctypes.c_long(-1)] * 6
def error_of(number):
    ctypes.set_errno(0)
    libc.syscall(ctypes.c_long(number), *minus_one)
    return ctypes.get_errno()
print(json.dumps({call: error_of(number) for call, number in json.loads(sys.argv[1]).items()}))
"""
PREPARE = """
import ctypes, errno, fcntl, json, mmap, os, socket, tempfile
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *words):
    ctypes.set_errno(0)
    result = getattr(libc, name)(*map(ctypes.c_ulong, words))
    if result == -1:
        raise OSError(ctypes.get_errno(), name)
CLONE_THREAD = 0x10000  # alone it is invalid, so that no process begins
master, slave = os.openpty()
file = tempfile.TemporaryFile()
read, write = os.pipe()
tcp = socket.socket()
try:
    {statement}
    print(0)
except OSError as error:
    print(error.errno)
"""
STATEMENTS = {
    "TIOCSTI": ("fcntl.ioctl(slave, 0x5412, b'x')", errno.EPERM),
    "TIOCSTI with high bits": ("call('ioctl', slave, 0x5412 | 1 << 32, id(b'x'))", errno.EPERM),
    "TIOCLINUX with high bits": ("call('ioctl', slave, 0x541C | 7 << 32, id(b'x'))", errno.EPERM),
    "a lock of the whole file": ("fcntl.flock(file, fcntl.LOCK_EX)", errno.ENOLCK),
    "a lock of a range": ("fcntl.lockf(file, fcntl.LOCK_EX)", errno.ENOLCK),
    "asking for a lock": ("fcntl.fcntl(file, fcntl.F_GETLK, bytes(32))", errno.ENOLCK),
    "a lock of the open file": ("fcntl.fcntl(file, fcntl.F_OFD_SETLK, bytes(32))", errno.ENOLCK),
    "a lease": ("fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)", errno.ENOLCK),
    "a notice of changes": ("fcntl.fcntl(os.open('/', 0), fcntl.F_NOTIFY, 1)", errno.ENOLCK),
    "a larger pipe": ("fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 65536)", errno.EPERM),
    "memory by descriptor": ("os.memfd_create('x')", errno.ENOSYS),
    "merged pages": ("mmap.mmap(-1, 4096).madvise(mmap.MADV_MERGEABLE)", errno.EINVAL),
    "another personality": ("call('personality', 0x0040000)", errno.EPERM),
    "the same personality": ("call('personality', 0xFFFFFFFF)", 0),
    "a filter of its own": ("call('prctl', 22, 2, 0)", errno.EPERM),
    "pages merged by process": ("call('prctl', 67, 1, 0, 0, 0)", errno.EINVAL),
    "a filter for a socket": ("tcp.setsockopt(socket.SOL_SOCKET, 26, bytes(16))", errno.EPERM),
    "TLS in the kernel": ("tcp.setsockopt(socket.IPPROTO_TCP, 31, b'tls')", errno.ENOPROTOOPT),
    "raw packets": ("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", errno.EPERM),
    "raw packets of version 6": ("socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)", errno.EPERM),
    "SOCK_PACKET": ("socket.socket(socket.AF_INET, 10, 3)", errno.EPERM),
    "pings": ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1)", errno.EPROTONOSUPPORT),
    "SCTP": ("socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)", errno.EPROTONOSUPPORT),
    "routes": ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)", 0),
    "the netlink of a firewall": (
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)",
        errno.EAFNOSUPPORT,
    ),
    "VSOCK": ("socket.socket(40, 1)", errno.EAFNOSUPPORT),
    "PACKET": ("socket.socket(17, 3)", errno.EAFNOSUPPORT),
    "ALG": ("socket.socket(38, 5)", errno.EAFNOSUPPORT),
    "a pair of another family": ("socket.socketpair(30, 1)", errno.EAFNOSUPPORT),
}
NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
# getpid by `int 0x80`: mov eax, 20; int 0x80; ret
INT_80 = """
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes.fromhex("b814000000cd80c3"))
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())
"""
X86_ONLY = pytest.mark.skipif(platform.machine() != "x86_64", reason="calls of this processor only")


@pytest.fixture(scope="module")
def errors() -> dict[str, int]:
    """Call to the error that it fails with under the filter."""
    numbers = json.dumps({call: NATIVE[call] for call in WANTED})
    result: dict[str, int] = result_of(sys.executable, "-I", "-c", CALL_EACH, numbers)
    return result


def error_of(statement: str) -> int:
    result: int = result_of(sys.executable, "-I", "-c", PREPARE.replace("{statement}", statement))
    return result


@pytest.mark.parametrize("call", sorted(WANTED))
def test_the_call_fails_as_the_policy_says(errors: dict[str, int], call: str) -> None:
    assert errors[call] == WANTED[call]


@pytest.mark.parametrize(("statement", "wanted"), STATEMENTS.values(), ids=STATEMENTS)
def test_arguments_are_told_apart(statement: str, wanted: int) -> None:
    assert error_of(statement) == wanted


@pytest.mark.parametrize("flag", NAMESPACES, ids=hex)
def test_clone_makes_no_namespace(flag: int) -> None:
    number = NATIVE["clone"]

    assert error_of(f"call('syscall', {number}, {flag} | CLONE_THREAD, 0, 0, 0, 0)") == errno.EPERM


@X86_ONLY
def test_a_call_of_the_32_bit_abi_ends_the_process() -> None:
    assert run_filtered(sys.executable, "-I", "-c", INT_80).returncode == -signal.SIGSYS


@X86_ONLY
def test_a_call_of_the_x32_abi_does_not_exist() -> None:
    assert error_of(f"call('syscall', 0x40000000 | {NATIVE['getpid']})") == errno.ENOSYS
