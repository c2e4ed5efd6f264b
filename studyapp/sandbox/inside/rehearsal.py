"""Which pages of memory a program changes that it shares with the template, and a copy of them ahead of time.

A fork shares all memory until it is written to; then each page costs an interruption of the program. A jail
that is waiting anyway can have its own copies before there is a program.
"""

import ctypes
import os
import struct
from collections.abc import Callable, Iterator, Sequence

from .kernel import call

PAGE = os.sysconf("SC_PAGESIZE")
MADV_POPULATE_WRITE = 23
PRESENT, EXCLUSIVE = 1 << 63, 1 << 56
"""Bits of an entry of /proc/self/pagemap; see the kernel's documentation of it."""

ENTRY = struct.Struct("=Q")
MOST_PAGES = 704
"""Together with what a waiting jail has of its own anyway, below 5 MiB."""

PROGRAM = """
import asyncio

async def work():
    await asyncio.sleep(0)
    print("rehearsing")

async def main():
    await asyncio.create_task(work())

asyncio.run(main())
"""

Range = tuple[int, int]
"""Address and length, in bytes."""


def learn(perform: Callable[[], object]) -> list[Range]:
    """The shared pages that `perform` changes, found out in a process of its own; at most MOST_PAGES."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            before = look()
            perform()
            pages = list(_changed(before, look()))[:MOST_PAGES]
            os.write(writing, struct.pack(f"={len(pages)}Q", *pages))
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as told:
        pages_told = told.read()
    os.waitpid(child, 0)
    return list(_join(struct.unpack(f"={len(pages_told) // 8}Q", pages_told)))


def copy_ahead(ranges: Sequence[Range]) -> None:
    """Gives this process pages of its own there. A kernel that does not know how (before 5.14) may not."""
    try:
        for address, length in ranges:
            call("madvise", ctypes.c_void_p(address), length, MADV_POPULATE_WRITE)
    except OSError:
        return


def look() -> dict[int, bytes]:
    """What the kernel tells of pages of private, writable memory: eight bytes for each, by the address."""
    told = {}
    with open("/proc/self/maps") as maps, open("/proc/self/pagemap", "rb", 0) as pagemap:
        for line in maps:
            place, rights, *_ = line.split()
            if rights == "rw-p":
                start, end = (int(address, 16) for address in place.split("-"))
                pagemap.seek(start // PAGE * ENTRY.size)
                told[start] = pagemap.read((end - start) // PAGE * ENTRY.size)
    return told


def _changed(before: dict[int, bytes], after: dict[int, bytes]) -> Iterator[int]:
    """Addresses of pages that were there and shared, and are there and not shared any more."""
    for start in before.keys() & after.keys():
        pairs = zip(ENTRY.iter_unpack(before[start]), ENTRY.iter_unpack(after[start]), strict=False)
        for number, ((was,), (now,)) in enumerate(pairs):
            if was & PRESENT and not was & EXCLUSIVE and now & EXCLUSIVE:
                yield start + number * PAGE


def _join(pages: Sequence[int]) -> Iterator[Range]:
    """Neighbours become one range."""
    start = end = 0
    for page in sorted(pages):
        if page != end:
            if end:
                yield start, end - start
            start = page
        end = page + PAGE
    if end:
        yield start, end - start
