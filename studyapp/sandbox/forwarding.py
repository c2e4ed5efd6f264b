"""Passes what comes on a descriptor of ours on to a program, as it comes: typed, piped or out of a file."""

import asyncio
import codecs
import contextlib
import os

from studyapp.sandbox.client import RunHandle
from studyapp.sandbox.errors import Refused

CHUNK_BYTES = 16 * 1024


async def forward_input(descriptor: int | None, handle: RunHandle) -> str:
    """Sends everything, None being nothing, then the end. Returns what is wrong with it, "" if all is well.

    Wrong is what is not UTF-8, and more than a program may be given: the run is abandoned then, since a
    program that gets half of its input does the wrong thing.
    """
    try:
        await _forward(descriptor, handle)
    except UnicodeDecodeError as error:
        await handle.aclose()
        return f"standard input: must be UTF-8 text ({error.reason})"
    except Refused as refusal:
        if refusal.code == "input_ended":  # the program has
            return ""
        await handle.aclose()
        return f"standard input: {refusal.message}"
    return ""


async def _forward(descriptor: int | None, handle: RunHandle) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    if descriptor is not None and _may_read(descriptor):
        while chunk := await _read(descriptor):
            await handle.send_input(decoder.decode(chunk))
    decoder.decode(b"", final=True)
    await handle.end_input()


def _may_read(descriptor: int) -> bool:
    """False in the background of a terminal: who reads there is suspended."""
    if not os.isatty(descriptor):
        return True
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # the terminal of another session
        return False


async def _read(descriptor: int) -> bytes:
    try:
        await _wait_until_readable(descriptor)
        return os.read(descriptor, CHUNK_BYTES)
    except OSError:  # closed, or a terminal that has gone
        return b""


async def _wait_until_readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    with contextlib.suppress(PermissionError):  # a file or /dev/null, which never lets anybody wait
        loop.add_reader(descriptor, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(descriptor)
