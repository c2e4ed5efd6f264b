"""Calls into the kernel that Python has no words for."""

import _signal  # type: ignore[import-not-found]  # `signal` makes an enum of each number it returns
import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
DEFAULT = _signal.SIG_DFL
set_handler = _signal.signal
_prctl = _libc.prctl
_prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)


def write(path: str, text: bytes) -> None:
    """Writes to a file of the kernel's; no more of Python is touched for it than must be. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text)
    finally:
        os.close(descriptor)


def call(name: str, *arguments: object) -> int:
    """A function of the C library that says -1 when it fails. Raises OSError then."""
    return _checked(name, getattr(_libc, name)(*map(_as_word, arguments)))


def control_process(option: int, value: int, address: int = 0) -> None:
    """prctl, which a jail calls often enough to be worth its own words. Raises OSError."""
    if _prctl(option, value, address, 0, 0) == -1:
        _checked("prctl", -1)


def call_number(number: int, *arguments: object) -> int:
    """A system call by its number. Raises OSError when it fails."""
    return _checked(f"system call {number}", _libc.syscall(ctypes.c_long(number), *map(_as_word, arguments)))


def _as_word(value: object) -> object:
    return ctypes.c_ulong(value) if isinstance(value, int) else value


def _checked(name: str, result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result
