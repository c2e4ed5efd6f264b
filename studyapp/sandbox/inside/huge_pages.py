"""Puts the template's memory into huge pages.

A fork copies one entry for each instead of 512, a jail gives up as many fewer when it ends. What a jail
writes to is copied in ordinary pages all the same.
"""

import contextlib
import ctypes
from collections.abc import Iterator

from .kernel import call

HUGE_PAGE_BYTES = 2 << 20
MADV_COLLAPSE = 25

ROOM_BYTES = 20 << 20
"""A little more than all that is imported needs."""

PIECE_BYTES = 256 << 10
"""Python takes memory from the system in pieces at least as large, and gives back those that are empty."""

LARGEST_OBJECT = 512
"""In bytes: larger ones are not Python's own to place."""

_placeholders: list[bytes] = []


def make_room() -> None:
    """Has Python take memory in one stretch, before imports take it here and there."""
    header = b"".__sizeof__()
    room = [bytes(LARGEST_OBJECT - header) for _ in range(ROOM_BYTES // LARGEST_OBJECT)]
    _placeholders.extend(room[:: PIECE_BYTES // LARGEST_OBJECT])


def collapse() -> None:
    """Makes huge pages of what is in use now, as far as the kernel has any: nothing depends on it."""
    for start, end in list(_stretches()):
        first = -(-start // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES
        for place in range(first, end - HUGE_PAGE_BYTES + 1, HUGE_PAGE_BYTES):
            with contextlib.suppress(OSError):
                call("madvise", ctypes.c_void_p(place), HUGE_PAGE_BYTES, MADV_COLLAPSE)


def _stretches() -> Iterator[tuple[int, int]]:
    """Where memory that belongs to no file begins and ends."""
    with open("/proc/self/maps") as file:
        for line in file:
            place, access, _, _, inode, *_ = line.split()
            if access == "rw-p" and inode == "0":
                start, end = (int(address, 16) for address in place.split("-"))
                yield start, end
