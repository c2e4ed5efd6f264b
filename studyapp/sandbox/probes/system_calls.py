"""Run inside a jail by `checks.py`: makes system calls that must be refused, and prints the answers as JSON.

Standard input is a line of JSON: names to lists of calls, each a number and its arguments, where text stands
for a pointer to it. An answer is an errno, 0 for a call that went through, or -n where signal n ended it.
"""

import ctypes
import json
import mmap
import os
import sys
from collections.abc import Callable
from functools import partial

FAULT = 255
OLD_GETPID = 20

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    answers = {
        name: [answer_to(partial(call, *words)) for words in calls] for name, calls in asked["calls"].items()
    }
    if asked["has_old_calls"]:
        answers["calls of other processors"].append(answer_to(call_the_old_way))
    sys.stdout.write(json.dumps(answers) + "\n")


def answer_to(attempt: Callable[[], int]) -> int:
    """Attempts it in a child, so that what succeeds changes nothing here."""
    child = os.fork()
    if child == 0:
        status = FAULT
        try:
            status = attempt()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def call(number: int, *arguments: int | str) -> int:
    words = [ctypes.c_long(word) if isinstance(word, int) else word.encode() for word in arguments]
    return 0 if _libc.syscall(ctypes.c_long(number), *words) >= 0 else ctypes.get_errno()


def call_the_old_way() -> int:
    """What 32-bit programs do on x86: mov eax, number; int 0x80; ret."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8" + OLD_GETPID.to_bytes(4, "little") + b"\xcd\x80\xc3")
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    result: int = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    return max(0, -result)


if __name__ == "__main__":
    main()
