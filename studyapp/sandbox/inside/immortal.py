"""Makes objects immortal (PEP 683): Python stops counting who uses them.

The count is a part of the object. So to use an object that a jail shares with its template, even to look at
it, would write to the page it lies in, and cost a copy of that page.
"""

import gc
import os
import sys
from contextlib import suppress
from types import CodeType

VERSIONS = ((3, 12), (3, 13))
"""Later ones keep a flag beside the count, which must agree with it."""

COUNT_BYTES = 4
USES = 1000


def make_all_immortal() -> None:
    """Nearly all that Python holds now, for good. Nothing, where it counts in another way.

    There is no call for this: the counts are written over in this process' own memory. Where the kernel does
    not let it, all goes on as before, and jails cost more.
    """
    if sys.version_info[:2] not in VERSIONS:
        return
    with suppress(OSError), open("/proc/self/mem", "r+b", buffering=0) as file:
        memory = file.fileno()
        if _count_uses(memory, object()) == USES and _count_uses(memory, None) == 0:
            _make_parts_immortal(memory, gc.get_objects())


def _count_uses(memory: int, used: object) -> int:
    """By how much the number at the object's address grows when it is used so many times."""
    before = os.pread(memory, COUNT_BYTES, id(used))
    users = [used] * USES
    after = os.pread(memory, COUNT_BYTES, id(used))
    users.clear()
    return int.from_bytes(after, sys.byteorder) - int.from_bytes(before, sys.byteorder)


def _make_parts_immortal(memory: int, whole: object) -> None:
    """What can be reached from it, but not itself."""
    endless, count = os.pread(memory, COUNT_BYTES, id(None)), sys.getrefcount(None)
    found = [whole]
    while found:
        for part in _find_parts(found.pop()):
            if sys.getrefcount(part) < count:
                os.pwrite(memory, endless, id(part))
                found.append(part)


def _find_parts(whole: object) -> list[object]:
    if isinstance(whole, CodeType):  # of which the garbage collector knows no parts
        return [whole.co_consts, whole.co_names, whole.co_filename, whole.co_name, whole.co_qualname]
    return gc.get_referents(whole)
