"""Calls into the kernel that Python has no words for."""

import _signal  # type: ignore[import-not-found]  # `signal` makes an enum of each number it returns
import ctypes
import os
from collections.abc import Iterable
from itertools import repeat
from typing import NoReturn

CLONE3 = 435

_libc = ctypes.PyDLL(None, use_errno=True)
"""Nothing here takes long enough to let other threads run meanwhile, and there are none."""

DEFAULT = _signal.SIG_DFL
SIGCHLD, SIGINT = int(_signal.SIGCHLD), int(_signal.SIGINT)
"""As plain numbers: making sense of the members of an enum writes to many pages of memory."""
set_handler = _signal.signal
_prctl = _libc.prctl
_prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
_mount = _libc.mount
_mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_unshare = _libc.unshare
_unshare.argtypes = (ctypes.c_int,)
_clone3 = _libc["syscall"]
_clone3.argtypes = (ctypes.c_long, ctypes.c_char_p, ctypes.c_size_t)
_clone3.restype = ctypes.c_long
_capset = _libc.capset
_capset.argtypes = (ctypes.c_char_p, ctypes.c_char_p)


def write(path: str, text: bytes) -> None:
    """Writes to a file of the kernel's; no more of Python is touched for it than must be. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text)
    finally:
        os.close(descriptor)


def mount(source: bytes, target: bytes, kind: bytes | None, flags: int, options: bytes | None = None) -> None:
    """Raises OSError."""
    if _mount(source, target, kind, flags, options):
        _fail("mount")


def unshare(flags: int) -> None:
    """Raises OSError."""
    if _unshare(flags):
        _fail("unshare")


def set_capabilities(header: bytes, sets: bytes) -> None:
    """capset. Raises OSError."""
    if _capset(header, sets):
        _fail("capset")


def control_process(option: int, value: int, address: int = 0) -> None:
    """prctl, which a jail calls often enough to be worth its own words. Raises OSError."""
    if _prctl(option, value, address, 0, 0):
        _fail("prctl")


def control_process_often(option: int, values: Iterable[int]) -> None:
    """prctl for each of the values. Raises OSError."""
    if any(map(_prctl, repeat(option), values, repeat(0), repeat(0), repeat(0))):
        _fail("prctl")


def clone(words: bytes) -> int:
    """clone3, which the C library has no function for. Python must be told before and after."""
    pid: int = _clone3(CLONE3, words, len(words))
    if pid == -1:
        _fail("clone3")
    return pid


def _fail(name: str) -> NoReturn:
    number = ctypes.get_errno()
    raise OSError(number, f"{name}: {os.strerror(number)}")
